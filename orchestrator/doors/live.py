"""A page for any number of viewers: one channel from its agent, each viewer at its own pace.

A picture that a viewer has no room for is replaced by the next one, so a viewer that hardly reads
sees fewer pictures and never older ones; it holds one picture of memory and slows nobody. When the
last viewer has left, the channel is closed and nothing is sent any more.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from typing import Final, Self

import msgspec
import structlog
from starlette.types import Receive, Scope, Send

from orchestrator.access.principal import SCOPE_KEY, Principal
from orchestrator.dispatch.channels import Channels, ChannelSocket
from orchestrator.dispatch.connections import Connections, LiveAgent
from orchestrator.errors import (
    AgentOffline,
    ChannelUnavailable,
    Forbidden,
    InvalidRequest,
    Unauthorized,
)
from orchestrator.socket_end import SocketEnd
from xagent_protocol.codec import decode_from_live_agent, decode_from_viewer, encode
from xagent_protocol.errors import InvalidMessage
from xagent_protocol.ids import AgentId
from xagent_protocol.live import (
    PICTURE_HEAD,
    SUBPROTOCOL,
    ChooseFiles,
    FromViewer,
    LiveGone,
    LiveRefused,
    LiveState,
    Seen,
    Want,
)

log: Final = structlog.get_logger(__name__)

UNDER_WAY: Final = 2
"""Pictures that a viewer may have on their way to it."""

LINGER_SECONDS: Final = 1.0
"""How long a page goes on being sent with nobody looking: people switch to and fro."""

ADMISSION_SECONDS: Final = 5.0
"""How long somebody may go on looking whose sign-in or share has ended."""

MAIN: Final = "main"


class Viewer:
    """Somebody who looks, on a socket of theirs."""

    def __init__(self, number: int, socket: ChannelSocket, *, may_control: bool) -> None:
        """Show things on *socket*."""
        self.number = number
        self.on_taken: Callable[[bytes], None] = lambda picture: None
        """Hears of each picture that there was room for."""
        self.want: Want | None = None
        self.may_control = may_control
        self._socket = socket
        self._texts: list[str] = []
        self._picture: bytes | None = None
        self._sent = self._seen = 0
        self._work = asyncio.Event()
        self._next_at = 0.0
        self._is_over = False

    def show(self, picture: bytes) -> None:
        """Offer a picture; it is sent unless a newer one comes first."""
        self._picture = picture
        self._work.set()

    def tell(self, text: str) -> None:
        """Send a text behind those before it."""
        self._texts.append(text)
        self._work.set()

    def note_seen(self, number: int) -> None:
        """Note that a picture has arrived."""
        self._seen = max(self._seen, number)
        self._work.set()

    def look(self) -> None:
        """Look again whether there is something to send."""
        self._work.set()

    def refuse(self, code: str, message: str) -> None:
        """Say that something was not done, and why."""
        self.tell(encode(LiveRefused(self.number, code, message)))

    def end(self, gone: LiveGone) -> None:
        """Say why there is nothing more to see, and close; only the first time."""
        if not self._is_over:
            self._is_over = True
            self.tell(encode(gone))

    async def run(self) -> None:
        """Send what there is to send, until the end."""
        loop = asyncio.get_running_loop()
        while True:
            await self._work.wait()
            self._work.clear()
            texts, self._texts = self._texts, []
            for text in texts:
                await self._socket.send(text)
            if self._is_over:
                await self._socket.close()
                return
            want = self.want
            if self._picture is None or want is None or self._sent - self._seen >= UNDER_WAY:
                continue
            if (pause := self._next_at - loop.time()) > 0:
                loop.call_later(pause, self._work.set)
                continue
            self._next_at = loop.time() + 0.9 / want.fps
            picture, self._picture = self._picture, None
            self._sent += 1
            self.on_taken(picture)
            # Each viewer's pictures have numbers of their own, by which it says that it has them.
            await self._socket.send(self._sent.to_bytes(4) + picture[4:])


class LivePages:
    """Every page that is being looked at; open it with ``async with``."""

    def __init__(self, channels: Channels, connections: Connections) -> None:
        """Open *channels* to agents that are here."""
        self._channels = channels
        self._connections = connections
        self._pages: dict[tuple[AgentId, str], _LivePage] = {}
        self._tasks = asyncio.TaskGroup()
        self._serving: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count(1)

    async def __aenter__(self) -> Self:
        """Let people look."""
        await self._tasks.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close every channel."""
        for serving in self._serving:
            serving.cancel()
        await self._tasks.__aexit__(None, None, None)

    def __len__(self) -> int:
        """Count the pages."""
        return len(self._pages)

    def need_artifact(self, agent_id: AgentId, artifact_id: str) -> bool:
        """Say whether somebody gave this artifact to a file chooser of a page that is looked at."""
        return any(
            artifact_id in shown.given
            for (owner, _), shown in self._pages.items()
            if owner == agent_id
        )

    async def watch(
        self, agent_id: AgentId, page: str, socket: ChannelSocket, principal: Principal
    ) -> None:
        """Show a page to *principal* until the socket, the page or the agent is gone."""
        live = self._connections.get(agent_id)
        may_control = principal.may_control(agent_id)
        viewer = Viewer(next(self._numbers), socket, may_control=may_control)
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(viewer.run())
            if not principal.may_see(agent_id):
                viewer.end(LiveGone(Forbidden.code, "You may not look at this agent."))
                await sending
                return
            if live is None:
                viewer.end(LiveGone(AgentOffline.code, f"Agent {agent_id!r} is not connected."))
                await sending
                return
            shown = self._page(live, _page_id(live, page))
            shown.join(viewer)
            admitted = tasks.create_task(_end_with(principal, viewer))
            try:
                while (message := await socket.receive()) is not None:
                    shown.hear(viewer, message)
            finally:
                shown.leave(viewer)
                admitted.cancel()
                sending.cancel()

    def _page(self, live: LiveAgent, page_id: str | None) -> _LivePage:
        key = (live.agent_id, page_id or MAIN)
        shown = self._pages.get(key)
        if shown is None or shown.is_closing:
            shown = self._pages[key] = _LivePage()
            serving = self._tasks.create_task(self._serve(key, shown, live, page_id))
            self._serving.add(serving)
            serving.add_done_callback(self._serving.discard)
        return shown

    async def _serve(
        self, key: tuple[AgentId, str], shown: _LivePage, live: LiveAgent, page_id: str | None
    ) -> None:
        try:
            await shown.run(await self._channels.open(live, "live", page_id))
        except ChannelUnavailable as error:
            shown.end(LiveGone(error.code, error.detail))
        except Exception:
            # One page that fails must take no other, nor the orchestrator, along.
            log.exception("live.page_failed", agent_id=live.agent_id, page=page_id)
        finally:
            if self._pages.get(key) is shown:
                del self._pages[key]
            shown.end(LiveGone(ChannelUnavailable.code, "The agent's side of the channel is gone."))


