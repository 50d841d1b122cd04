"""Serving the orchestrator: the socket, the lock of the data directory, uvicorn, and the end.

The end, in order: refuse new commands (503) and answer who waits (202), tell the agents and close
their sockets, let open requests finish, stop accepting, close the database. All within the drain
time; a second signal does not wait.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import structlog
import uvicorn
from filelock import FileLock, Timeout
from uvicorn.server import HANDLED_SIGNALS

from orchestrator.access.keys import load_or_make
from orchestrator.app import Orchestrator, open_orchestrator
from orchestrator.errors import CannotStart
from orchestrator.gateway.protocol import AgentSocketProtocol
from orchestrator.http_protocol import WholeWriteProtocol
from orchestrator.settings import Settings, is_loopback, own_host
from orchestrator.store.writer import PATIENCE_SECONDS

log: Final = structlog.get_logger(__name__)

ENDPOINT_FILE: Final = "orchestrator.json"
LOCK_FILE: Final = "orchestrator.lock"
LOOK_SECONDS: Final = 0.05
"""How often a drain looks whether a second signal came."""

LAST_SECONDS: Final = 2
"""What of the drain time is kept for requests that came last."""

GC_THRESHOLDS: Final = (50_000, 50, 50)
"""Rare full collections: what a command allocates is freed by its reference counts, and a
collection among 100,000 live objects of idle agents would be felt in the slowest answers."""


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        CannotStart: one sentence says what must change first.
    """
    data_dir = settings.data_dir
    _check_tls(settings)
    _make(data_dir)
    with _held(data_dir):
        listener = _listen(settings)
        try:
            with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                runner.run(_serve(settings, listener))
        finally:
            listener.close()


async def _serve(settings: Settings, listener: socket.socket) -> None:
    token = load_or_make(settings.data_dir)
    async with (
        open_orchestrator(settings, token) as orchestrator,
        _watching_parent(settings) as parent,
    ):
        configuration = server_configuration(settings, orchestrator)
        configuration.load()
        drain_seconds = settings.timers.drain - LAST_SECONDS - PATIENCE_SECONDS
        server = _Server(configuration, orchestrator, parent, drain_seconds)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        with _announced(settings, listener):
            await server.serve(sockets=[listener])


class _Server(uvicorn.Server):
    """uvicorn, with our drain before its shutdown, which closes every socket at once."""

    def __init__(
        self,
        config: uvicorn.Config,
        orchestrator: Orchestrator,
        parent_gone: asyncio.Event,
        drain_seconds: float,
    ) -> None:
        super().__init__(config)
        self._orchestrator = orchestrator
        self._parent_gone = parent_gone
        self._drain_seconds = drain_seconds

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take signals as wishes to stop, and as nothing else.

        uvicorn raises them once more when it has stopped, which would end the process before the
        database is closed, and with a status that says it was killed.
        """
        before = {wish: signal.signal(wish, self.handle_exit) for wish in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for wish, handler in before.items():
                signal.signal(wish, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop at the first signal, of either kind; wait for nobody any more at the second."""
        self.force_exit = self.should_exit
        self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Stop, too, when whoever started this process is gone."""
        return await super().on_tick(counter) or self._parent_gone.is_set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain, then shut down.

        While those who were here are answered, the doors stay open: who comes now is told 503,
        and when to come again, and not that nobody is there.
        """
        log.info(
            "server.draining",
            open_commands=self._orchestrator.dispatcher.submissions.open_commands(),
        )
        here = set(self.server_state.tasks)
        self._orchestrator.drain()
        await self._answered(here)
        await super().shutdown(sockets)
        log.info("server.stopped")

    async def _answered(self, tasks: set[asyncio.Task[None]]) -> None:
        clock = asyncio.get_running_loop().time
        give_up_at = clock() + self._drain_seconds
        while not self.force_exit and clock() < give_up_at:
            tasks = {task for task in tasks if not task.done()}
            if not tasks and not self._is_answering():
                return
            await asyncio.sleep(LOOK_SECONDS)

    def _is_answering(self) -> bool:
        return any(
            isinstance(connection, WholeWriteProtocol) and connection.is_answering
            for connection in self.server_state.connections
        )


