"""`xagent open` and `xagent share`."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from tests.xagent_client.cli.conftest import Xagent
from tests.xagent_client.fake_api import FakeApi


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a program this machine's browser; it writes down what it is to open."""
    program, opened = tmp_path / "browser", tmp_path / "opened"
    program.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}.part\nmv {opened}.part {opened}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("BROWSER", f"{program} %s")
    # What was found of browsers before is kept by the module.
    monkeypatch.setattr("webbrowser._tryorder", None)
    return opened


posix = pytest.mark.skipif(os.name != "posix", reason="its browser is a shell script")


@posix
def test_open_opens_a_link_in_this_machines_browser(
    command_line: Xagent, fake: FakeApi, browser: Path
) -> None:
    result = command_line("open")

    assert result.exit_code == 0, result.output
    assert browser.read_text() == f"{fake.url}/sign-in/{'c' * 22}"
    assert result.stdout == "", "the secret stays out of what is kept of a terminal"
    assert "press Sign in" in result.stderr
    assert fake.queries[-1] == {"can_control": "true"}


@posix
def test_open_leads_to_an_agent(command_line: Xagent, browser: Path) -> None:
    command_line("open", "alpha")

    assert browser.read_text().endswith("?next=%2Fagents%2Falpha")


@posix
def test_where_no_browser_is_the_link_is_printed(
    command_line: Xagent, fake: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROWSER", "/nowhere/browser %s")
    monkeypatch.setattr("webbrowser._tryorder", [])

    result = command_line("open")

    assert result.stdout == f"{fake.url}/sign-in/{'c' * 22}\n"
    assert "No browser could be opened" in result.stderr


def test_open_prints_a_link(command_line: Xagent, fake: FakeApi) -> None:
    assert command_line("open", "--print").stdout == f"{fake.url}/sign-in/{'c' * 22}\n"
    told = json.loads(command_line("open", "--json").stdout)
    assert told["url"] == f"{fake.url}/sign-in/{'c' * 22}"


def test_open_may_be_only_to_look(command_line: Xagent, fake: FakeApi) -> None:
    command_line("open", "--print", "--look-only")

    assert fake.queries[-1] == {"can_control": "false"}


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ((), 3600),
        (("--for", "90s"), 90),
        (("--for", "30m"), 1800),
        (("--for", "2h"), 7200),
        (("--for", "7d"), 604800),
    ],
)
def test_share_prints_a_link_for_others(
    command_line: Xagent, fake: FakeApi, words: tuple[str, ...], seconds: int
) -> None:
    result = command_line("share", "alpha", *words)

    assert result.stdout == f"{fake.url}/share/{'s' * 43}\n"
    assert "can look at alpha until 2026-11-23 01:02 UTC" in result.stderr
    assert "xagent share --end s1" in result.stderr
    assert fake.bodies[-1] == {"expires_in": seconds}


def test_shares_are_listed_and_ended(command_line: Xagent) -> None:
    assert "Nothing is shared." in command_line("share", "--list").stderr
    command_line("share", "alpha")

    listed = command_line("share", "--list").stdout
    ended = command_line("share", "--end", "s1")

    assert "s1" in listed
    assert "alpha" in listed
    assert "nobody sees alpha by that link any more" in ended.stderr
    assert command_line("share", "--end", "s1").exit_code != 0


def test_programs_get_json(command_line: Xagent) -> None:
    assert json.loads(command_line("share", "alpha", "--json").stdout)["id"] == "s1"
    assert json.loads(command_line("share", "--list", "--json").stdout)["items"][0]["id"] == "s1"
    assert json.loads(command_line("share", "--end", "s1", "--json").stdout)["agent_id"] == "alpha"


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("alpha", "--list"),
        ("alpha", "--end", "s1"),
        ("alpha", "--for", "1"),
        ("alpha", "--for", "1w"),
        ("alpha", "--for", "-1h"),
    ],
)
def test_what_makes_no_sense_is_refused(command_line: Xagent, words: tuple[str, ...]) -> None:
    assert command_line("share", *words).exit_code == 2


def test_an_unknown_agent_is_status_3(command_line: Xagent) -> None:
    assert command_line("share", "alhpa").exit_code == 3
