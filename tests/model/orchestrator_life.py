"""An orchestrator without its HTTP doors: everything from the agents' endpoint to SQLite.

What outlives the process is the database file.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import CursorResult, Select, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import NullPool
from starlette.types import Scope

from orchestrator.access.enrolments import Enrolments
from orchestrator.dispatch.admission import Admission
from orchestrator.dispatch.connections import Connections
from orchestrator.dispatch.dispatcher import Dispatcher
from orchestrator.dispatch.events import Events
from orchestrator.errors import StorageUnavailable
from orchestrator.gateway.endpoint import AgentEndpoint
from orchestrator.gateway.flusher import Flusher
from orchestrator.gateway.heartbeat import Heartbeat
from orchestrator.gateway.protocol import PROMPT
from orchestrator.metrics import Metrics
from orchestrator.settings import Bounds, Timers
from orchestrator.store.agents import AgentRegistry
from orchestrator.store.database import open_writer
from orchestrator.store.enrolments import EnrolmentStore
from orchestrator.store.journal import Journal
from orchestrator.store.sessions import SessionStore
from orchestrator.store.writer import Writer, _Write
from tests.model.ends import OrchestratorEnd
from tests.model.process import Place, Process
from tests.model.wire import Socket
from xagent_protocol import SUBPROTOCOL
from xagent_protocol.ids import AgentId, BootId

if TYPE_CHECKING:
    from tests.model.mutants import Mutant

TIMERS = Timers(sweep=1.0)
BOUNDS = Bounds(in_flight_per_agent=3, queue_per_agent=4, open_commands=8)
DRAIN_SECONDS = 0.5
METRICS = Metrics()
"""One for all lives: nothing is decided by it, and making one takes as long as a short life."""


class WatchedWriter(Writer):
    """The real writer, in a process that may die at each commit and on a disk that may be full."""

    life: OrchestratorLife

    def _commit(self, batch: list[_Write]) -> Sequence[bool | Exception]:
        self.life.process.cross(Place.BEFORE_COMMIT)
        if self.life.has_full_disk:
            raise sqlite3.OperationalError("database or disk is full")
        changed = super()._commit(batch)
        self.life.process.cross(Place.AFTER_COMMIT)
        return changed


class _Reader:
    """One reading connection; each query takes a round of the loop, as one in a thread does."""

    def __init__(self, readers: InlineReaders) -> None:
        self._readers = readers

    async def execute(self, query: Select[Any]) -> CursorResult[Any]:
        await asyncio.sleep(0)
        return self._readers.connection.execute(query)


class InlineReaders:
    """What the store uses of SQLAlchemy's asynchronous engine, without its threads."""

    def __init__(self, path: Path) -> None:
        """Read from the database at *path*."""
        _files.path = path
        self.connection = _ENGINE.connect()

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[_Reader]:
        """Open a connection."""
        yield _Reader(self)

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()


class _Files:
    """Opens what it was told to open next."""

    path: Path

    def __call__(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, isolation_level=None)


_files = _Files()
_ENGINE = create_engine("sqlite://", creator=_files, poolclass=NullPool)
"""One for all, because it remembers how each query is compiled."""


class OrchestratorLife:
    """One process on a database, from its start to its end."""

    def __init__(self, process: Process, path: Path, mutant: Mutant) -> None:
        """Open the database, and begin."""
        self.process = process
        self.path = path
        self._connection = open_writer(path, "process")
        # The model has no power cuts, so no commit has to wait for a disk.
        self._connection.execute("PRAGMA synchronous = OFF")
        self._readers = InlineReaders(path)
        self.is_serving = False
        self.has_full_disk = False
        self._mutant = mutant
        process.begin(self._live())

    async def _live(self) -> None:
        self._build()
        try:
            await self._serve_agents()
        except StorageUnavailable:
            self.process.die()  # it cannot start on a disk that is full
        except Exception as error:
            self.process.note_bug(f"it came to an end by {error!r}")

    async def _serve_agents(self) -> None:
        await self.registry.load()
        await self.admission.load()
        await self.dispatcher.load()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.dispatcher.run())
            tasks.create_task(self.heartbeat.run())
            tasks.create_task(self._flusher.run())
            self._sockets = tasks
            self.is_serving = True

    def _build(self) -> None:
        self.writer = WatchedWriter(self._connection, self.path)
        self.writer.life = self
        # Structurally it is one, as far as the store goes.
        readers = cast("AsyncEngine", self._readers)
        self.registry = AgentRegistry(self.writer, readers)
        events = Events()
        self.connections = Connections(events)
        sessions = SessionStore(self.writer, readers)
        self.admission = Admission(self.registry, sessions, self.connections, TIMERS)
        self.dispatcher = Dispatcher(
            Journal(self.writer, readers),
            self.registry,
            self.connections,
            events,
            METRICS,
            TIMERS,
            BOUNDS,
        )
        self._mutant.change_orchestrator(self)
        self.heartbeat = Heartbeat(TIMERS, on_extended=METRICS.leases_extended)
        self._flusher = Flusher()
        self._endpoint = AgentEndpoint(
            self.admission, self.dispatcher, self.heartbeat, self._flusher, TIMERS, BOUNDS
        )
        self.enrolments = Enrolments(
            EnrolmentStore(self.writer, readers),
            self.registry,
            self.admission.refuse_stranger,
            self.admission.turn,
        )

    def take(self, socket: Socket) -> None:
        """Serve a socket that the guard has let in."""
        self._sockets.create_task(self._serve(socket))

    async def _serve(self, socket: Socket) -> None:
        end = OrchestratorEnd(socket, self.process)
        scope: Scope = {
            "type": "websocket",
            "headers": [],
            "subprotocols": [SUBPROTOCOL],
            "path_params": {"agent_id": socket.agent_id},
            "client": ("192.0.2.1", socket.number),
            "extensions": {PROMPT: {"tell_at_once": end.tell_at_once}},
        }
        try:
            await self._endpoint(scope, end.receive, end.send)
        except Exception as error:
            # A server would go on after it; but no socket may bring its endpoint to this.
            self.process.note_bug(f"the endpoint failed: {error!r}")
        finally:
            end.close()

    def drain(self) -> None:
        """Do what SIGTERM makes the server do, which then ends."""
        self.dispatcher.submissions.drain()
        for connection in self.heartbeat.all():
            connection.drain(1.0)
        asyncio.get_running_loop().call_later(DRAIN_SECONDS, self.process.die)

    def is_connected(self, agent_id: AgentId, boot_id: BootId) -> bool:
        """Say whether this life of the agent is here, and may be sent commands."""
        live = self.connections.get(agent_id)
        return live is not None and live.is_ready and live.session.boot_id == boot_id

    def bury(self) -> None:
        """Give back what a dead process holds of this one."""
        self.process.bury()
        self.close_files()

    def close_files(self) -> None:
        """Let go of the database, as the kernel does for who is killed."""
        self._connection.close()
        self._readers.close()
