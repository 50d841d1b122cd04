"""The calls of clients, each written down before it goes out, and again when it is answered."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from typing import Final

import httpx2
import msgspec

from chaos.history import History
from chaos.records import AgentView, Answered, Asked, Body, Broke, CommandView, Seen

GIVE_UP_SECONDS: Final = 60.0
"""Far beyond what is allowed: a call that hangs is to be seen as one that took too long."""

_WAITING: Final = frozenset({"submit", "fetch"})


class _Fact(msgspec.Struct, frozen=True):
    value: bool


class _Contact(msgspec.Struct, frozen=True):
    connected: _Fact
    browser_ok: _Fact


class _Agent(msgspec.Struct, frozen=True):
    agent_id: str
    contact: _Contact
    in_flight: int
    queued: int


class _AgentPage(msgspec.Struct, frozen=True):
    items: tuple[_Agent, ...]


class CommandPage(msgspec.Struct, frozen=True):
    """Commands, newest first."""

    items: tuple[CommandView, ...]
    next_cursor: str | None


class _Problem(msgspec.Struct, frozen=True):
    code: str = ""


class _Ticket(msgspec.Struct, frozen=True):
    token: str


@dataclass(frozen=True)
class Answer:
    """What came back, as far as a client looks at it."""

    status: int
    command: CommandView | None
    code: str | None


class Api:
    """One orchestrator's API, for all clients of a run; open it with `async with`."""

    def __init__(self, url: str, token: str, history: History) -> None:
        """Prepare to call *url*."""
        self._history = history
        self._calls = itertools.count(1)
        self._token = token
        self._http = httpx2.AsyncClient(
            base_url=url,
            trust_env=False,
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=32),
        )

    async def __aenter__(self) -> Api:
        """Close the connections at the end."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close them."""
        await self._http.aclose()

    async def submit(
        self,
        agent_id: str,
        body: Body,
        *,
        wait: float,
        key: str | None = None,
        is_authorized: bool = True,
        patience: float | None = None,
    ) -> Answer | None:
        """Ask an agent to act; null if no answer came.

        *key* names the command in the header in place of the body. After *patience* seconds the
        client hangs up.
        """
        sent = body if key is None else msgspec.structs.replace(body, request_id=None)
        asked = Asked(
            at=self._history.now(),
            call=next(self._calls),
            operation="submit",
            request_id=key or body.request_id,
            agent_id=agent_id,
            body=body,
            wait=wait,
            is_authorized=is_authorized,
        )
        return await self._call(
            asked,
            "POST",
            f"/api/agents/{agent_id}/commands",
            content=msgspec.json.encode(sent),
            key=key,
            patience=patience,
        )

    async def fetch(self, request_id: str, *, wait: float) -> Answer | None:
        """Ask how a command is; null if no answer came."""
        asked = Asked(
            at=self._history.now(),
            call=next(self._calls),
            operation="fetch",
            request_id=request_id,
            wait=wait,
        )
        return await self._call(asked, "GET", f"/api/commands/{request_id}")

    async def cancel(self, request_id: str) -> Answer | None:
        """Ask that a command be stopped; null if no answer came."""
        asked = Asked(
            at=self._history.now(),
            call=next(self._calls),
            operation="cancel",
            request_id=request_id,
        )
        return await self._call(asked, "POST", f"/api/commands/{request_id}/cancel", content=b"")

    async def agents(self) -> tuple[AgentView, ...] | None:
        """Look at the agents; null if no answer came."""
        asked = Asked(at=self._history.now(), call=next(self._calls), operation="agents")
        response = await self._exchange(asked, "GET", "/api/agents")
        if response is None:
            return None
        self._history.note(
            Answered(at=self._history.now(), call=asked.call, status=response.status_code)
        )
        if response.status_code != 200:
            return None
        agents = tuple(
            AgentView(
                agent.agent_id,
                agent.contact.connected.value,
                agent.contact.browser_ok.value,
                agent.in_flight,
                agent.queued,
            )
            for agent in msgspec.json.decode(response.content, type=_AgentPage).items
        )
        self._history.note(Seen(at=self._history.now(), agents=agents))
        return agents

    # --- what the harness itself needs, and no history ------------------------------------

    async def is_ready(self) -> bool:
        """Whether commands are taken."""
        try:
            response = await self._http.get("/health/ready", timeout=2)
        except httpx2.TransportError:
            return False
        return response.status_code == 200

    async def enrolment_token(self, agent_id: str) -> str:
        """Return a token that lets an agent in."""
        response = await self._http.post(
            f"/api/agents/{agent_id}/enrolment", json={}, headers=self._bearer(True), timeout=10
        )
        response.raise_for_status()
        return msgspec.json.decode(response.content, type=_Ticket).token

    async def commands(self, **query: str) -> tuple[CommandView, ...]:
        """List all commands, oldest first."""
        found: list[CommandView] = []
        cursor: dict[str, str] = {}
        while True:
            response = await self._http.get(
                "/api/commands",
                params={"limit": "500", **query, **cursor},
                headers=self._bearer(True),
                timeout=30,
            )
            response.raise_for_status()
            page = msgspec.json.decode(response.content, type=CommandPage)
            found.extend(page.items)
            if page.next_cursor is None:
                return tuple(reversed(found))
            cursor = {"cursor": page.next_cursor}

    async def _call(
        self,
        asked: Asked,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        key: str | None = None,
        patience: float | None = None,
    ) -> Answer | None:
        response = await self._exchange(
            asked, method, path, content=content, key=key, patience=patience
        )
        if response is None:
            return None
        command, code = None, None
        if response.is_success:
            command = msgspec.json.decode(response.content, type=CommandView)
        else:
            code = _code(response)
        self._history.note(
            Answered(
                at=self._history.now(),
                call=asked.call,
                status=response.status_code,
                command=command,
                code=code,
            )
        )
        return Answer(response.status_code, command, code)

    async def _exchange(
        self,
        asked: Asked,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        key: str | None = None,
        patience: float | None = None,
    ) -> httpx2.Response | None:
        headers = self._bearer(asked.is_authorized)
        if content is not None:
            headers["Content-Type"] = "application/json"
        if key is not None:
            headers["Idempotency-Key"] = key
        self._history.note(asked)
        try:
            async with asyncio.timeout(patience):
                return await self._http.request(
                    method,
                    path,
                    params={"wait": f"{asked.wait:g}"} if asked.operation in _WAITING else None,
                    content=content,
                    headers=headers,
                    timeout=httpx2.Timeout(asked.wait + GIVE_UP_SECONDS, connect=5),
                )
        except TimeoutError:
            self._broke(asked, "hung up", is_ours=True)
        except httpx2.TransportError as error:
            self._broke(asked, type(error).__name__)
        except asyncio.CancelledError:
            self._broke(asked, "cancelled", is_ours=True)
            raise
        return None

    def _broke(self, asked: Asked, error: str, *, is_ours: bool = False) -> None:
        self._history.note(
            Broke(at=self._history.now(), call=asked.call, error=error, is_ours=is_ours)
        )

    def _bearer(self, is_authorized: bool) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token if is_authorized else 'not-the-token'}"}


def _code(response: httpx2.Response) -> str:
    try:
        return msgspec.json.decode(response.content, type=_Problem).code
    except msgspec.MsgspecError:
        return ""
