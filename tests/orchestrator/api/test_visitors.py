"""What of a command is for whoever came by a share."""

from __future__ import annotations

import msgspec
import pytest

from orchestrator.api.models import command_of, command_summary_of
from orchestrator.api.visitors import (
    command_for_visitors,
    is_for_visitors,
    summary_for_visitors,
)
from tests.orchestrator.records import command_record
from xagent_protocol.ids import ArtifactId
from xagent_protocol.outcomes import ArtifactRef, CommandError

SECRET = "hunter2"

PICTURE = ArtifactRef(ArtifactId("a1"), "image/png", 3, "0f", "screenshot.png")
FILM = ArtifactRef(ArtifactId("a2"), "video/x-msvideo", 3, "0f", "video.avi")
TRACE = ArtifactRef(ArtifactId("a3"), "application/zip", 3, "0f", "hunter2.trace.zip")

RECORD = command_record(
    params=msgspec.Raw(b'{"value": "hunter2"}'),
    result=msgspec.Raw(b'{"cookies": ["hunter2"]}'),
    error=CommandError("not_actionable", "it did not work", {"field": SECRET}),
    artifacts=(PICTURE, FILM, TRACE),
)


def test_what_may_hold_a_secret_is_withheld_and_that_is_said() -> None:
    shown = command_for_visitors(command_of(RECORD))

    assert SECRET not in msgspec.json.encode(shown).decode()
    assert shown.withheld == ("params", "result", "error.details", "artifacts")
    assert shown.artifacts == (PICTURE, FILM)
    assert shown.error is not None
    assert (shown.error.code, shown.error.message) == ("not_actionable", "it did not work")


def test_all_else_is_shown() -> None:
    whole = command_of(RECORD)
    changed = {"params", "result", "error", "artifacts", "withheld"}

    shown = msgspec.structs.asdict(command_for_visitors(whole))

    for name, value in msgspec.structs.asdict(whole).items():
        assert (shown[name] == value) is (name not in changed), name


def test_an_event_names_no_more_than_the_command() -> None:
    shown = summary_for_visitors(command_summary_of(RECORD))

    assert shown.artifacts == (PICTURE, FILM)
    assert SECRET not in msgspec.json.encode(shown).decode()


@pytest.mark.parametrize(
    "content_type",
    ["application/zip", "application/json", "application/pdf", "text/html", "", "x-image/png"],
)
def test_files_are_not_for_visitors(content_type: str) -> None:
    assert not is_for_visitors(content_type)
