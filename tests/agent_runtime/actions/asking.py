"""What the tests of the actions speak with: a browser, a performer, and artifacts in memory."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from agent_runtime.actions import ActionRegistry, Performer, standard_registry
from agent_runtime.actions.artifacts import Fetched
from agent_runtime.actions.call import ActionLimits
from agent_runtime.browser import Browser, BrowserSettings
from agent_runtime.browser.launch import Patience
from agent_runtime.errors import ArtifactUnavailable, ArtifactUploadFailed
from agent_runtime.policy.proxy import EgressProxy
from agent_runtime.secrets.vault import Vault
from xagent_protocol.ids import ArtifactId, RequestId
from xagent_protocol.messages import Command
from xagent_protocol.outcomes import ArtifactRef, Outcome

DEADLINE_SECONDS = 15.0


class MemoryArtifacts:
    """Keeps what it is given, until it `is_full`."""

    def __init__(self) -> None:
        """Begin empty."""
        self.kept: dict[ArtifactId, bytes] = {}
        self._names: dict[ArtifactId, str] = {}
        self.is_full = False

    async def put(
        self, content: bytes | Path, *, content_type: str, name: str, request_id: RequestId | None
    ) -> ArtifactRef:
        """Keep *content* under a new id."""
        if self.is_full:
            raise ArtifactUploadFailed("the orchestrator did not take the artifact")
        if isinstance(content, Path):
            content = await asyncio.to_thread(content.read_bytes)
        artifact_id = ArtifactId(f"art-{len(self.kept) + 1}")
        self.kept[artifact_id] = content
        digest = hashlib.sha256(content).hexdigest()
        self._names[artifact_id] = name
        return ArtifactRef(artifact_id, content_type, len(content), digest, name)

    async def fetch(self, artifact_id: str, directory: Path) -> Fetched:
        """Give back what was kept."""
        content = self.kept.get(ArtifactId(artifact_id))
        if content is None:
            raise ArtifactUnavailable(f"there is no artifact {artifact_id!r}")
        name = self._names.get(ArtifactId(artifact_id), "upload.txt")
        path = directory / artifact_id
        path.write_bytes(content)
        return Fetched(path, name, "text/plain", len(content))


class Asker:
    """Asks one agent's performer as the runner would, without the wire."""

    def __init__(
        self,
        browser: Browser,
        registry: ActionRegistry | None = None,
        vault: Vault | None = None,
    ) -> None:
        """Speak with *browser*."""
        self.browser = browser
        self.artifacts = MemoryArtifacts()
        self.performer = Performer(
            browser, registry or standard_registry(), self.artifacts, ActionLimits(), vault
        )
        self._numbers = count(1)

    def command(
        self,
        action: str,
        *,
        page: str | None = None,
        timeout: float = 10,
        record: str | None = None,
        **params: object,
    ) -> Command:
        """Return the command as the orchestrator would send it."""
        return Command(
            request_id=RequestId(f"r{next(self._numbers)}"),
            attempt=1,
            action=action,
            params=msgspec.Raw(msgspec.json.encode(params)),
            timeout=timeout,
            page=page,
            record=record,
        )

    async def ask(
        self, action: str, *, page: str | None = None, timeout: float = 10, **params: Any
    ) -> Outcome:
        """Run one action and return how it ended."""
        command = self.command(action, page=page, timeout=timeout, **params)
        return await self.performer.perform(command)

    async def get(
        self, action: str, *, page: str | None = None, timeout: float = 10, **params: Any
    ) -> object:
        """Run one action that must succeed, and return its result."""
        outcome = await self.ask(action, page=page, timeout=timeout, **params)
        assert outcome.error is None, outcome.error
        return result_of(outcome)


async def stopped_once(asker: Asker, seen: str, action: str, **params: Any) -> None:
    """Ask for an action on the main page, and cancel it once the script *seen* is true there."""
    main = asker.browser.tabs.main
    assert main is not None
    async with asyncio.TaskGroup() as group:
        running = group.create_task(asker.performer.perform(asker.command(action, **params)))
        await main.page.wait_for_function(seen)
        running.cancel()


def result_of(outcome: Outcome) -> object:
    """Return the result as a program sees it."""
    result: object = msgspec.json.decode(outcome.result)
    return result


async def ref_of(asker: Asker, what: str) -> str:
    """Return the ref of the first line of a snapshot that says *what*."""
    answer = result_of(await asker.ask("snapshot"))
    assert isinstance(answer, dict)
    line = next(one for one in answer["snapshot"].splitlines() if what in one)
    return str(line.partition("[ref=")[2].partition("]")[0])


def code_of(outcome: Outcome) -> str | None:
    """Return the error's code, if there is one."""
    return outcome.error.code if outcome.error is not None else None


@asynccontextmanager
async def running_browser(
    directory: Path,
    on_change: Callable[[], None] = lambda: None,
    patience: Patience | None = None,
    egress: EgressProxy | None = None,
) -> AsyncIterator[Browser]:
    """Run a browser in *directory*, watched."""
    settings = BrowserSettings(directory, patience=patience or Patience())
    async with (
        Browser(settings, on_change=on_change, egress=egress) as browser,
        asyncio.TaskGroup() as group,
    ):
        watching = group.create_task(browser.watch())
        try:
            yield browser
        finally:
            watching.cancel()


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until *condition* holds; fail if it never does."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():  # noqa: ASYNC110 (what is waited for has no event)
            await asyncio.sleep(0.01)
