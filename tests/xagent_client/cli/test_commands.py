"""`xagent commands`, `command` and `cancel`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.xagent_client.cli.conftest import Xagent
from tests.xagent_client.fake_api import PNG, FakeApi


def test_the_history_is_listed_newest_first(command_line: Xagent) -> None:
    command_line("run", "alpha", "title", "--request-id", "first")
    command_line("run", "alpha", "click", "target=!failed:dialog_open", "--request-id", "second")

    lines = command_line("commands", "alpha").stdout.splitlines()

    rows = [line for line in lines if "alpha" in line]
    assert "second" in rows[0]
    assert "dialog_open" in rows[0]
    assert "first" in rows[1]
    assert "12 ms" in rows[1]
    assert "token" in rows[1]


def test_the_history_is_filtered_by_the_server(command_line: Xagent, fake: FakeApi) -> None:
    command_line("run", "alpha", "title")

    result = command_line("commands", "--state", "failed", "--by", "sign-in 01", "--limit", "3")

    assert result.stdout == ""
    assert result.stderr == "No such commands.\n"
    assert fake.queries[-1] == {"state": "failed", "requested_by": "sign-in 01", "limit": "3"}


def test_the_history_is_json_for_programs(command_line: Xagent) -> None:
    command_line("run", "alpha", "title", "--request-id", "first")

    page = json.loads(command_line("commands", "--json").stdout)

    assert page["items"][0]["request_id"] == "first"
    assert page["next_cursor"] is None


def test_a_command_shows_its_result_and_leaves_with_its_status(
    command_line: Xagent, fake: FakeApi, bare_machine: Path
) -> None:
    command_line("run", "alpha", "screenshot", "--request-id", "shot")
    command_line("run", "alpha", "click", "target=!lost:outcome_unknown", "--request-id", "lost")
    fake.is_slow = True
    command_line("run", "alpha", "title", "--request-id", "slow", "--wait", "0")

    shot = command_line("command", "shot", "--out", "shot.png")
    assert shot.exit_code == 0
    assert "screenshot on alpha: succeeded in 12 ms, effect complete" in shot.stderr
    assert "asked by token" in shot.stderr
    assert (bare_machine / "shot.png").read_bytes() == PNG
    assert command_line("command", "lost").exit_code == 4
    assert command_line("command", "slow").exit_code == 5
    assert command_line("command", "never").exit_code == 2


def test_a_command_is_cancelled_once(command_line: Xagent, fake: FakeApi) -> None:
    fake.is_slow = True
    command_line("run", "alpha", "title", "--request-id", "slow", "--wait", "0")

    first = command_line("cancel", "slow")
    second = command_line("cancel", "slow")

    assert first.exit_code == second.exit_code == 0
    assert "asked to stop" in first.stderr
    assert "slow is cancelled" in second.stderr
