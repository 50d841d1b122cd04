"""What we print can be typed where it is read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from xagent_client.cli import spelling


@pytest.mark.slow
def test_both_programs_run_as_they_are_spelled(bare_machine: Path) -> None:
    """Also in a checkout, where neither is on PATH and both are below the directory."""
    (bare_machine / ".venv").symlink_to(Path(sys.executable).parent.parent)

    for here in (bare_machine, bare_machine.parent):
        for program in (spelling.xagent(here), spelling.python(here)):
            subprocess.run(f"{program} --version", shell=True, cwd=here, check=True)


def test_what_is_below_is_spelled_from_here(bare_machine: Path) -> None:
    assert spelling.path(Path("a/b"), bare_machine) == "a/b"
    assert spelling.path(Path("a/b"), bare_machine / "c") == str(bare_machine / "a/b")
