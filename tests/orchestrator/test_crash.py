"""A process that ends at a named place, without a word."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import get_args

import pytest

from orchestrator.crash import CrashPoint

PASSAGES = """
import atexit, sys
from orchestrator.crash import crash_at
atexit.register(print, "an orderly end")
for point in sys.argv[1:]:
    crash_at(point)
    print(point, flush=True)
"""


def passages(wanted: str, *points: str) -> tuple[int, list[str]]:
    """Pass *points* in a process of its own; return how it ended and what it said."""
    ended = subprocess.run(
        [sys.executable, "-c", PASSAGES, *points],
        env={**os.environ, "XAGENT_CRASH_AT": wanted},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout.splitlines()


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("after-submit", ["before-submit"]),
        ("after-submit:2", ["before-submit", "after-submit", "before-submit"]),
        ("never, after-submit:2", ["before-submit", "after-submit", "before-submit"]),
        ("after-submit:2,before-submit:2", ["before-submit", "after-submit"]),
    ],
)
def test_it_ends_at_the_passage_that_was_named(wanted: str, said: list[str]) -> None:
    points = ("before-submit", "after-submit", "before-submit", "after-submit")

    assert passages(wanted, *points) == (-signal.SIGKILL, said)


@pytest.mark.parametrize("wanted", ["", "never", "after-submit:2"])
def test_without_that_passage_it_goes_on(wanted: str) -> None:
    points = get_args(CrashPoint)

    assert passages(wanted, *points) == (0, [*points, "an orderly end"])
