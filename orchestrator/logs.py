"""Structured logs on standard error: for people on a terminal, JSON lines elsewhere.

Events are named `noun.past_tense`; lines about an agent or a command carry `agent_id` and
`request_id`. Params, results and credentials are never logged.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import sys
from typing import Any, BinaryIO, Final

import msgspec
import structlog

log: Final = structlog.get_logger(__name__)

_encoder: Final = msgspec.json.Encoder(enc_hook=str)

DELAY_SECONDS: Final = 0.1
"""How long a line of no urgency may wait for others, to share a system call with them."""


def configure(log_format: str) -> None:
    """Set up structlog for this process; *log_format* is `auto`, `console` or `json`."""
    stamp: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    level = structlog.make_filtering_bound_logger(logging.INFO)
    if log_format == "console" or (log_format == "auto" and sys.stderr.isatty()):
        structlog.configure(
            processors=[*stamp, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())],
            wrapper_class=level,
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
            cache_logger_on_first_use=True,
        )
    else:
        lines = _Lines(sys.stderr.buffer)
        atexit.register(lines.write_out)
        structlog.configure(
            processors=[*stamp, _json_line],
            wrapper_class=level,
            logger_factory=lambda *_: lines,
            cache_logger_on_first_use=True,
        )
    # What libraries report goes the same way, from warnings up.
    logging.basicConfig(level=logging.WARNING, handlers=[_ToStructlog()])


class _ToStructlog(logging.Handler):
    """Hands what libraries log to the renderer of our own lines."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            say = log.error if record.levelno >= logging.ERROR else log.warning
            say(record.getMessage(), logger=record.name, exc_info=record.exc_info)
        except Exception:
            self.handleError(record)


class _Lines:
    """Writes lines: what is urgent at once, the rest in bundles while an event loop runs."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._kept: list[bytes] = []

    def info(self, line: bytes) -> None:
        self._kept.append(line)
        if len(self._kept) > 1:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.write_out()
        else:
            loop.call_later(DELAY_SECONDS, self.write_out)

    def warning(self, line: bytes) -> None:
        self._kept.append(line)
        self.write_out()

    error = critical = exception = warning
    debug = info

    def write_out(self) -> None:
        """Write what is kept."""
        kept, self._kept = self._kept, []
        if kept:
            self._stream.write(b"\n".join(kept) + b"\n")
            self._stream.flush()


def _json_line(_logger: Any, _method: str, event: structlog.typing.EventDict) -> bytes:
    return _encoder.encode({"event": event.pop("event"), **event})
