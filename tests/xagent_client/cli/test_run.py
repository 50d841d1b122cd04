"""`xagent run`: what is sent, what is printed, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.xagent_client.cli.conftest import Xagent
from tests.xagent_client.fake_api import PNG, FakeApi, Fault, eventually

REPOSITORY = Path(__file__).parents[3]


def test_text_is_printed_as_text(command_line: Xagent) -> None:
    result = command_line("run", "alpha", "inner_text", "target=h1")

    assert (result.exit_code, result.stdout) == (0, "the inner_text\n")


def test_objects_are_printed_as_json(command_line: Xagent) -> None:
    result = command_line("run", "alpha", "goto", "url=http://example.com/")

    assert json.loads(result.stdout)["title"] == "A page"


def test_lines_within_an_object_are_printed_as_lines(command_line: Xagent) -> None:
    run = ("run", "alpha", "evaluate", "expression=outline")

    assert command_line(*run).stdout == (
        'snapshot_id: "p1s1"\n'
        "depth: 2\n"
        "snapshot:\n"
        '  - heading "One"\n'
        "    - text: \N{REPLACEMENT CHARACTER}[31mred\n"
    )
    exact = json.loads(command_line(*run, "--json").stdout)["result"]["snapshot"]
    assert exact == '- heading "One"\n  - text: \x1b[31mred'


@pytest.mark.slow
def test_a_submission_that_a_proxy_gave_up_on_is_status_4_with_its_id(
    command_line: Xagent, fake: FakeApi
) -> None:
    fake.faults.extend([Fault(504)] * 5)

    result = command_line("run", "alpha", "title", "--request-id", "mine", "--wait", "0", "--json")

    assert result.exit_code == 4
    assert json.loads(result.stderr)["request_id"] == "mine"
    assert "may be running: ask for command mine" in result.stderr


def test_values_are_sent_as_the_schema_says(command_line: Xagent, fake: FakeApi) -> None:
    command_line("run", "alpha", "click", "target=5", "click_count=2", "force=yes", "delay=1.5")

    assert fake.bodies[0]["params"] == {
        "target": "5",
        "click_count": 2,
        "force": True,
        "delay": 1.5,
    }


def test_options_become_the_envelope(command_line: Xagent, fake: FakeApi) -> None:
    command_line("run", "alpha", "title", "--page", "p2", "--timeout", "3", "--request-id", "mine")

    body = fake.bodies[0]
    assert (body["page"], body["timeout"], body["request_id"]) == ("p2", 3.0, "mine")
    assert fake.queries[-1] == {"wait": "18.0"}


def test_a_command_waits_for_a_person_or_is_their_own(command_line: Xagent, fake: FakeApi) -> None:
    command_line("run", "alpha", "title", "--if-controlled", "wait", "--control-token", "q8Zr")
    command_line("run", "alpha", "title")

    assert fake.bodies[0]["if_controlled"] == "wait"
    assert fake.bodies[0]["control_token"] == "q8Zr"
    assert not {"if_controlled", "control_token"} & set(fake.bodies[1])


def test_a_recorded_command_says_where_it_can_be_looked_at(
    command_line: Xagent, fake: FakeApi
) -> None:
    done = command_line("run", "alpha", "title", "--record", "trace")
    failed = command_line("run", "alpha", "click", "target=!failed:page_closed", "--record=trace")

    assert fake.bodies[0]["record"] == "trace"
    assert done.stdout == "the title\n"
    assert f"See what happened: {fake.url}/traces/a1" in done.stderr
    assert "--out" not in done.stderr
    assert failed.exit_code != 0
    assert f"{fake.url}/traces/a2" in failed.stderr


def test_what_is_written_to_a_file_is_what_the_action_made_and_not_its_trace(
    command_line: Xagent, tmp_path: Path
) -> None:
    for action, expected in (("title", b"the title"), ("screenshot", PNG)):
        out = tmp_path / action
        command_line("run", "alpha", action, "--record", "trace", "--out", str(out))

        assert out.read_bytes() == expected


def test_other_kinds_of_recordings_are_refused(command_line: Xagent, fake: FakeApi) -> None:
    assert command_line("run", "alpha", "title", "--record", "film").exit_code == 2
    assert fake.bodies == []


def test_an_unknown_key_is_refused_before_anything_is_sent(
    command_line: Xagent, fake: FakeApi
) -> None:
    result = command_line("run", "alpha", "click", "tarhet=#buy")

    assert result.exit_code == 2
    assert "did you mean target?" in result.stderr
    assert fake.bodies == []


@pytest.mark.parametrize(
    "arguments", [("beta", "title"), ("gamma", "title"), ("gamma", "x", "y=1")]
)
def test_an_agent_that_is_not_there_is_status_3(
    command_line: Xagent, arguments: tuple[str, ...]
) -> None:
    assert command_line("run", *arguments).exit_code == 3


def test_a_command_may_queue_for_an_offline_agent(command_line: Xagent, fake: FakeApi) -> None:
    fake.is_slow = True

    result = command_line("run", "beta", "title", "--queue", "--wait", "0")

    assert result.exit_code == 5
    assert fake.bodies[0]["if_offline"] == "queue"


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("failed:selector_not_found", 1),
        ("cancelled:cancelled", 1),
        ("expired:ttl_expired", 1),
        ("timed_out:timed_out", 4),
        ("lost:outcome_unknown", 4),
    ],
)
def test_the_exit_status_tells_how_it_ended(command_line: Xagent, ending: str, status: int) -> None:
    code = ending.partition(":")[2]

    result = command_line("run", "alpha", "click", f"target=!{ending}")

    assert result.exit_code == status
    assert result.stdout == ""
    assert result.stderr == f"xagent: it ended {code}; try something else [{code}]\n"


def test_a_failed_command_is_json_on_standard_output(command_line: Xagent) -> None:
    result = command_line("run", "alpha", "click", "target=!failed:dialog_open", "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == "dialog_open"


def test_what_is_still_running_is_status_5_with_its_id(command_line: Xagent, fake: FakeApi) -> None:
    fake.is_slow = True

    result = command_line("run", "alpha", "title", "--wait", "0")

    assert result.exit_code == 5
    assert result.stdout.strip() in fake.commands
    assert "xagent command" in result.stderr


def test_a_picture_is_written_to_a_file(command_line: Xagent, bare_machine: Path) -> None:
    result = command_line("run", "alpha", "screenshot", "--out", "shot.png")

    assert result.exit_code == 0
    assert (bare_machine / "shot.png").read_bytes() == PNG
    assert [each.name for each in bare_machine.iterdir()] == ["shot.png"]


def test_text_and_objects_are_written_to_a_file_too(
    command_line: Xagent, bare_machine: Path
) -> None:
    command_line("run", "alpha", "title", "--out", "title.txt")
    command_line("run", "alpha", "evaluate", "expression=1", "--out", "value.json")

    assert (bare_machine / "title.txt").read_text() == "the title"
    assert json.loads((bare_machine / "value.json").read_text())["list"] == [1, 2]


def test_a_picture_goes_into_a_pipe(command_line: Xagent) -> None:
    assert command_line("run", "alpha", "screenshot", "--out", "-").stdout_bytes == PNG


def test_a_file_that_cannot_be_written_is_said_in_a_sentence(command_line: Xagent) -> None:
    result = command_line("run", "alpha", "title", "--out", "none/title.txt")

    assert result.exit_code == 1
    assert result.stderr.startswith("xagent: cannot write none/title.txt:")


def test_a_bad_request_id_is_refused_before_anything_is_sent(
    command_line: Xagent, fake: FakeApi
) -> None:
    assert command_line("run", "alpha", "title", "--request-id", "a b").exit_code == 2
    assert fake.paths == []


@pytest.mark.slow
def test_ctrl_c_cancels_the_command_on_the_agent(data_dir: Path, fake: FakeApi) -> None:
    fake.is_slow = True
    process = subprocess.Popen(
        [sys.executable, "-m", "xagent_client.cli.main", "run", "alpha", "title"],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "XAGENT_DATA_DIR": str(data_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        eventually(lambda: fake.commands)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=10)

    assert process.returncode == 130
    assert "Cancelling" in stderr
    assert "It is cancelled" in stderr
    assert "Traceback" not in stderr
    assert [each["state"] for each in fake.commands.values()] == ["cancelled"]
