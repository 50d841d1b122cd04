"""One line of log an event, on standard error: for eyes on a terminal, as JSON elsewhere.

Every line carries the agent's id, and inside a command its request id, through context
variables. Params, results and credentials are never logged.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import TextIO

import msgspec
import structlog
from structlog.typing import Processor

from agent_runtime.settings import LogFormat
from xagent_protocol.ids import AgentId

# What these say of each request on "info" and below, our own lines say better.
_TALKATIVE = ("httpx2", "httpcore2", "websockets", "asyncio")


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
        return [structlog.dev.ConsoleRenderer(colors=colors)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_json)]
