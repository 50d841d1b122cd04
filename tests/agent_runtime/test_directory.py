"""The directory that is an agent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent_runtime.directory import agent_directory
from agent_runtime.errors import AlreadyRunning, DirectoryUnusable
from xagent_protocol.ids import AgentId

ALPHA = AgentId("alpha")


def test_it_is_made_for_nobody_else(tmp_path: Path) -> None:
    with agent_directory(tmp_path / "data", ALPHA) as directory:
        assert directory == tmp_path / "data" / "agents" / "alpha"
        assert directory.stat().st_mode & 0o777 == 0o700


def test_a_second_process_is_told_who_holds_it(tmp_path: Path) -> None:
    with (
        agent_directory(tmp_path, ALPHA),
        pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"),
        agent_directory(tmp_path, ALPHA),
    ):
        pass


def test_it_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with agent_directory(tmp_path, ALPHA):
            pass


def test_other_names_are_free(tmp_path: Path) -> None:
    with agent_directory(tmp_path, ALPHA), agent_directory(tmp_path, AgentId("beta")):
        pass


def test_where_nothing_can_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "agents").write_text("a file in the way")

    with pytest.raises(DirectoryUnusable, match="agents"), agent_directory(tmp_path, ALPHA):
        pass
