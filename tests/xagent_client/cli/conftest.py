"""The command line, run within the test's own process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from xagent_client.cli.main import xagent

Xagent = Callable[..., Result]


@pytest.fixture
def command_line(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Xagent:
    """Run `xagent` with the arguments given, on the made-up orchestrator."""
    monkeypatch.setenv("XAGENT_DATA_DIR", str(data_dir))
    return lambda *arguments: CliRunner().invoke(xagent, arguments, prog_name="xagent")