class _LivePage:
    """One page, from its channel to those who look at it."""

    def __init__(self) -> None:
        self.given: set[str] = set()
        """The artifacts that its agent may fetch, because somebody chose them for it."""
        self._viewers: dict[int, Viewer] = {}
        self._out: deque[str] = deque()
        self._has_out = asyncio.Event()
        self._want: Want | None = None
        self._state: str | None = None
        self._picture: bytes | None = None
        self._taken = 0
        self.is_closing = False

    def join(self, viewer: Viewer) -> None:
        """Let *viewer* see what there is, and what comes."""
        self._viewers[viewer.number] = viewer
        viewer.on_taken = self._note_taken
        if self._state is not None:
            viewer.tell(self._state)
        if self._picture is not None:
            viewer.show(self._picture)

    def leave(self, viewer: Viewer) -> None:
        """Forget *viewer*."""
        self._viewers.pop(viewer.number, None)
        self._ask()
        if not self._viewers:
            loop = asyncio.get_running_loop()
            loop.call_later(LINGER_SECONDS, self._close_if_unwatched)

    def hear(self, viewer: Viewer, text: str | bytes) -> None:
        """Do what a viewer says, or tell it why not."""
        try:
            message = decode_from_viewer(text if isinstance(text, str) else text.decode())
        except (InvalidMessage, UnicodeError) as error:
            viewer.refuse(InvalidRequest.code, str(error))
            return
        match message:
            case Want():
                viewer.want = message
                viewer.look()
                self._ask()
            case Seen():
                viewer.note_seen(message.number)
            case _ if viewer.may_control:
                if isinstance(message, ChooseFiles):
                    self.given.update(message.artifact_ids)
                self._say(msgspec.structs.replace(message, viewer=viewer.number))
            case _:
                viewer.refuse(Forbidden.code, "You may look, and not touch.")

    async def run(self, channel: ChannelSocket) -> None:
        """Pass on what comes and goes, until the channel's end."""
        async with asyncio.TaskGroup() as tasks:
            writing = tasks.create_task(self._write(channel))
            try:
                while (message := await channel.receive()) is not None:
                    if isinstance(message, bytes):
                        self._show(message)
                    else:
                        self._tell(message)
            finally:
                writing.cancel()
                await channel.close()

    def close(self) -> None:
        """Close the channel; what follows from it follows."""
        self.is_closing = True
        self._has_out.set()

    def end(self, gone: LiveGone) -> None:
        """Send all viewers away; the first reason given is the one they hear."""
        for viewer in self._viewers.values():
            viewer.end(gone)

    def _show(self, picture: bytes) -> None:
        if len(picture) < PICTURE_HEAD.size:
            return
        self._picture = picture
        for viewer in self._viewers.values():
            viewer.show(picture)

    def _note_taken(self, picture: bytes) -> None:
        """Let the agent send on, as long as anybody can see it."""
        number = int.from_bytes(picture[:4])
        if number > self._taken:
            self._taken = number
            self._say(Seen(number))

    def _tell(self, text: str) -> None:
        try:
            message = decode_from_live_agent(text)
        except InvalidMessage:
            log.warning("live.agent_talks_nonsense")
            return
        match message:
            case LiveState():
                self._state = text
                for viewer in self._viewers.values():
                    viewer.tell(text)
            case LiveGone():
                self.end(message)
            case LiveRefused():
                if (refused := self._viewers.get(message.viewer)) is not None:
                    refused.refuse(message.code, message.message)

    def _ask(self) -> None:
        """Ask the agent for the most that any viewer wants."""
        wants = [viewer.want for viewer in self._viewers.values() if viewer.want is not None]
        if not wants:
            return
        want = Want(
            max(one.fps for one in wants),
            max(one.width for one in wants),
            max(one.height for one in wants),
            max(one.quality for one in wants),
        )
        if want != self._want:
            self._want = want
            self._say(want)

    def _say(self, message: FromViewer) -> None:
        self._out.append(encode(message))
        self._has_out.set()

    async def _write(self, channel: ChannelSocket) -> None:
        while True:
            await self._has_out.wait()
            self._has_out.clear()
            while self._out:
                await channel.send(self._out.popleft())
            if self.is_closing:
                await channel.close()

    def _close_if_unwatched(self) -> None:
        if not self._viewers:
            self.close()


