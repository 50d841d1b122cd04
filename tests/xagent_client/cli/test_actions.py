"""`xagent actions`: what an agent can do, and how each of it is asked for."""

from __future__ import annotations

import json
import shlex

import pytest

from tests.xagent_client.cli.conftest import Xagent
from tests.xagent_client.fake_api import FakeApi


def test_actions_are_listed_by_family_a_line_each(command_line: Xagent) -> None:
    lines = command_line("actions", "alpha").stdout.splitlines()

    assert lines[0] == "navigate"
    assert lines[1].split() == ["goto", "What", "goto", "does."]
    assert "  click       What click does." in lines
    assert lines.count("navigate") == 1
    assert not any("And more." in line for line in lines)


def test_the_list_ends_with_the_next_step(command_line: Xagent) -> None:
    result = command_line("actions", "alpha")

    assert result.stderr == "8 actions. How one is asked for: xagent actions alpha ACTION\n"


def test_actions_of_a_package_are_told_apart(command_line: Xagent) -> None:
    lines = command_line("actions", "alpha").stdout.splitlines()

    assert lines[lines.index("read (of xagent-greeting)") + 1].split()[0] == "greet"
    assert (
        "It came with the package xagent-greeting."
        in command_line("actions", "alpha", "greet").stdout
    )


def test_an_action_is_explained_with_what_it_takes(command_line: Xagent) -> None:
    text = command_line("actions", "alpha", "click").stdout

    assert text.startswith("click\nWhat click does.\n\nAnd more.\n")
    assert "It writes, and acts on one page (--page)." in text
    assert "  target       string, required\n" in text
    assert "  click_count  integer, 1 if left out\n" in text
    assert "  position     object\n" in text


def test_an_action_is_explained_with_what_it_answers(command_line: Xagent) -> None:
    assert "Result\n  object of url, [status]\n" in command_line("actions", "alpha", "goto").stdout


def test_the_example_is_a_line_to_paste(command_line: Xagent, fake: FakeApi) -> None:
    example = command_line("actions", "alpha", "goto").stdout.splitlines()[-1]
    words = shlex.split(example)

    assert words[-4:] == ["run", "alpha", "goto", "url=https://example.com/?a=b"]
    command_line(*words[-4:])
    assert fake.bodies[0]["params"] == {"url": "https://example.com/?a=b"}


def test_an_action_without_an_example_is_shown_with_what_it_needs(command_line: Xagent) -> None:
    assert command_line("actions", "alpha", "click").stdout.endswith("run alpha click target=…\n")
    assert command_line("actions", "alpha", "title").stdout.endswith("run alpha title\n")


def test_programs_get_the_schemas(command_line: Xagent) -> None:
    listed = json.loads(command_line("actions", "alpha", "--json").stdout)["items"]
    one = json.loads(command_line("actions", "alpha", "goto", "--json").stdout)

    assert one in listed
    assert one["params"]["required"] == ["url"]


@pytest.mark.parametrize("command", ["actions", "run"])
def test_a_mistyped_action_is_answered_with_near_ones(command_line: Xagent, command: str) -> None:
    pairs = ["target=x"] if command == "run" else []

    result = command_line(command, "alpha", "clik", *pairs)

    assert result.exit_code == 2
    assert "did you mean click?" in result.stderr