def server_configuration(settings: Settings, orchestrator: Orchestrator) -> uvicorn.Config:
    """Return how uvicorn is to serve *orchestrator*."""
    return uvicorn.Config(
        orchestrator.app,
        http=_protocol(settings, orchestrator),
        ws=AgentSocketProtocol,
        ws_max_size=settings.bounds.frame_bytes,
        # Costs 35 KB a connection and lets a small frame become a large one.
        ws_per_message_deflate=False,
        # Our beats prove more than a ping does.
        ws_ping_interval=None,
        ws_ping_timeout=None,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=settings.behind_proxy,
        forwarded_allow_ips="*" if settings.behind_proxy else None,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=LAST_SECONDS,
        ssl_certfile=str(settings.tls_certificate) if settings.tls_certificate else None,
        ssl_keyfile=str(settings.tls_key) if settings.tls_key else None,
    )


def _protocol(settings: Settings, orchestrator: Orchestrator) -> type[WholeWriteProtocol]:
    class WithShortcut(WholeWriteProtocol):
        # Behind a proxy the scheme of a request is known only after uvicorn's own middleware.
        shortcut = None if settings.behind_proxy else orchestrator.busiest

    return WithShortcut


def _listen(settings: Settings) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host.strip("[]"),
            settings.port,
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )[0]
        listener = socket.socket(family, kind, protocol)
        if os.name == "posix":
            # Elsewhere the option would let two servers share the port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        raise CannotStart(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror or error}. "
            "Stop what listens there, or give another --port."
        ) from error
    listener.setblocking(False)
    return listener


def _check_tls(settings: Settings) -> None:
    if settings.tls_certificate is None:
        return
    try:
        # Without the empty password, a locked key would be asked for on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            settings.tls_certificate, settings.tls_key, password=""
        )
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise CannotStart(
            f"The certificate {settings.tls_certificate} and the key {settings.tls_key} cannot be "
            f"used: {reason}. Both are PEM files, belong together, and need no password."
        ) from error


def _make(data_dir: Path) -> None:
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = data_dir / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CannotStart(
            f"The data directory {data_dir} cannot be written: {error.strerror}. Give another "
            "--data-dir, or make it yours."
        ) from error


@contextmanager
def _held(data_dir: Path) -> Iterator[None]:
    lock = FileLock(data_dir / LOCK_FILE)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise CannotStart(
            f"Another orchestrator uses the data directory {data_dir}: stop it, or give another "
            "--data-dir."
        ) from None
    except OSError as error:
        raise CannotStart(
            f"The data directory {data_dir} cannot be locked: {error.strerror}."
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _announced(settings: Settings, listener: socket.socket) -> Iterator[None]:
    """Say where this server listens, for clients on this machine to find."""
    address, port = listener.getsockname()[:2]
    loopback = "[::1]" if listener.family == socket.AF_INET6 else "127.0.0.1"
    host = own_host(settings.host)
    if host is None or is_loopback(settings.host):
        # A loopback name may have two addresses, of which only one is listened on.
        host = own_host(address) or loopback
    url = f"{settings.scheme}://{host}:{port}"
    path = settings.data_dir / ENDPOINT_FILE
    part = path.with_suffix(".part")
    try:
        part.write_text(json.dumps({"url": url, "pid": os.getpid()}) + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise CannotStart(f"{path} cannot be written: {error.strerror}.") from error
    log.info("server.listening", url=url, data_dir=str(settings.data_dir))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@asynccontextmanager
async def _watching_parent(settings: Settings) -> AsyncIterator[asyncio.Event]:
    """Give an event that is set when standard input ends, if that was asked for."""
    gone = asyncio.Event()
    if not settings.exit_with_parent:
        yield gone
        return
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )

    async def watch() -> None:
        while await reader.read(1024):
            pass
        log.warning("server.parent_gone")
        gone.set()

    async with asyncio.TaskGroup() as tasks:
        watcher = tasks.create_task(watch())
        try:
            yield gone
        finally:
            watcher.cancel()
            transport.close()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    if sys.platform == "win32":
        return asyncio.new_event_loop
    import uvloop  # noqa: PLC0415 - it cannot be installed on Windows

    return uvloop.new_event_loop
