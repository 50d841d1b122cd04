"""Agents without a browser that play a fleet to a dashboard: a crowd, and one that means no good.

They are a process of their own, so that they live on while no test runs, and can be killed.
Run it with the arguments URL, the token file, and how many make the crowd.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from tests.null_agent import BROWSER, NullAgent
from xagent_protocol.ids import PageId
from xagent_protocol.messages import (
    ActionSpec,
    AgentBeat,
    Beat,
    BrowserStatus,
    Cancel,
    Command,
    PageSummary,
    Result,
    Started,
)
from xagent_protocol.outcomes import (
    ArtifactRef,
    CommandError,
    Effect,
    Outcome,
    OutcomeState,
    PageState,
)

MALLORY: Final = "mallory"

NASTY: Final = (
    "<script>document.title='taken'</script>",
    "<img src=x onerror=\"document.title='taken'\">",
    "\"><svg onload=document.title='taken'>",
    "javascript:document.title='taken'",
    "${document.title='taken'} {{7*7}} \u202egnp.exe \x07",
)
"""What a site may call itself; none of it is anything but text."""

ALL_NASTY: Final = " ".join(NASTY)

_FREE: Final = {"type": "object"}
_SCHEMA: Final = {
    "type": "object",
    "properties": {
        NASTY[0]: {"type": "string", "description": ALL_NASTY},
        "kind": {"enum": [*NASTY]},
    },
    "required": [NASTY[0], "kind"],
    "examples": [{NASTY[0]: ALL_NASTY, "kind": NASTY[1]}],
}
ACTIONS: Final = (
    ActionSpec("echo", "test", "Answer the params.", True, True, _FREE, {}),
    ActionSpec("fail", "test", "Fail.", True, True, _FREE, {}),
    ActionSpec("hold", "test", "Answer when it is cancelled.", False, True, _FREE, {}),
    ActionSpec("nasty", ALL_NASTY[:60], ALL_NASTY, False, True, _SCHEMA, {}),
    ActionSpec("request_human", "human", "Ask for a person.", False, False, _FREE, {}),
)


@dataclass
class Actor(NullAgent):
    """One of them; *page* is what its browser shows."""

    page: PageSummary | None = None

    @property
    def browser(self) -> BrowserStatus:
        """What it says of its browser."""
        pages = () if self.page is None else (self.page,)
        return msgspec.structs.replace(BROWSER, pages=pages)

    async def serve(self) -> None:
        """Answer until the socket is closed."""
        held: dict[str, Command] = {}
        while True:
            message = await self._next()
            if message is None:
                return
            if isinstance(message, Beat):
                await self.say(AgentBeat(message.seq, self.browser, 0))
            elif isinstance(message, Command):
                await self.say(Started(message.request_id, message.attempt))
                if message.action in ("hold", "request_human"):
                    held[message.request_id] = message
                else:
                    outcome = await self._outcome(message)
                    await self.say(Result(message.request_id, message.attempt, outcome))
            elif isinstance(message, Cancel):
                error = CommandError("cancelled", "It was cancelled.")
                outcome = Outcome(OutcomeState.CANCELLED, Effect.NONE, error=error)
                command = held.pop(message.request_id)
                await self.say(Result(command.request_id, command.attempt, outcome))

    async def _outcome(self, command: Command) -> Outcome:
        page = self.page
        state = None if page is None else PageState(page.id, page.url, page.title)
        if command.action == "fail":
            error = CommandError("selector_not_found", ALL_NASTY, {NASTY[0]: ALL_NASTY})
            return Outcome(
                OutcomeState.FAILED, Effect.NONE, error=error, page=state, notices=(ALL_NASTY,)
            )
        result = msgspec.json.encode({"said": command.params, NASTY[0]: list(NASTY)})
        artifacts: tuple[ArtifactRef, ...] = ()
        if command.action == "nasty":
            artifacts = (await asyncio.to_thread(self._upload, command),)
        return Outcome(
            OutcomeState.SUCCEEDED,
            Effect.COMPLETE,
            msgspec.Raw(result),
            page=state,
            artifacts=artifacts,
        )

    def _upload(self, command: Command) -> ArtifactRef:
        name = urllib.parse.quote(NASTY[1])
        request = urllib.request.Request(
            f"{self.url}/api/artifacts?name={name}&request_id={command.request_id}",
            method="POST",
            data=b"<script>document.title='taken'</script>",
            headers={
                "Authorization": f"Bearer {self.credential}",
                "Content-Type": "text/html",
            },
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            return msgspec.json.decode(answer.read(), type=ArtifactRef)


def _mallory(url: str) -> Actor:
    page = PageSummary(PageId("p1"), f"https://evil.test/{NASTY[0]}", ALL_NASTY, main=True)
    return Actor(url, MALLORY, page=page)


def _one_of_the_crowd(url: str, number: int) -> Actor:
    title = "Reports" if number % 10 else "Orders"
    page = PageSummary(PageId("p1"), f"https://shop.test/{number}", f"{title} {number}", main=True)
    return Actor(url, f"crowd-{number:04}", page=page)


async def _play(actor: Actor, token: str, labels: dict[str, str], doors: asyncio.Semaphore) -> None:
    async with doors:
        await actor.enrol(token)
        await actor.enter(actions=ACTIONS, labels=labels, browser=actor.browser)
    await actor.serve()


async def _main(url: str, token: str, count: int) -> None:
    doors = asyncio.Semaphore(8)
    async with asyncio.TaskGroup() as tasks:
        labels = {"note": NASTY[0], NASTY[1]: "x"}
        tasks.create_task(_play(_mallory(url), token, labels, doors))
        for number in range(count):
            zone = {"zone": "north" if number % 2 else "south"}
            tasks.create_task(_play(_one_of_the_crowd(url, number), token, zone, doors))


def start_actors(url: str, token_file: Path, count: int, log: Path) -> subprocess.Popen[bytes]:
    """Start the process; its agents come by and by."""
    with log.open("ab") as stream:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.dashboard.actors", url, str(token_file), str(count)],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
        )


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], Path(sys.argv[2]).read_text().strip(), int(sys.argv[3])))
