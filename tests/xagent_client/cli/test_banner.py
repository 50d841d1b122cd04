"""The commands that `xagent up` prints fit the shell they are pasted into."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.xagent_client.conftest import make_data_dir
from xagent_client.cli.banner import Place, commands

URL = "http://127.0.0.1:8000"


def test_where_discovery_finds_it_nothing_is_told(bare_machine: Path) -> None:
    data_dir = make_data_dir(bare_machine / ".xagent", URL)

    cli, curl, python = commands(Place(URL, data_dir, bare_machine), ["alpha", "beta"])

    assert cli.endswith("run alpha goto url=http://127.0.0.1:8000/health/live")
    assert '"Authorization: Bearer $(cat .xagent/token)"' in curl
    assert "/api/agents/beta/commands" in curl
    assert shlex.split(python)[-1] == (
        'from xagent_client import Client; print(Client().agent("beta").inner_text("body"))'
    )


@pytest.mark.parametrize("name", ["data", "my data"])
def test_elsewhere_the_directory_is_named(bare_machine: Path, name: str) -> None:
    data_dir = make_data_dir(bare_machine / name, URL)

    cli, curl, python = commands(Place(URL, data_dir, bare_machine), ["alpha"])

    assert shlex.split(cli)[-2:] == ["--data-dir", name]
    assert f"cat {shlex.quote(f'{name}/token')})" in curl
    assert f"Client(data_dir='{name}')" in shlex.split(python)[-1]


def test_a_directory_that_is_not_below_is_named_in_full(bare_machine: Path) -> None:
    data_dir = make_data_dir(bare_machine.parent / "other", URL)

    cli, _, _ = commands(Place(URL, data_dir, bare_machine), ["alpha"])

    assert shlex.split(cli)[-1] == str(data_dir)
