"""Where log lines end up; in a process of their own, because logging is set up once in each."""

from __future__ import annotations

import json
import subprocess
import sys

SCRIPT = """
import logging, structlog
from orchestrator.logs import configure
configure("json")
structlog.get_logger("ours").info("server.listening", url="http://here")
logging.getLogger("uvicorn.error").warning("late %s", "answer")
logging.getLogger("uvicorn.error").info("not wanted")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("asyncio").exception("it broke")
"""


def test_lines_of_libraries_look_like_ours() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=20, check=True
    )

    ours, late, broken = (json.loads(line) for line in done.stderr.splitlines())
    assert (ours["event"], ours["level"]) == ("server.listening", "info")
    assert (late["event"], late["level"]) == ("late answer", "warning")
    assert late["logger"] == "uvicorn.error"
    assert "timestamp" in late
    assert (broken["event"], broken["level"]) == ("it broke", "error")
    assert "ZeroDivisionError" in broken["exception"]
