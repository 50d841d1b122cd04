"""Names and passwords for sites that ask for them by HTTP, each for one origin only.

The browser itself is asked about what concerns these origins, whatever page, iframe or worker it
comes from; about everything else it is not.
"""

from __future__ import annotations

import contextlib
from base64 import b64encode
from collections import deque
from dataclasses import dataclass
from typing import Any, Final

from playwright.async_api import CDPSession

from agent_runtime.browser.errors import CALL_FAILED

_MAX_TRIED: Final = 1_000


@dataclass(frozen=True)
class Login:
    """A name and a password; nobody reads them out of here by accident."""

    username: str
    password: str

    def __repr__(self) -> str:
        """Say nothing."""
        return "Login(…)"

    def basic(self) -> str:
        """Return the header with which it is told."""
        return f"Basic {b64encode(f'{self.username}:{self.password}'.encode()).decode()}"


class Credentials:
    """What the browser answers when an origin asks who it is."""

    def __init__(self) -> None:
        """Begin with none."""
        self._logins: dict[str, Login] = {}
        self._session: CDPSession | None = None
        self._tried: deque[str] = deque(maxlen=_MAX_TRIED)
        """Requests that were answered once; an origin that asks again has refused the answer."""

    def of(self, origin: str) -> Login | None:
        """Return what *origin* would be told."""
        return self._logins.get(origin)

    @property
    def origins(self) -> tuple[str, ...]:
        """Who would be told something."""
        return tuple(self._logins)

    async def change(self, origin: str, login: Login | None, session: CDPSession) -> None:
        """Tell *origin* this from now on, or nothing; *session* is the browser's own.

        Raises:
            playwright.async_api.Error: the browser is gone.
        """
        if login is None:
            self._logins.pop(origin, None)
        else:
            self._logins[origin] = login
        await self.attach(session)

    async def attach(self, session: CDPSession) -> None:
        """Serve the browser of *session*, if there is anything to tell.

        Raises:
            playwright.async_api.Error: the browser is gone.
        """
        if self._logins:
            if session is not self._session:
                session.on("Fetch.requestPaused", self._let_go)
                session.on("Fetch.authRequired", self._answer)
                self._session = session
            patterns = [{"urlPattern": f"{origin}/*"} for origin in self._logins]
            await session.send("Fetch.enable", {"handleAuthRequests": True, "patterns": patterns})
        elif session is self._session:
            await session.send("Fetch.disable")

    async def _let_go(self, paused: dict[str, Any]) -> None:
        await self._send("Fetch.continueRequest", {"requestId": paused["requestId"]})

    async def _answer(self, asked: dict[str, Any]) -> None:
        request_id, challenge = asked["requestId"], asked["authChallenge"]
        login = self._logins.get(challenge["origin"]) if challenge["source"] == "Server" else None
        answer: dict[str, str] = {"response": "Default"}
        if request_id in self._tried:
            answer = {"response": "CancelAuth"}
        elif login is not None:
            self._tried.append(request_id)
            answer = {
                "response": "ProvideCredentials",
                "username": login.username,
                "password": login.password,
            }
        await self._send(
            "Fetch.continueWithAuth", {"requestId": request_id, "authChallengeResponse": answer}
        )

    async def _send(self, method: str, params: dict[str, Any]) -> None:
        if self._session is not None:
            with contextlib.suppress(*CALL_FAILED):
                await self._session.send(method, params)
