"""Who is connected to whom: dials, enrolments, and what can be seen of the frames on their way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response

from agent_runtime.errors import NameTaken, OrchestratorUnreachable
from orchestrator.errors import DuplicateAgent, Refusal
from tests.model.agent_life import ACTIONS, Directory
from tests.model.ends import AgentEnd
from tests.model.history import History
from tests.model.loop import Clock
from tests.model.orchestrator_life import OrchestratorLife
from tests.model.process import Process
from tests.model.wire import ABNORMAL, LATENCY_SECONDS, Agenda, Closing, Direction, Socket
from xagent_protocol.announcement import HEADER, digest_of
from xagent_protocol.codec import decode_from_agent, decode_from_orchestrator, encode_actions
from xagent_protocol.messages import Ack, Command, Result, ResultRef, Welcome

UNANSWERED_SECONDS = 10.0
ANNOUNCED = digest_of(encode_actions(ACTIONS))
_RESULT = '{"type":"result"'
_INVENTORY = '{"type":"inventory"'


class Network:
    """Every socket that ever was, the latest last."""

    def __init__(
        self,
        clock: Clock,
        agenda: Agenda,
        history: History,
        is_durable: Callable[[ResultRef], bool],
    ) -> None:
        """Carry frames; *is_durable* says whether the database holds a result."""
        self._clock = clock
        self._agenda = agenda
        self._history = history
        self._is_durable = is_durable
        self.sockets: list[Socket] = []
        self.is_partitioned = False
        self.orchestrator: OrchestratorLife | None = None
        self._newest_epoch = 0
        self._epochs: dict[int, int] = {}
        self._inventoried: set[int] = set()

    @property
    def latest(self) -> Socket | None:
        """The socket that was opened last, be it still open or not."""
        return self.sockets[-1] if self.sockets else None

    def forget_epochs(self) -> None:
        """Expect epochs to grow anew: a restored database knows only those that it is told of."""
        self._newest_epoch = 0

    def is_past(self, socket: Socket) -> bool:
        """Say whether nothing can be carried by it any more."""
        return socket.up.is_over or socket.down.is_over

    def frames(self, way: Direction, kind: str) -> list[str]:
        """Return all frames of one kind that can come again, the latest last.

        Of commands only those that this life of the agent has heard before: they do not carry the
        epoch of their session, so that is all that it can recognise them by.
        """
        prefix = f'{{"type":"{kind}"'
        dialled_by = self.sockets[-1].dialled_by
        if kind == "command":
            carried = [one.heard for one in self.sockets if one.dialled_by == dialled_by]
        else:
            carried = [one.pipes[way].sent for one in self.sockets]
        return [text for texts in carried for text in texts if text.startswith(prefix)]

    def dialler(self, process: Process, directory: Directory) -> Callable[[], Awaitable[AgentEnd]]:
        """Return how an agent dials."""

        async def dial() -> AgentEnd:
            await asyncio.sleep(LATENCY_SECONDS)
            life = self._listening()
            if life is None:
                raise OSError("nobody listens")
            if life.process.is_stopped:
                await asyncio.sleep(UNANSWERED_SECONDS)
                raise TimeoutError
            if life.registry.agent_of_credential(directory.credential) != directory.agent_id:
                raise InvalidStatus(
                    Response(401, "Unauthorized", Headers(), b'{"code":"unauthorized"}')
                )
            return self._open(life, process, directory)

        return dial

    def enroller(self, process: Process, directory: Directory) -> Callable[[], Awaitable[None]]:
        """Return how an agent enrols, with a token made for it on the spot."""

        async def enrol() -> None:
            life = self._listening()
            if life is None:
                raise OrchestratorUnreachable("nobody listens")
            answer: asyncio.Future[Refusal | None] = process.loop.create_future()

            async def redeem() -> None:
                outcome = await _redeemed(life, directory)
                if not answer.done():
                    answer.set_result(outcome)

            life.process.begin(redeem())
            try:
                async with asyncio.timeout(UNANSWERED_SECONDS):
                    outcome = await answer
            except TimeoutError:
                raise OrchestratorUnreachable("no answer") from None
            if isinstance(outcome, DuplicateAgent):
                raise NameTaken(outcome.detail)
            if outcome is not None:
                raise OrchestratorUnreachable(outcome.detail)

        return enrol

    def _listening(self) -> OrchestratorLife | None:
        life = self.orchestrator
        if self.is_partitioned or life is None or life.process.is_dead or not life.is_serving:
            return None
        return life

    def _open(self, life: OrchestratorLife, process: Process, directory: Directory) -> AgentEnd:
        dialled_by = f"{directory.install_id} {directory.lives}"
        socket = Socket(
            len(self.sockets), directory.agent_id, dialled_by, self._clock, self._agenda
        )
        self.sockets.append(socket)
        self._history.tell(f"{process.name} opens socket {socket.number}")
        # The kernel of whoever dies closes his end; what is under way still arrives.
        process.at_death(lambda: socket.up.put(Closing(ABNORMAL, "")))
        life.process.at_death(lambda: socket.down.put(Closing(ABNORMAL, "")))
        socket.up.on_sent = lambda text: self._sent_up(socket, text)
        socket.up.on_arrived = lambda text: self._arrived(socket, text)
        socket.down.on_sent = lambda text: self._sent_down(socket, text)
        life.process.loop.call_soon(life.take, socket)
        known = Headers({HEADER: ANNOUNCED}) if life.admission.knows(ANNOUNCED) else Headers()
        return AgentEnd(socket, process, Response(101, "Switching Protocols", known))

    def _arrived(self, socket: Socket, text: str) -> None:
        if text.startswith(_INVENTORY):
            self._inventoried.add(socket.number)

    def _sent_up(self, socket: Socket, text: str) -> None:
        self._history.tell(f"{socket.number} up {text}")
        if text.startswith(_RESULT):
            result = decode_from_agent(text)
            assert isinstance(result, Result)
            state = result.outcome.state.value
            self._history.reported.add((result.request_id, result.attempt, state))

    def _sent_down(self, socket: Socket, text: str) -> None:
        self._history.tell(f"{socket.number} down {text}")
        message = decode_from_orchestrator(text)
        if isinstance(message, Welcome):
            if message.epoch <= self._newest_epoch:
                self._history.violate("I8", f"epoch {message.epoch} after {self._newest_epoch}")
            self._newest_epoch = max(message.epoch, self._newest_epoch)
            self._epochs[socket.number] = message.epoch
        elif isinstance(message, Command):
            if socket.number not in self._inventoried:
                self._history.violate(
                    "T2", f"{message.request_id} was sent before the inventory came"
                )
            # What had to wait for a peer that does not read has been as good as sent since then.
            if self._epochs[socket.number] < self._newest_epoch and not socket.has_stalled:
                self._history.violate("I8", f"{message.request_id} was sent under an old epoch")
        elif isinstance(message, Ack):
            for result in message.results:
                if not self._is_durable(result):
                    self._history.violate(
                        "I7", f"{result.request_id}#{result.attempt} is acknowledged, not durable"
                    )


async def _redeemed(life: OrchestratorLife, directory: Directory) -> Refusal | None:
    try:
        token, _ = await life.enrolments.issue(directory.agent_id)
        await life.enrolments.redeem(
            token,
            agent_id=directory.agent_id,
            install_id=directory.install_id,
            credential_sha256=directory.credential_sha256,
        )
    except Refusal as refusal:
        return refusal
    return None
