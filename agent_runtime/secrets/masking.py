"""Takes secrets out of whatever leaves the agent, and puts their names in their place.

Nearly every answer holds none, so what is asked first, of each secret, is whether its plainest
part stands there at all: a search for bytes, without decoding anything. Only what holds that part
is taken apart, string by string, so that JSON stays JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from time import monotonic
from typing import Final

import msgspec

from agent_runtime.secrets.spellings import base64_parts, base64_pattern, pattern, plain_part
from xagent_protocol.messages import BrowserStatus, PageSummary
from xagent_protocol.outcomes import (
    ArtifactRef,
    CommandError,
    DialogState,
    Outcome,
    PageState,
)

LEAST_CHARACTERS: Final = 4
"""Shorter values stand in every page by chance; nothing could be read any more."""
_LEAST_FOR_BASE64: Final = 8

_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9][0-9.eE+-]*', re.DOTALL)
"""A string or a number of JSON."""
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?\Z")
_TEXTUAL: Final = re.compile(r"text/|[^;]*(?:json|xml|yaml|javascript|x-www-form-urlencoded)")


class _Needle(msgspec.Struct, frozen=True):
    """One text to look for, and what is written in its place."""

    label: str
    pattern: str
    plain: str
    plain_bytes: bytes
    length: int


class _Known(msgspec.Struct, frozen=True):
    """What a text is looked for by; *until* when, on the monotonic clock."""

    needles: tuple[_Needle, ...]
    until: float | None


class Masking:
    """What one agent must not tell, for as long as its process lives."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Begin with nothing to hide."""
        self._clock = clock
        self._needles: tuple[_Needle, ...] = ()
        self._known: dict[tuple[str, str], _Known] = {}
        self._labels: tuple[str, ...] = ()
        self._numbers: dict[bytes, str] = {}
        self._next_end: float | None = None

    @property
    def is_active(self) -> bool:
        """Whether there is anything to hide."""
        return bool(self._needles)

    def learn(self, name: str, texts: Iterable[str], *, seconds: float | None = None) -> None:
        """Hide *texts* as the secret *name* from now on, or for so many *seconds*."""
        until = None if seconds is None else self._clock() + seconds
        changes: dict[tuple[str, str], _Known] = {}
        for text in texts:
            known = self._known.get((name, text))
            if known is None:
                changes[name, text] = _Known(_needles(_label(name), text), until)
            elif known.until is not None:
                changes[name, text] = _Known(known.needles, until)
        if changes:
            self._known |= changes
            self._gather()

    def text(self, text: str) -> str:
        """Return *text* without secrets."""
        present = [one for one in self._living() if one.plain in text]
        return self._masked(text, present) if present else text

    def json(self, encoded: bytes) -> bytes:
        """Return JSON without secrets, in keys and values; a number that is one becomes text."""
        present = [one for one in self._living() if one.plain_bytes in encoded]
        if not present:
            return encoded
        is_suspect = re.compile(b"|".join(one.plain_bytes for one in present)).search

        def without(token: re.Match[bytes]) -> bytes:
            if not token[0].startswith(b'"'):
                label = self._numbers.get(token[0])
                return token[0] if label is None else msgspec.json.encode(label)
            if not is_suspect(token[0]):
                return token[0]
            text = msgspec.json.decode(token[0], type=str)
            return msgspec.json.encode(self._masked(text, present))

        return _TOKEN.sub(without, encoded)

    def content(self, content: bytes, content_type: str) -> bytes:
        """Return the bytes of an artifact without secrets, if they are text."""
        if not _TEXTUAL.match(content_type) or not self._occurs_in(content):
            return content
        if "json" in content_type and _is_json(content):
            return self.json(content)
        text = content.decode(errors="surrogateescape")
        return self.text(text).encode(errors="surrogateescape")

    def outcome(self, outcome: Outcome) -> Outcome:
        """Return *outcome* without secrets; its result is one that `json` has seen already."""
        told = (outcome.error, outcome.page, outcome.dialog, outcome.notices, outcome.artifacts)
        if not self._occurs_in(msgspec.json.encode(told)):
            return outcome
        return msgspec.structs.replace(
            outcome,
            error=self._error(outcome.error),
            page=self._page(outcome.page),
            dialog=self._dialog(outcome.dialog),
            notices=tuple(map(self.text, outcome.notices)),
            artifacts=tuple(map(self._artifact, outcome.artifacts)),
        )

    def status(self, status: BrowserStatus) -> BrowserStatus:
        """Return what a beat says of the browser without secrets."""
        if not self.is_active:
            return status
        return msgspec.structs.replace(status, pages=tuple(map(self._summary, status.pages)))

    def _error(self, error: CommandError | None) -> CommandError | None:
        if error is None:
            return None
        details = error.details
        if details is not None:
            details = msgspec.json.decode(self.json(msgspec.json.encode(details)))
        return CommandError(error.code, self.text(error.message), details)

    def _page(self, page: PageState | None) -> PageState | None:
        return page and PageState(page.id, self._optional(page.url), self._optional(page.title))

    def _dialog(self, dialog: DialogState | None) -> DialogState | None:
        return dialog and msgspec.structs.replace(
            dialog, message=self.text(dialog.message), default=self.text(dialog.default)
        )

    def _artifact(self, artifact: ArtifactRef) -> ArtifactRef:
        return msgspec.structs.replace(
            artifact,
            name=self.text(artifact.name),
            content_type=self.text(artifact.content_type),
        )

    def _summary(self, page: PageSummary) -> PageSummary:
        return msgspec.structs.replace(
            page,
            url=self.text(page.url),
            title=self.text(page.title),
            dialog=self._dialog(page.dialog),
        )

    def _optional(self, text: str | None) -> str | None:
        return None if text is None else self.text(text)

    def _occurs_in(self, encoded: bytes) -> bool:
        return any(one.plain_bytes in encoded for one in self._living())

    def _masked(self, text: str, needles: Iterable[_Needle]) -> str:
        present = tuple(one for one in needles if one.plain in text)
        if not present:
            return text

        def label(match: re.Match[str]) -> str:
            # What fits no group is a label of ours: a name may be another secret's value.
            return match[0] if match.lastindex is None else present[match.lastindex - 1].label

        return _compiled(self._labels, tuple(one.pattern for one in present)).sub(label, text)

    def _living(self) -> tuple[_Needle, ...]:
        if self._next_end is not None and self._clock() >= self._next_end:
            self._gather()
        return self._needles

    def _gather(self) -> None:
        now = self._clock()
        self._known = {
            key: known
            for key, known in self._known.items()
            if known.until is None or known.until > now
        }
        # Of two that begin at the same place the longer one counts.
        needles = (needle for known in self._known.values() for needle in known.needles)
        self._needles = tuple(sorted(needles, key=lambda one: -one.length))
        self._labels = tuple(sorted({_label(name) for name, _ in self._known}))
        self._numbers = {
            text.encode(): _label(name) for name, text in self._known if _NUMBER.match(text)
        }
        self._next_end = min(
            (known.until for known in self._known.values() if known.until is not None),
            default=None,
        )


def _is_json(content: bytes) -> bool:
    try:
        msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False
    return True


def _label(name: str) -> str:
    return f"[secret:{name}]"


def _needles(label: str, text: str) -> tuple[_Needle, ...]:
    needles = [_needle(label, text, pattern(text))]
    if len(text.encode()) >= _LEAST_FOR_BASE64:
        needles += [_needle(label, part, base64_pattern(part)) for part in base64_parts(text)]
    return tuple(needles)


def _needle(label: str, text: str, fitting: str) -> _Needle:
    plain = plain_part(text)
    return _Needle(label, fitting, plain, plain.encode(), len(text))


@lru_cache(maxsize=64)
def _compiled(labels: tuple[str, ...], patterns: tuple[str, ...]) -> re.Pattern[str]:
    ours = "|".join(map(re.escape, labels))
    return re.compile("|".join([f"(?:{ours})", *(f"({one})" for one in patterns)]))
