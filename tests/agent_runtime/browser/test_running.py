"""What runs, what is to be stopped, and what was lost."""

from __future__ import annotations

import pytest

from agent_runtime.browser.errors import AlreadyRecording, NotRecording
from agent_runtime.browser.running import Running


@pytest.fixture
def lost() -> list[str]:
    """What was lost."""
    return []


@pytest.fixture
def running(lost: list[str]) -> Running[str, str]:
    """Recordings of a kind."""
    return Running("video", started_by="start_video", stopped_by="stop_video", on_loss=lost.append)


def test_there_is_one_recording_of_each_subject(running: Running[str, str]) -> None:
    running.begin("p1", "film 1")
    running.begin("p2", "film 2")

    with pytest.raises(AlreadyRecording, match="already: stop_video ends it"):
        running.begin("p1", "film 3")
    assert running.end("p1") == "film 1"
    assert running.get("p2") == "film 2"
    assert len(running) == 1


def test_what_does_not_run_cannot_be_ended(running: Running[str, str]) -> None:
    with pytest.raises(NotRecording, match="here: start_video begins one"):
        running.end("p1")


def test_what_was_lost_is_told_until_another_begins(
    running: Running[str, str], lost: list[str]
) -> None:
    running.begin("p1", "film 1")
    running.lose("p2", "nothing ran there")
    running.lose("p1", "its page closed")

    with pytest.raises(NotRecording, match=r"here \(its page closed\): start_video"):
        running.end("p1")
    running.begin("p1", "film 2")
    running.end("p1")
    with pytest.raises(NotRecording, match="here: start_video"):
        running.end("p1")
    assert lost == ["film 1"]


def test_all_are_lost_at_once(running: Running[str, str], lost: list[str]) -> None:
    assert not running.lose_all("the browser died")
    running.begin("p1", "film 1")
    running.begin("p2", "film 2")

    assert running.lose_all("the browser died")

    assert not running
    assert lost == ["film 1", "film 2"]
