"""The recordings of one kind that run: at most one of each page, or of each context."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from agent_runtime.browser.errors import AlreadyRecording, NotRecording

SubjectT = TypeVar("SubjectT", bound=Hashable)
RecordingT = TypeVar("RecordingT")


class Running(Generic[SubjectT, RecordingT]):
    """The recordings of one kind, by what each is of: at most one of each."""

    def __init__(
        self,
        kind: str,
        *,
        started_by: str,
        stopped_by: str,
        on_loss: Callable[[RecordingT], None] = lambda recording: None,
    ) -> None:
        """Begin with none; the names are those of the actions. *on_loss* is told of each lost."""
        self.kind = kind
        self._started_by = started_by
        self._stopped_by = stopped_by
        self._running: dict[SubjectT, RecordingT] = {}
        self._on_loss = on_loss
        self._lost_because = ""

    def __len__(self) -> int:
        """How many run."""
        return len(self._running)

    def get(self, subject: SubjectT) -> RecordingT | None:
        """Return the recording of *subject* that runs."""
        return self._running.get(subject)

    def check_free(self, subject: SubjectT) -> None:
        """Raise `AlreadyRecording` if one of *subject* runs."""
        if subject in self._running:
            raise AlreadyRecording(
                f"a {self.kind} is being recorded here already: {self._stopped_by} ends it"
            )

    def begin(self, subject: SubjectT, recording: RecordingT) -> None:
        """Note that *recording* runs; raises `AlreadyRecording`."""
        self.check_free(subject)
        self._running[subject] = recording
        self._lost_because = ""

    def end(self, subject: SubjectT) -> RecordingT:
        """Return the recording of *subject*, which does not run from here on.

        Raises:
            NotRecording: none runs; the message says why if the last one was lost.
        """
        recording = self._running.pop(subject, None)
        if recording is None:
            lost = f" ({self._lost_because})" if self._lost_because else ""
            raise NotRecording(
                f"no {self.kind} is being recorded here{lost}: {self._started_by} begins one"
            )
        return recording

    def lose(self, subject: SubjectT, because: str) -> None:
        """Note that the recording of *subject*, if one runs, will never be had."""
        recording = self._running.pop(subject, None)
        if recording is not None:
            self._lost_because = because
            self._on_loss(recording)

    def lose_all(self, because: str) -> bool:
        """Note that of none that runs anything will be had; returns whether any ran."""
        lost = tuple(self._running)
        for subject in lost:
            self.lose(subject, because)
        return bool(lost)
