"""Completion: names come from the orchestrator, quickly or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from tests.xagent_client.cli.conftest import Xagent
from tests.xagent_client.fake_api import FakeApi
from xagent_client.cli.completion import VARIABLE
from xagent_client.cli.main import xagent


def completions(*arguments: str) -> list[str]:
    """Complete the last of *arguments*."""
    shell = ShellComplete(xagent, {}, "xagent", VARIABLE)
    *before, last = arguments
    return [item.value for item in shell.get_completions(before, last)]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_printed_for_each_shell(command_line: Xagent, shell: str) -> None:
    result = command_line("completion", shell)

    assert result.exit_code == 0
    assert VARIABLE in result.stdout


def test_names_are_asked_of_the_orchestrator(
    data_dir: Path, fake: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XAGENT_DATA_DIR", str(data_dir))

    assert completions("run", "") == ["alpha", "beta"]
    assert completions("show", "al") == ["alpha"]
    assert completions("run", "alpha", "cl") == ["click"]
    assert completions("run", "alpha", "goto", "u") == ["url="]
    assert completions("run", "alpha", "goto", "url=x", "w") == ["wait_until="]
    assert completions("run", "alpha", "goto", "url=") == []


def test_without_an_orchestrator_there_are_none(bare_machine: Path) -> None:
    assert completions("run", "") == []
    assert completions("run", "alpha", "goto", "u") == []
