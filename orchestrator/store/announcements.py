"""What agents announced that they can do: each set of actions held once, whoever announces it.

A hundred actions with their schemas take half a megabyte of memory and 130 kB of JSON, and a fleet
of one version announces the same ones. So of equal sets there is one object, and one row; and
whatever is made of a set (an index, a document) can be kept by its identity.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from xagent_protocol.announcement import digest_in, digest_of
from xagent_protocol.codec import decode_actions, encode_actions
from xagent_protocol.errors import InvalidMessage
from xagent_protocol.messages import ActionSpec

Actions = tuple[ActionSpec, ...]


class Announcements:
    """The sets that some agent announced, counted."""

    def __init__(self) -> None:
        """Begin with none."""
        self._kept: dict[str, Actions] = {}
        self._counts: dict[str, int] = {}
        self._digests: dict[int, str] = {}
        self.revision = 0
        """Another number whenever there are other sets."""

    def __iter__(self) -> Iterator[Actions]:
        """Iterate over the sets, each once; safe against changes meanwhile."""
        return iter(list(self._kept.values()))

    def __len__(self) -> int:
        """Count the sets that differ."""
        return len(self._kept)

    def digest(self, actions: Actions) -> str:
        """Return what equal sets have in common, and others do not."""
        known = self._digests.get(id(actions))
        return known or digest_of(encode_actions(actions))

    def read(self, announced: msgspec.Raw) -> Actions:
        """Return the set that a hello announces, whole or by its digest.

        Our agents spell equal sets alike, so one that is known is known by its bytes: to read it
        takes ten times as long, and after a restart a whole fleet comes at once.

        Raises:
            xagent_protocol.errors.InvalidMessage: it is none; the error names the field.
        """
        digest = digest_in(announced)
        known = self._kept.get(digest or digest_of(announced))
        if known is not None:
            return known
        if digest is not None:
            # It was known in the handshake, and the last agent that had it has another since.
            raise InvalidMessage("actions: nobody has announced these; dial again, and say them")
        return decode_actions(announced)

    def find(self, digest: str) -> Actions | None:
        """Return the set of this digest, if somebody has announced it."""
        return self._kept.get(digest)

    def take(self, actions: Actions) -> Actions:
        """Return the one object that equals *actions*, for one agent more."""
        digest = self.digest(actions)
        kept = self._kept.get(digest)
        if kept is None:
            kept = self._kept[digest] = actions
            self._digests[id(actions)] = digest
            self.revision += 1
        self._counts[digest] = self._counts.get(digest, 0) + 1
        return kept

    def drop(self, actions: Actions) -> None:
        """Let one agent have *actions*, which `take` returned, no longer."""
        digest = self._digests[id(actions)]
        self._counts[digest] -= 1
        if not self._counts[digest]:
            del self._kept[digest], self._counts[digest], self._digests[id(actions)]
            self.revision += 1
