"""Those who use the API: they ask, retry, wait, hang up, cancel, and sometimes do what is wrong."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Final

import msgspec

from chaos.api import Answer, Api
from chaos.records import Body
from chaos.site import WORK, place_on_floor, request_id

PATIENCE_SECONDS: Final = 20.0
"""How long a client tries to have one command accepted."""

OFFLINE_TRIES: Final = 3

_TRY_AGAIN: Final = frozenset({429, 500, 502, 503})


class Clients:
    """So many clients, each with a chance of its own, all numbering from one sequence."""

    def __init__(self, api: Api, agents: Sequence[str], site_url: str, seed: int) -> None:
        """Prepare to use *api*, and *site_url* through the browsers."""
        self._api = api
        self._agents = agents
        self._site_url = site_url
        self._seed = seed
        self._numbers = itertools.count(1)
        self._is_closing = False

    def close(self) -> None:
        """Begin nothing new; `run` returns when all that was begun is done."""
        self._is_closing = True

    async def run(self, count: int) -> None:
        """Be *count* clients until closed."""
        async with asyncio.TaskGroup() as tasks:
            for index in range(count):
                # Who comes first to an agent opens the page on which there is something to click.
                first = self._agents[index] if index < len(self._agents) else None
                client = _Client(
                    self._api,
                    self._agents,
                    self._site_url,
                    Random(f"{self._seed}-client-{index}"),
                    self._numbers,
                    lambda: self._is_closing,
                )
                tasks.create_task(client.run(first))


class _Client:
    def __init__(
        self,
        api: Api,
        agents: Sequence[str],
        site_url: str,
        chance: Random,
        numbers: Iterator[int],
        is_closing: Callable[[], bool],
    ) -> None:
        self._api = api
        self._agents = agents
        self._site_url = site_url
        self._chance = chance
        self._numbers = numbers
        self._is_closing = is_closing

    async def run(self, first: str | None) -> None:
        """Open the page of the agent *first*, if any; then do one thing after the other."""
        if first is not None:
            await self._accepted(first, self.go(next(self._numbers)), wait=10.0)
        while not self._is_closing():
            number = next(self._numbers)
            agent_id = self._chance.choice(self._agents)
            kinds, weights = zip(*_KINDS.items(), strict=True)
            body = self._chance.choices(kinds, weights)[0](self, number)
            await self._see_through(agent_id, body)
            await asyncio.sleep(self._chance.uniform(0.1, 0.8))

    # --- what is asked for ------------------------------------------------------------------

    def work(self, number: int) -> Body:
        """Return a command that has its effect once, and takes no time, or a little."""
        hold = self._chance.choice((0, 0, 0, 0, 50, 200, 800))
        return self._body(number, "evaluate", **self._work(number, hold=hold))

    def repeatable_work(self, number: int) -> Body:
        """Return the same as a command that may be begun again."""
        hold = self._chance.choice((0, 50, 400))
        body = self._body(number, "evaluate", **self._work(number, hold=hold))
        return msgspec.structs.replace(body, idempotent=True)

    def endless_work(self, number: int) -> Body:
        """Return a command that hangs its page until it is stopped."""
        body = self._body(number, "evaluate", **self._work(number, hangs=True))
        return msgspec.structs.replace(body, timeout=1.5)

    def click(self, number: int) -> Body:
        """Return a command that clicks, where nobody else ever does."""
        body = self._body(number, "click", target="#floor", position=place_on_floor(number))
        return msgspec.structs.replace(body, timeout=self._chance.choice((1.0, 2.0)))

    def go(self, number: int) -> Body:
        """Return a command that opens the page on which there is something to click."""
        return self._body(number, "goto", url=f"{self._site_url}/floor")

    def read(self, number: int) -> Body:
        """Return a command that only reads."""
        action = self._chance.choice(("title", "pages", "browser_info", "inner_text"))
        return self._body(number, action)

    def look(self, number: int) -> Body:
        """Return a command that only reads, and makes an artifact."""
        return self._body(number, "screenshot")

    def _work(self, number: int, *, hold: int = 0, hangs: bool = False) -> dict[str, object]:
        argument = {
            "id": request_id(number),
            "hold": hold,
            "hangs": hangs,
            "site": self._site_url,
        }
        return {"expression": WORK, "arg": argument}

    def _body(self, number: int, action: str, **params: object) -> Body:
        return Body(
            action=action,
            params=params,
            timeout=self._chance.choice((3.0, 5.0, 8.0)),
            request_id=request_id(number),
            if_offline=self._chance.choice(("fail", "queue", "queue")),
            ttl=self._chance.choice((2.0, 6.0, 15.0)),
        )

    # --- how it is asked for ----------------------------------------------------------------

    async def _see_through(self, agent_id: str, body: Body) -> None:
        await self._chance.choices(
            (self._plainly, self._at_once, self._together, self._hanging_up, self._unauthorized),
            (60, 25, 6, 6, 3),
        )[0](agent_id, body)

    async def _plainly(self, agent_id: str, body: Body) -> None:
        """Wait for the answer, retry what broke, follow what was not over in time."""
        answer = await self._accepted(agent_id, body, wait=self._chance.choice((0.3, 2.0, 10.0)))
        await self._afterwards(agent_id, body, answer)

    async def _at_once(self, agent_id: str, body: Body) -> None:
        """Take the 202, and ask later."""
        answer = await self._accepted(agent_id, body, wait=0.0)
        await self._afterwards(agent_id, body, answer)

    async def _together(self, agent_id: str, body: Body) -> None:
        """Ask several times side by side, as a caller with a broken retry would."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self._chance.randint(2, 6)):
                tasks.create_task(self._accepted(agent_id, body, wait=5.0))

    async def _hanging_up(self, agent_id: str, body: Body) -> None:
        """Leave in the middle, and come back later."""
        patience = self._chance.choice((0.002, 0.02, 0.3))
        await self._api.submit(agent_id, body, wait=10.0, patience=patience)
        await self._plainly(agent_id, body)

    async def _unauthorized(self, agent_id: str, body: Body) -> None:
        """Try with a wrong token."""
        await self._api.submit(agent_id, body, wait=0.0, is_authorized=False)

    async def _accepted(self, agent_id: str, body: Body, *, wait: float) -> Answer | None:
        """Ask until the command is accepted, or refused for good; null if it never was."""
        give_up_at = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        offline_tries = 0
        while asyncio.get_running_loop().time() < give_up_at:
            key = body.request_id if self._chance.random() < 0.2 else None
            answer = await self._api.submit(agent_id, body, wait=wait, key=key)
            if answer is not None:
                offline_tries += answer.code == "agent_offline"
                if answer.status not in _TRY_AGAIN or offline_tries >= OFFLINE_TRIES:
                    return answer if answer.command is not None else None
            await asyncio.sleep(self._chance.uniform(0.05, 0.5))
        return None

    async def _afterwards(self, agent_id: str, body: Body, answer: Answer | None) -> None:
        if answer is None:
            if body.action == "click" and self._chance.random() < 0.2:
                await self._accepted(agent_id, self.go(next(self._numbers)), wait=10.0)
            return
        assert answer.command is not None
        name = answer.command.request_id
        if self._chance.random() < 0.12:
            await asyncio.sleep(self._chance.uniform(0, 0.3))
            await self._cancel(name)
        if self._chance.random() < 0.04:
            await self._ask_otherwise(agent_id, body)
        if self._chance.random() < 0.8:
            await self._follow(name, answer)
        if self._chance.random() < 0.05:
            await self._accepted(agent_id, body, wait=0.0)
        if body.action == "click" and not await self._went_well(name):
            await self._accepted(agent_id, self.go(next(self._numbers)), wait=10.0)

    async def _cancel(self, name: str) -> None:
        for _ in range(5):
            answer = await self._api.cancel(name)
            if answer is not None and answer.status not in _TRY_AGAIN:
                return
            await asyncio.sleep(self._chance.uniform(0.05, 0.5))

    async def _ask_otherwise(self, agent_id: str, body: Body) -> None:
        """Use the same name for something else, which is to be refused."""
        other = msgspec.structs.replace(body, action="title", params={})
        if body.action == "title":
            other = msgspec.structs.replace(body, action="pages")
        await self._api.submit(agent_id, other, wait=0.0)

    async def _follow(self, name: str, answer: Answer | None) -> None:
        """Ask again and again until it is over, or patience is."""
        give_up_at = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while asyncio.get_running_loop().time() < give_up_at:
            if answer is not None and answer.command is not None and answer.command.is_final:
                return
            if answer is None:
                await asyncio.sleep(self._chance.uniform(0.05, 0.5))
            answer = await self._api.fetch(name, wait=self._chance.choice((0.0, 1.0, 5.0)))

    async def _went_well(self, name: str) -> bool:
        answer = await self._api.fetch(name, wait=0.0)
        return answer is not None and answer.command is not None and not answer.command.error


_KINDS: Final[dict[Callable[[_Client, int], Body], float]] = {
    _Client.work: 40,
    _Client.repeatable_work: 12,
    _Client.endless_work: 2,
    _Client.click: 25,
    _Client.go: 2,
    _Client.read: 17,
    _Client.look: 2,
}
