"""The agent's one way out: dials the orchestrator, talks, and dials again, for ever.

A network loss ends here. The browser, its pages and the running commands never hear of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Literal

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from agent_runtime.clock import sleepless
from agent_runtime.errors import (
    EnrolmentNeeded,
    NameTaken,
    NotWelcome,
    OrchestratorUnreachable,
    Superseded,
)
from agent_runtime.link.backoff import Backoff
from agent_runtime.link.conversation import Conversation, Subjects
from agent_runtime.link.endings import Ending, Next, of_dial
from agent_runtime.link.socket import PromptSocket
from xagent_protocol import SUBPROTOCOL, announcement
from xagent_protocol.codec import MAX_FRAME_BYTES
from xagent_protocol.messages import Goodbye, Hello

log: FilteringBoundLogger = structlog.get_logger()

DIAL_SECONDS: Final = 10.0
CLOSE_SECONDS: Final = 2.0

NAME_TAKEN_SECONDS: Final = 30.0
"""How often to ask for a name that another install holds."""

STEADY_SECONDS: Final = 5.0
"""A session that lasted so long is followed by a dial at once; a shorter one by a short wait, so
that an orchestrator which drops its agents as soon as it has them is not dialled in circles."""

LONGEST_RETRY_AFTER: Final = 300.0


class Link:
    """Owns the socket, of which there is at most one."""

    def __init__(
        self,
        url: str,
        credential: str,
        *,
        hello: Callable[[], Hello],
        subjects: Subjects,
        enrol: Callable[[], Awaitable[None]],
        backoff: Backoff,
        use_proxy: bool,
        name_taken_seconds: float = NAME_TAKEN_SECONDS,
        clock: Callable[[], float] = sleepless,
    ) -> None:
        """Prepare to dial *url* with *credential*; *clock* goes on while the machine sleeps.

        *hello* says what the agent can do, always the same, and whole. *enrol* makes the
        credential known; it raises `NameTaken`, `OrchestratorUnreachable`, or a `NotWelcome` that
        ends the link.
        """
        self._url = url
        self._credential = credential
        self._hello = hello
        self._announced = announcement.digest_of(hello().actions)
        self._subjects = subjects
        self._enrol = enrol
        self._backoff = backoff
        self._proxy: Literal[True] | None = True if use_proxy else None
        self._name_taken_seconds = name_taken_seconds
        self._clock = clock
        self._conversation: Conversation | None = None
        self._is_leaving = False
        self._has_just_enrolled = False

    async def run(self) -> None:
        """Stay connected until `leave` is called.

        Raises:
            NotWelcome: the orchestrator refuses this agent for good.
        """
        while True:
            ending = await self._stay()
            if self._is_leaving:
                return
            await asyncio.sleep(await self._pause_after(ending))

    async def leave(self, reason: str, *, returning: bool) -> None:
        """Say goodbye if anybody listens, and dial no more; `run` ends soon after."""
        self._is_leaving = True
        if self._conversation is None:
            return
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._conversation.leave(Goodbye(reason, returning))
        except TimeoutError:
            log.warning("the goodbye could not be said in time")

    async def _stay(self) -> Ending:
        try:
            socket = await self._dial()
        except (WebSocketException, OSError, UnicodeError, ImportError) as error:
            return of_dial(error)
        clock = asyncio.get_running_loop()
        opened_at = clock.time()
        async with socket:
            conversation = Conversation(socket, self._subjects, self._clock)
            self._conversation = conversation
            try:
                return await conversation.run(self._hello_through(socket))
            finally:
                self._conversation = None
                if conversation.is_welcomed:
                    self._has_just_enrolled = False
                    lasted_seconds = clock.time() - opened_at
                    self._backoff.reset(at_once=lasted_seconds >= STEADY_SECONDS)

    async def _dial(self) -> PromptSocket:
        socket = await connect(
            self._url,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            additional_headers={
                "Authorization": f"Bearer {self._credential}",
                announcement.HEADER: self._announced,
            },
            compression=None,
            max_size=MAX_FRAME_BYTES,
            open_timeout=DIAL_SECONDS,
            close_timeout=CLOSE_SECONDS,
            ping_interval=None,  # beats prove more: that the loop which takes commands is alive
            proxy=self._proxy,
            create_connection=PromptSocket,
        )
        assert isinstance(socket, PromptSocket)  # which its type does not say
        return socket

    def _hello_through(self, socket: PromptSocket) -> Hello:
        """Return the hello, without what the orchestrator said that it knows."""
        hello, answer = self._hello(), socket.response
        if answer is None or answer.headers.get(announcement.HEADER) != self._announced:
            return hello
        return msgspec.structs.replace(hello, actions=announcement.short(self._announced))

    async def _pause_after(self, ending: Ending) -> float:
        match ending.next:
            case Next.AGAIN:
                asked = min(max(ending.retry_after, 0.0), LONGEST_RETRY_AFTER)
                return self._back_off(ending.reason, at_least=asked)
            case Next.WAIT_FOR_NAME:
                return self._wait_for_name(ending.reason)
            case Next.ENROL:
                return await self._pause_after_enrolling(ending)
            case Next.SUPERSEDED:
                raise Superseded(
                    "a newer connection of this agent took its place: the same directory, or a "
                    "copy of it, is in use elsewhere"
                )
            case Next.GIVE_UP:
                raise NotWelcome(f"the orchestrator refuses this agent: {ending.reason}")

    async def _pause_after_enrolling(self, ending: Ending) -> float:
        if self._has_just_enrolled:
            raise EnrolmentNeeded(
                f"the orchestrator does not accept the credential it has just enrolled: "
                f"{ending.reason}"
            )
        try:
            await self._enrol()
        except NameTaken as error:
            return self._wait_for_name(str(error))
        except OrchestratorUnreachable as error:
            return self._back_off(f"not enrolled: {error}")
        self._has_just_enrolled = True
        return 0.0

    def _back_off(self, reason: str, *, at_least: float = 0.0) -> float:
        pause = self._backoff.next_seconds(at_least=at_least)
        log.warning("not connected", reason=reason, retry_in=round(pause, 1))
        return pause

    def _wait_for_name(self, reason: str) -> float:
        log.error("another install holds this agent's name: stop it, or rename one", reason=reason)
        return self._name_taken_seconds
