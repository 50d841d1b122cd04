"""`xagent artifacts`, `artifact` and `upload`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.xagent_client.cli.conftest import Xagent
from tests.xagent_client.fake_api import FakeApi


def test_a_file_goes_up_and_comes_back(
    command_line: Xagent, fake: FakeApi, bare_machine: Path
) -> None:
    (bare_machine / "list.csv").write_text("a,b")

    uploaded = command_line("upload", "list.csv")
    fetched = command_line("artifact", uploaded.stdout.strip(), "--out", "back.csv")

    assert uploaded.stdout == "a1\n"
    assert uploaded.stderr == "Uploaded list.csv, 3 bytes, text/csv.\n"
    assert (fetched.exit_code, fetched.stderr) == (0, "Wrote back.csv.\n")
    assert (bare_machine / "back.csv").read_text() == "a,b"
    assert fake.artifacts == {"a1": b"a,b"}


def test_an_artifact_can_go_to_standard_output(command_line: Xagent, bare_machine: Path) -> None:
    (bare_machine / "a.txt").write_text("text")
    command_line("upload", "a.txt", "--name", "b.bin", "--content-type", "text/plain")

    assert command_line("artifact", "a1", "--out", "-").stdout == "text"


def test_programs_get_what_the_api_says(command_line: Xagent, bare_machine: Path) -> None:
    (bare_machine / "a.txt").write_text("text")

    uploaded = json.loads(command_line("upload", "a.txt", "--json").stdout)
    listed = json.loads(command_line("artifacts", "--json").stdout)

    assert (uploaded["artifact_id"], uploaded["name"], uploaded["size"]) == ("a1", "a.txt", 4)
    assert [each["artifact_id"] for each in listed["items"]] == ["a1"]


def test_artifacts_are_listed(command_line: Xagent, fake: FakeApi) -> None:
    assert command_line("artifacts").stderr == "No such artifacts.\n"
    fake.artifacts["a1"] = bytes(3 * 1024 * 1024)

    listed = command_line("artifacts", "--agent", "alpha", "--command", "r1", "--limit", "5")

    assert "a1" in listed.stdout
    assert "3.0 MiB" in listed.stdout
    assert fake.queries[-1] == {"agent_id": "alpha", "request_id": "r1", "limit": "5"}


def test_what_is_not_there_leaves_with_a_sentence_and_a_status(
    command_line: Xagent, bare_machine: Path
) -> None:
    no_file = command_line("upload", "nowhere.txt")
    no_artifact = command_line("artifact", "gone", "--out", "x")
    no_place = command_line("artifact", "gone", "--out", "nowhere/x")

    assert (no_file.exit_code, no_file.stderr) == (
        1,
        "xagent: cannot read nowhere.txt: No such file or directory\n",
    )
    assert (no_artifact.exit_code, no_artifact.stderr) == (
        2,
        "xagent: there is no such artifact\n",
    )
    assert "cannot write nowhere/x" in no_place.stderr
    assert list(bare_machine.iterdir()) == []
