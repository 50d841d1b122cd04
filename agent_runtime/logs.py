"""One line of log an event, on standard error: for eyes on a terminal, as JSON elsewhere.

Every line carries the agent's id, and inside a command its request id, through context
variables. Params, results and credentials are never logged; should an agent's secret stand in a
line for all that, say in one of a library's, it is masked.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from agent_runtime.settings import LogFormat
from xagent_protocol.ids import AgentId

# What these say of each request on "info" and below, our own lines say better.
_TALKATIVE = ("httpx2", "httpcore2", "websockets", "asyncio")


class Masks(Protocol):
    """Takes what must not be told out of a finished line."""

    def text(self, text: str) -> str:
        """Return *text* without it."""

    def json(self, encoded: bytes) -> bytes:
        """Return JSON without it."""


_masks: Final[list[Masks]] = []
"""Of every agent in this process, for its log is one."""


@contextmanager
def masked_by(masks: Masks) -> Iterator[None]:
    """Mask every line of this process with *masks* meanwhile."""
    _masks.append(masks)
    try:
        yield
    finally:
        _masks.remove(masks)


def configure(agent_id: AgentId, log_format: LogFormat | None, stream: TextIO = sys.stderr) -> None:
    """Send all logs of this process, the libraries' too, to *stream*."""
    log_format = log_format or (LogFormat.CONSOLE if stream.isatty() else LogFormat.JSON)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Our own lines take the short way; only the libraries' go through the standard library,
    # which costs a line several times as much.
    structlog.configure(
        processors=[*shared, *_rendering(log_format, colors=stream.isatty())],
        logger_factory=structlog.WriteLoggerFactory(stream),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(log_format, colors=stream.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(agent_id=agent_id)


def described(error: BaseException) -> dict[str, str]:
    """Return what may be logged of *error*: its type and its place.

    Its text is left out, for it may quote what the page or the caller said.
    """
    return {
        "error": type(error).__name__,
        "where": "".join(traceback.format_tb(error.__traceback__)),
    }


def _json(event: object, **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


def _rendering(log_format: LogFormat, *, colors: bool) -> list[Processor]:
    if log_format is LogFormat.CONSOLE:
        console = structlog.dev.ConsoleRenderer(colors=colors)

        def masked_console(logger: WrappedLogger, method: str, event: EventDict) -> str:
            line = console(logger, method, event)
            for masks in _masks:
                line = masks.text(line)
            return line

        return [masked_console]
    json = structlog.processors.JSONRenderer(_json)

    def masked_json(logger: WrappedLogger, method: str, event: EventDict) -> str:
        line = json(logger, method, event)
        assert isinstance(line, str)
        for masks in _masks:
            line = masks.json(line.encode()).decode()
        return line

    return [structlog.processors.format_exc_info, masked_json]
