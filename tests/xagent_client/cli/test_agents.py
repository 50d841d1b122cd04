"""`xagent agents`, `show` and `token`."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import pytest

from tests.xagent_client.cli.conftest import Xagent
from tests.xagent_client.fake_api import TOKEN, FakeApi, Fault


def test_agents_are_listed_with_their_contact(command_line: Xagent) -> None:
    lines = command_line("agents").stdout.splitlines()

    alpha = next(line for line in lines if "alpha" in line)
    beta = next(line for line in lines if "beta" in line)
    assert " connected" in alpha
    assert "Chromium 156.0" in alpha
    assert "region=eu" in alpha
    assert "disconnected" in beta


def test_programs_get_json(command_line: Xagent) -> None:
    agents = json.loads(command_line("agents", "--json").stdout)["items"]

    assert [agent["agent_id"] for agent in agents] == ["alpha", "beta"]
    assert agents[0]["contact"]["connected"]["value"] is True


def test_without_agents_the_hint_starts_one_as_it_is_printed(
    command_line: Xagent, fake: FakeApi, data_dir: Path
) -> None:
    fake.is_empty = True

    hint = command_line("agents", "--data-dir", str(data_dir)).stderr.partition("Start one with: ")
    program, *words = shlex.split(hint[2])

    assert shutil.which(program) is not None
    assert words == ["agent", "alpha", "--url", fake.url, "--data-dir", str(data_dir)]


def test_without_the_orchestrators_directory_the_hint_is_to_make_a_token(
    command_line: Xagent, fake: FakeApi, bare_machine: Path
) -> None:
    fake.is_empty = True
    (bare_machine / "mine").write_text(TOKEN)
    elsewhere = ("--data-dir", "none", "--url", fake.url, "--token-file", "mine")

    hint = command_line("agents", *elsewhere).stderr.partition("Start one with: ")[2]
    followed = command_line(*shlex.split(hint)[1:])

    assert followed.exit_code == 0
    assert f"xagent agent alpha --url {fake.url}\n" in followed.stderr


def test_one_agent_is_shown_with_its_pages(command_line: Xagent) -> None:
    text = command_line("show", "alpha").stdout

    assert "p1 (main)" in text
    assert "about:blank" in text
    assert json.loads(command_line("show", "alpha", "--json").stdout)["agent_id"] == "alpha"


def test_the_token_is_printed_alone(command_line: Xagent) -> None:
    assert command_line("token").stdout == f"{TOKEN}\n"


def test_an_enrolment_token_is_made_and_explained(command_line: Xagent) -> None:
    result = command_line("token", "--agent", "gamma")

    assert result.stdout == "xagent_enrol_x\n"
    assert "XAGENT_ENROLMENT_TOKEN=xagent_enrol_x xagent agent gamma --url" in result.stderr


def test_an_unknown_agent_is_status_3(command_line: Xagent) -> None:
    result = command_line("show", "alhpa")

    assert result.exit_code == 3
    assert result.stderr == "xagent: no agent alhpa; near: alpha\n"


def test_problems_are_json_for_programs(command_line: Xagent) -> None:
    result = command_line("show", "alhpa", "--json")

    assert result.exit_code == 3
    assert json.loads(result.stderr)["code"] == "agent_unknown"
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("fault", "words"), [(Fault(401), "not an orchestrator's"), (Fault(404), "check the URL")]
)
def test_what_is_no_orchestrator_is_said_in_a_sentence(
    command_line: Xagent, fake: FakeApi, fault: Fault, words: str
) -> None:
    fake.faults.append(fault)

    result = command_line("agents")

    assert result.exit_code == 1
    assert words in result.stderr


def test_nobody_there_is_status_3_with_the_next_step(command_line: Xagent) -> None:
    result = command_line("agents", "--url", "http://127.0.0.1:9")

    assert result.exit_code == 3
    assert "xagent up" in result.stderr


def test_no_token_is_status_3_with_the_places_looked_at(command_line: Xagent) -> None:
    result = command_line("agents", "--data-dir", "nowhere")

    assert result.exit_code == 3
    assert "nowhere/token" in result.stderr
