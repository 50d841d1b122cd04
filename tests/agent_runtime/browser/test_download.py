"""The states of one download."""

from __future__ import annotations

import pytest

from agent_runtime.browser.download import (
    DOWNLOAD_MOVES,
    Download,
    DownloadId,
    DownloadState,
    Taken,
)

TAKEN = Taken(DownloadId("d1"), None, "https://example.com/a", "a.zip", "application/zip")


def waiting() -> Download:
    """Return a download that lies on the disk."""
    return Download(TAKEN, None)


def test_every_state_has_its_moves() -> None:
    assert set(DOWNLOAD_MOVES) == set(DownloadState)


async def test_who_waits_is_told_of_the_end_and_what_is_over_stays() -> None:
    download = waiting()
    assert not download.is_over

    download.move(DownloadState.FAILED, "nobody took it")
    await download.wait()

    assert download.summary().error == "nobody took it"
    with pytest.raises(ValueError, match="cannot go from failed to complete"):
        download.move(DownloadState.COMPLETE)


async def test_what_is_whole_is_not_stopped() -> None:
    download = waiting()

    download.stop("the command was stopped", DownloadState.CANCELLED)

    assert not download.unwanted.is_set()
    assert download.summary().error is None
