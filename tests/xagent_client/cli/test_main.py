"""The root of the command: help, version, global options."""

from __future__ import annotations

import json
from pathlib import Path

from tests.xagent_client.cli.conftest import Xagent
from tests.xagent_client.conftest import make_data_dir
from tests.xagent_client.fake_api import FakeApi


def test_help_lists_commands_in_order_of_use_and_the_exit_statuses(command_line: Xagent) -> None:
    text = command_line("--help").output

    assert text.index("  up ") < text.index("  agents ") < text.index("  run ")
    assert "Exit status:" in text
    assert "    4  timed out, lost" in text


def test_every_command_explains_itself(command_line: Xagent) -> None:
    for name in ("up", "agents", "show", "actions", "run", "commands", "command", "cancel",
                 "token", "completion"):  # fmt: skip
        result = command_line(name, "--help")
        assert result.exit_code == 0
        assert "Usage: xagent" in result.output


def test_the_version_is_told(command_line: Xagent) -> None:
    assert command_line("--version").output.startswith("xagent ")


def test_global_options_stand_before_or_after_the_command(
    command_line: Xagent, fake: FakeApi, tmp_path: Path
) -> None:
    elsewhere = str(make_data_dir(tmp_path / "elsewhere", fake.url))

    before = command_line("--json", "--data-dir", elsewhere, "agents")
    after = command_line("agents", "--json", "--data-dir", elsewhere)

    assert before.exit_code == after.exit_code == 0
    assert json.loads(before.stdout) == json.loads(after.stdout)


def test_a_wrong_option_is_a_usage_error(command_line: Xagent) -> None:
    assert command_line("agents", "--colour").exit_code == 2
    assert command_line("agnets").exit_code == 2
