"""Putting the orchestrator together: the only place that builds its objects.

Start-up opens, from the bottom up: database, registry, journal, doors. The end is the same in
reverse, after the drain that `server.py` calls before any socket is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec
import structlog
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.routing import Router, WebSocketRoute
from starlette.types import ASGIApp

from orchestrator.access.attempts import Attempts
from orchestrator.access.enrolments import Enrolments
from orchestrator.access.guard import Guard
from orchestrator.access.keys import UserToken
from orchestrator.access.shares import Shares
from orchestrator.access.sign_in_links import SignInLinks
from orchestrator.access.sign_ins import SignIns
from orchestrator.api.busiest import BusiestRoute
from orchestrator.api.routes import build_routes
from orchestrator.api.services import Services
from orchestrator.dispatch.admission import Admission
from orchestrator.dispatch.channels import Channels
from orchestrator.dispatch.connections import Connections
from orchestrator.dispatch.dispatcher import Dispatcher
from orchestrator.dispatch.events import Events
from orchestrator.doors.live import LiveEndpoint, LivePages
from orchestrator.errors import CannotStart, StorageUnavailable
from orchestrator.gateway.channel_endpoint import ChannelEndpoint
from orchestrator.gateway.endpoint import AgentEndpoint
from orchestrator.gateway.flusher import DELAY_SECONDS, Flusher
from orchestrator.gateway.heartbeat import Heartbeat
from orchestrator.metrics import Metrics
from orchestrator.settings import Settings, own_host
from orchestrator.store.agents import AgentRegistry
from orchestrator.store.artifacts import ArtifactStore
from orchestrator.store.database import FILE_NAME, open_readers, open_writer
from orchestrator.store.enrolments import EnrolmentStore
from orchestrator.store.history import History
from orchestrator.store.journal import Journal
from orchestrator.store.passes import PassStore
from orchestrator.store.retention import Retention
from orchestrator.store.schema import upgrade
from orchestrator.store.sessions import SessionStore
from orchestrator.store.writer import Writer
from orchestrator.web.dashboard import DashboardPages
from orchestrator.web.routes import build_web_routes
from orchestrator.web.shares import SharePages
from orchestrator.web.sign_in import SignInPages
from orchestrator.web.traces import TracePages
from orchestrator.web.viewer import installed_viewer
from xagent_protocol.ids import AgentId

log: Final = structlog.get_logger(__name__)

ARTIFACTS: Final = "artifacts"
DRAIN_RETRY_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Orchestrator:
    """A running orchestrator: the ASGI application and what the server needs beside it."""

    app: ASGIApp
    busiest: BusiestRoute
    dispatcher: Dispatcher
    heartbeat: Heartbeat
    events: Events
    live_pages: LivePages

    def drain(self) -> None:
        """Refuse what is new, answer who waits, tell the agents; commands run on there."""
        self.dispatcher.submissions.drain()
        self.events.end()
        for connection in self.heartbeat.all():
            connection.drain(DRAIN_RETRY_SECONDS)


@contextlib.asynccontextmanager
async def open_orchestrator(settings: Settings, token: UserToken) -> AsyncIterator[Orchestrator]:
    """Open an orchestrator on the data directory of *settings*, which exists and is ours alone.

    Raises:
        CannotStart: the database cannot be used.
    """
    path = settings.data_dir / FILE_NAME
    upgrade(path)
    metrics = Metrics()
    writer = Writer(
        open_writer(path, settings.durability),
        path,
        in_thread=settings.durability == "power",
        on_commit=metrics.journal_committed,
        on_failure=metrics.journal_failed,
    )
    readers = open_readers(path)
    try:
        async with _build(settings, token, metrics, writer, readers) as orchestrator:
            yield orchestrator
    finally:
        await writer.close()
        await readers.dispose()


@contextlib.asynccontextmanager
async def _build(
    settings: Settings, token: UserToken, metrics: Metrics, writer: Writer, readers: AsyncEngine
) -> AsyncIterator[Orchestrator]:
    timers, bounds = settings.timers, settings.bounds
    registry = AgentRegistry(writer, readers)
    journal = Journal(writer, readers)
    events = Events()
    connections = Connections(events)
    sessions = SessionStore(writer, readers)
    admission = Admission(registry, sessions, connections, timers, on_begin=metrics.session_began)
    dispatcher = Dispatcher(journal, registry, connections, events, metrics, timers, bounds)
    heartbeat = Heartbeat(timers, on_extended=metrics.leases_extended)
    # Beats go out with it, too: a quick heart must not wait for a slow hand.
    flusher = Flusher(min(DELAY_SECONDS, timers.beat / 4))
    endpoint = AgentEndpoint(admission, dispatcher, heartbeat, flusher, timers, bounds)

    def unready() -> str | None:
        if dispatcher.submissions.is_draining:
            return "The orchestrator is shutting down."
        return None if writer.is_healthy else "The journal cannot be written now."

    channels = Channels()
    live_pages = LivePages(channels, connections)

    def needs_artifact(agent_id: AgentId, artifact_id: str) -> bool:
        return dispatcher.submissions.need_artifact(
            agent_id, artifact_id
        ) or live_pages.need_artifact(agent_id, artifact_id)

    artifacts = ArtifactStore(
        _made(settings.data_dir / ARTIFACTS),
        writer,
        readers,
        limit_bytes=bounds.artifact_bytes,
        sync=os.fsync if settings.durability == "power" else None,
    )
    artifacts.discard_leftovers()
    retention = Retention(
        settings.keeping,
        artifacts,
        writer,
        readers,
        needed=dispatcher.submissions.needed,
        on_deleted=metrics.retention_deleted,
        on_total=metrics.artifacts_summed_up,
    )
    kept_sign_ins = PassStore(writer, readers, "sign_in", token_sha256=token.sha256)
    kept_shares = PassStore(writer, readers, "share", token_sha256=token.sha256)
    sign_ins, shares = SignIns(keeper=kept_sign_ins), Shares(keeper=kept_shares)
    sign_in_links, attempts = SignInLinks(), Attempts()
    services = Services(
        agents=registry,
        presence=connections,
        commands=dispatcher.submissions,
        history=History(readers),
        artifacts=artifacts,
        enrolments=Enrolments(
            EnrolmentStore(writer, readers), registry, admission.refuse_stranger, admission.turn
        ),
        sign_in_links=sign_in_links,
        shares=shares,
        events=events,
        metrics=metrics,
        unready=unready,
        needs_artifact=needs_artifact,
        version=version("xagent"),
        body_bytes=bounds.body_bytes,
    )
    routes = [
        *build_web_routes(
            DashboardPages(),
            SignInPages(token.matches, sign_ins, sign_in_links, attempts),
            SharePages(shares, attempts),
            TracePages(artifacts, installed_viewer()),
            metrics.request_answered,
        ),
        *build_routes(services),
        WebSocketRoute("/ws/agents/{agent_id}", endpoint=endpoint),
        WebSocketRoute("/ws/channels/{channel_id}", endpoint=ChannelEndpoint(channels)),
        WebSocketRoute(
            "/api/agents/{agent_id}/pages/{page}/live", endpoint=LiveEndpoint(live_pages)
        ),
    ]
    own = own_host(settings.host)
    app = Guard(
        Router(routes, redirect_slashes=False),
        is_user=token.matches,
        agent_of=registry.agent_of_credential,
        person_of=sign_ins.principal_of,
        visitor_of=shares.principal_of,
        allowed_hosts=settings.allowed_hosts if own is None else (*settings.allowed_hosts, own),
        allowed_origins=settings.allowed_origins,
        on_refusal=metrics.access_refused,
    )
    with _readable(settings.data_dir / FILE_NAME):
        await registry.load()
        await admission.load()
        await dispatcher.load(is_restored=settings.restored)
        sign_ins.load(await kept_sign_ins.load())
        shares.load(await kept_shares.load())
    async with live_pages, asyncio.TaskGroup() as tasks:
        loops = [
            tasks.create_task(dispatcher.run(), name="dispatcher"),
            tasks.create_task(heartbeat.run(), name="heartbeat"),
            tasks.create_task(flusher.run(), name="flusher"),
            tasks.create_task(writer.keep_log_short(), name="checkpoints"),
            tasks.create_task(retention.run(), name="retention"),
        ]
        try:
            yield Orchestrator(
                app, BusiestRoute(app, services), dispatcher, heartbeat, events, live_pages
            )
        finally:
            for loop in loops:
                loop.cancel()


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Refuse to start on rows that are damaged: to pass them over would be to lose commands."""
    try:
        yield
    except (DatabaseError, msgspec.DecodeError, StorageUnavailable, ValueError) as error:
        cause = error.orig if isinstance(error, DatabaseError) else error
        raise CannotStart(
            f"The database {path} cannot be read: {' '.join(str(cause).split())}. Restore it from "
            "a backup, or move it away to start with an empty one."
        ) from error


def _made(directory: Path) -> Path:
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"{directory} cannot be made: {error.strerror}.") from error
    return directory
