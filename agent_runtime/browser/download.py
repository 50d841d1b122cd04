"""One file that a page downloads: from the site to the disk, from there to the orchestrator."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Final, NewType

import msgspec

from agent_runtime.browser.download_source import DownloadSource
from xagent_protocol.ids import ArtifactId, PageId, RequestId
from xagent_protocol.outcomes import ArtifactRef

DownloadId = NewType("DownloadId", str)
"""A download: ``d1``, ``d2``, …; never used again."""


class DownloadState(StrEnum):
    """How far a download is."""

    IN_PROGRESS = "in_progress"
    """It comes from the site."""
    UPLOADING = "uploading"
    """It is whole, on the agent's disk, and on its way to the orchestrator."""
    COMPLETE = "complete"
    """It is an artifact."""
    FAILED = "failed"
    CANCELLED = "cancelled"


DOWNLOAD_MOVES: Final = {
    DownloadState.IN_PROGRESS: frozenset(
        {DownloadState.UPLOADING, DownloadState.FAILED, DownloadState.CANCELLED}
    ),
    DownloadState.UPLOADING: frozenset({DownloadState.COMPLETE, DownloadState.FAILED}),
    DownloadState.COMPLETE: frozenset[DownloadState](),
    DownloadState.FAILED: frozenset[DownloadState](),
    DownloadState.CANCELLED: frozenset[DownloadState](),
}


class Taken(msgspec.Struct, frozen=True):
    """What is known of a download apart from how far it is.

    *name* is what its site calls it, tamed: it is for people, and never a path. *request_id* is of
    the command that asked for it, if one did.
    """

    id: DownloadId
    page: PageId | None
    url: str
    name: str
    content_type: str
    request_id: RequestId | None = None


class DownloadSummary(msgspec.Struct, frozen=True):
    """A download as it stands.

    *size* in bytes, so far while it is in progress; *artifact_id* is set when it is complete.
    """

    id: DownloadId
    page: PageId | None
    url: str
    name: str
    state: DownloadState
    size: int | None = None
    artifact_id: ArtifactId | None = None
    error: str | None = None


class Download:
    """A download while it is remembered; compared by identity."""

    def __init__(self, taken: Taken, source: DownloadSource | None) -> None:
        """Begin as it comes from *source*, or as it waits on the disk if there is none."""
        self.taken = taken
        self.source = source
        self.state = DownloadState.UPLOADING if source is None else DownloadState.IN_PROGRESS
        self.size: int | None = None
        self.artifact: ArtifactRef | None = None
        self.error: str | None = None
        self.unwanted = asyncio.Event()
        """Set once it is to end; `error` says why, and `ends_as` how."""
        self.ends_as = DownloadState.FAILED
        self._over = asyncio.Event()

    @property
    def id(self) -> DownloadId:
        """Its name for ever."""
        return self.taken.id

    @property
    def is_over(self) -> bool:
        """Whether it will not change any more."""
        return not DOWNLOAD_MOVES[self.state]

    async def wait(self) -> None:
        """Wait until it is over; cancelling this leaves it alone."""
        await self._over.wait()

    def move(self, state: DownloadState, error: str | None = None) -> None:
        """Go on to *state*."""
        if state not in DOWNLOAD_MOVES[self.state]:
            raise ValueError(f"download {self.id} cannot go from {self.state} to {state}")
        self.state = state
        self.error = error
        if self.is_over:
            self._over.set()

    def stop(self, error: str, ends_as: DownloadState = DownloadState.FAILED) -> None:
        """Let it come no further; what is whole already is handed over all the same."""
        if self.state is DownloadState.IN_PROGRESS and not self.unwanted.is_set():
            self.error, self.ends_as = error, ends_as
            self.unwanted.set()

    def summary(self) -> DownloadSummary:
        """What is told of it."""
        taken = self.taken
        return DownloadSummary(
            taken.id,
            taken.page,
            taken.url,
            taken.name,
            self.state,
            self.size,
            self.artifact.artifact_id if self.artifact is not None else None,
            self.error,
        )
