"""A real dispatcher and admission on a real database; only the socket of an agent is a stand-in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
import pytest

from orchestrator.dispatch.admission import Admission
from orchestrator.dispatch.connections import Connections, LiveAgent
from orchestrator.dispatch.dispatcher import Dispatcher
from orchestrator.dispatch.events import Events
from orchestrator.dispatch.submission import Submission
from orchestrator.metrics import Metrics
from orchestrator.settings import Bounds, Timers
from orchestrator.store.agents import AgentRegistry
from orchestrator.store.journal import Journal
from orchestrator.store.records import CommandRecord
from orchestrator.store.sessions import SessionStore
from tests.orchestrator.conftest import Database
from tests.orchestrator.deadline import until
from tests.orchestrator.records import agent_record, hello
from xagent_protocol.ids import AgentId, RequestId
from xagent_protocol.messages import (
    Command,
    Hello,
    Inventory,
    InventoryItem,
    InventoryState,
    OrchestratorMessage,
    Result,
    Started,
)
from xagent_protocol.outcomes import Effect, Outcome, OutcomeState

_MessageT = TypeVar("_MessageT")

TIMERS = Timers(sweep=0.02, grace=0.05, lost=0.3)
BOUNDS = Bounds(in_flight_per_agent=2, queue_per_agent=4, open_commands=8)


@dataclass
class FakeSocket:
    """Keeps what it is told, in order; *on_send* sees each frame first."""

    sent: list[OrchestratorMessage] = field(default_factory=list)
    acknowledged: list[RequestId] = field(default_factory=list)
    closed: tuple[int, str] | None = None
    on_send: Callable[[OrchestratorMessage], None] = lambda message: None

    def send(self, message: OrchestratorMessage) -> None:
        """Keep a frame."""
        self.on_send(message)
        self.sent.append(message)

    def acknowledge(self, request_id: RequestId, attempt: int) -> None:
        """Keep an acknowledgement."""
        self.acknowledged.append(request_id)

    def close(self, code: int, reason: str) -> None:
        """Keep the reason."""
        self.closed = (int(code), reason)

    def said(self, kind: type[_MessageT]) -> list[_MessageT]:
        """Return the frames of one kind."""
        return [message for message in self.sent if isinstance(message, kind)]

    def commands(self) -> list[str]:
        """Return the ids of the commands that were sent."""
        return [command.request_id for command in self.said(Command)]


@dataclass
class Stay:
    """One agent while it is here."""

    bench: Bench
    live: LiveAgent
    socket: FakeSocket

    async def tell_inventory(self, *held: InventoryItem) -> None:
        """Say what is still held."""
        await self.bench.dispatcher.reconciliation.reconcile(self.live, Inventory(held))

    def start(self, request_id: str, attempt: int = 1) -> None:
        """Say that a command begins."""
        self.bench.dispatcher.settlement.started(self.live, Started(RequestId(request_id), attempt))

    async def finish(self, request_id: str, attempt: int = 1, **outcome: Any) -> None:
        """Report a result; a success unless said otherwise."""
        given = {"state": OutcomeState.SUCCEEDED, "effect": Effect.COMPLETE, **outcome}
        result = Result(RequestId(request_id), attempt, Outcome(**given))
        assert self.bench.dispatcher.settlement.owns(self.live, result)
        await self.bench.dispatcher.settlement.finished(self.live, result)

    async def leave(self, reason: str = "connection lost") -> None:
        """Go, as the gateway lets agents go."""
        if self.bench.admission.leave(self.live, reason):
            self.bench.dispatcher.reconciliation.left(self.live.agent_id)
        await self.bench.admission.record_end(self.live, reason)


@dataclass
class Bench:
    """One life of an orchestrator, without its doors."""

    database: Database
    journal: Journal
    registry: AgentRegistry
    connections: Connections
    admission: Admission
    dispatcher: Dispatcher
    metrics: Metrics

    async def connect(self, agent_id: str = "alpha", **changes: Any) -> Stay:
        """Let an agent in; it has yet to tell its inventory."""
        socket = FakeSocket()
        said: Hello = hello(agent_id, **changes)
        live = await self.admission.admit(AgentId(agent_id), said, socket, "127.0.0.1")
        return Stay(self, live, socket)

    async def ready(self, agent_id: str = "alpha", **changes: Any) -> Stay:
        """Let an agent in that holds nothing."""
        stay = await self.connect(agent_id, **changes)
        await stay.tell_inventory()
        return stay

    async def submit(
        self,
        request_id: str | None = "r1",
        agent_id: str = "alpha",
        wait: float = 0.0,
        **given: Any,
    ) -> CommandRecord:
        """Submit a write of `alpha`, unless *given* says otherwise."""
        asked: dict[str, Any] = {"action": "write", "params": msgspec.Raw(b"{}"), **given}
        name = None if request_id is None else RequestId(request_id)
        submission = Submission(AgentId(agent_id), request_id=name, **asked)
        return await self.dispatcher.submissions.submit(submission, wait=wait)

    async def find(self, request_id: str) -> CommandRecord:
        """Read a command from the database itself."""
        found = await self.journal.find(RequestId(request_id))
        assert found is not None
        return found

    async def over(self, request_id: str) -> CommandRecord:
        """Wait for the end of a command."""
        record = await self.dispatcher.submissions.wait(RequestId(request_id), 5)
        assert record.is_over, record
        return record

    async def sent(self, stay: Stay, *request_ids: str) -> None:
        """Wait until exactly these commands have gone out."""
        await until(lambda: stay.socket.commands() == list(request_ids))


def item(request_id: str, state: InventoryState, attempt: int = 1) -> InventoryItem:
    """Return a line of an inventory."""
    return InventoryItem(RequestId(request_id), attempt, state, "write")


@asynccontextmanager
async def life(
    database: Database,
    timers: Timers = TIMERS,
    bounds: Bounds = BOUNDS,
    *,
    is_restored: bool = False,
) -> AsyncIterator[Bench]:
    """Run one life of an orchestrator on *database*."""
    registry = AgentRegistry(database.writer, database.readers)
    journal = Journal(database.writer, database.readers)
    events = Events()
    connections = Connections(events)
    admission = Admission(
        registry, SessionStore(database.writer, database.readers), connections, timers
    )
    metrics = Metrics()
    dispatcher = Dispatcher(journal, registry, connections, events, metrics, timers, bounds)
    await registry.load()
    await admission.load()
    await dispatcher.load(is_restored=is_restored)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(dispatcher.run())
        await asyncio.sleep(0)
        yield Bench(database, journal, registry, connections, admission, dispatcher, metrics)
        running.cancel()


@pytest.fixture
async def enrolled(database: Database) -> Database:
    """A database in which `alpha` and `beta` have enrolled."""
    registry = AgentRegistry(database.writer, database.readers)
    await registry.save(agent_record("alpha"))
    await registry.save(agent_record("beta"))
    return database


@pytest.fixture
async def bench(enrolled: Database) -> AsyncIterator[Bench]:
    """An orchestrator with nobody connected."""
    async with life(enrolled) as bench:
        yield bench