async def _end_with(principal: Principal, viewer: Viewer) -> None:
    while principal.lasts():  # noqa: ASYNC110 (no event tells that it is over)
        await asyncio.sleep(ADMISSION_SECONDS)
    viewer.end(LiveGone(Unauthorized.code, "Your sign-in, or what was shared with you, is over."))


def _page_id(live: LiveAgent, page: str) -> str | None:
    """Return the id of a page that was named by id, by label, or as the main one."""
    pages = live.browser.pages if live.browser is not None else ()
    for one in pages:
        if page in (one.id, one.label) or (page == MAIN and one.main):
            return one.id
    return None if page == MAIN else page


class LiveEndpoint:
    """`/api/agents/{agent_id}/pages/{page}/live`, a WebSocket behind the guard."""

    def __init__(self, pages: LivePages) -> None:
        """Show *pages*."""
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one viewer."""
        await receive()  # websocket.connect, which carries nothing
        offered = scope.get("subprotocols", ())
        subprotocol = SUBPROTOCOL if SUBPROTOCOL in offered else None
        await send({"type": "websocket.accept", "subprotocol": subprotocol})
        names = scope["path_params"]
        socket = SocketEnd(receive, send)
        await self._pages.watch(AgentId(names["agent_id"]), names["page"], socket, scope[SCOPE_KEY])
