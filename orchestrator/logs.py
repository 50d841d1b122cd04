"""Structured logs on standard error: for people on a terminal, JSON lines elsewhere.

Events are named `noun.past_tense`; lines about an agent or a command carry `agent_id` and
`request_id`. Params, results and credentials are never logged.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any, Final

import msgspec
import structlog

_encoder: Final = msgspec.json.Encoder(enc_hook=str)


def configure(log_format: str) -> None:
    """Set up structlog for this process; *log_format* is `auto`, `console` or `json`."""
    for_people = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    renderer: structlog.typing.Processor
    factory: Callable[..., structlog.typing.WrappedLogger]
    if for_people:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        factory = structlog.PrintLoggerFactory(sys.stderr)
    else:
        renderer = _json_line
        factory = structlog.BytesLoggerFactory(sys.stderr.buffer)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )
    # What libraries report goes the same way, from warnings up.
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s", stream=sys.stderr)


def _json_line(_logger: Any, _method: str, event: structlog.typing.EventDict) -> bytes:
    return _encoder.encode(event)
