"""What is said on a live channel besides pictures: JSON texts tagged by ``type``, both ways.

A picture is a binary message: `PICTURE_HEAD`, then a JPEG. All numbers are big-endian.

    uint32   its number; 1, 2, …
    float64  when it was taken, in milliseconds since 1970 by the clock of the agent's machine
    uint16   width of the page's viewport in CSS pixels, to which input is relative
    uint16   height
"""

from __future__ import annotations

import struct
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from xagent_protocol.control import ControlToken
from xagent_protocol.ids import ArtifactId, PageId
from xagent_protocol.outcomes import DialogState

PICTURE_HEAD: Final = struct.Struct(">IdHH")

SUBPROTOCOL: Final = "xagent.live.v1"

Modifiers = Annotated[int, Meta(ge=0, le=15)]
"""Alt 1, Control 2, Meta 4, Shift 8."""


class Holder(msgspec.Struct, frozen=True):
    """Who drives the page by hand, and for how many seconds more."""

    holder: str
    seconds: float


class Chooser(msgspec.Struct, frozen=True):
    """A file chooser that the holder's click has opened; the page waits for `files`."""

    number: int
    multiple: bool


class LiveState(msgspec.Struct, frozen=True, tag="state", tag_field="type"):
    """How the page is; sent at first and whenever it changes."""

    page: PageId
    url: str
    title: str
    dialog: DialogState | None
    control: Holder | None
    chooser: Chooser | None = None


class LiveGone(msgspec.Struct, frozen=True, tag="gone", tag_field="type"):
    """The last word: the page cannot be shown any more."""

    code: str
    message: str


class LiveRefused(msgspec.Struct, frozen=True, tag="refused", tag_field="type"):
    """What *viewer* sent was not done; *viewer* is the number that the orchestrator gave it."""

    viewer: int
    code: str
    message: str


class Want(msgspec.Struct, frozen=True, tag="want", tag_field="type"):
    """How pictures are to be from now on; the size is the largest, the shape stays."""

    fps: Annotated[float, Meta(ge=0.05, le=60)] = 30.0
    width: Annotated[int, Meta(ge=16, le=4096)] = 1280
    height: Annotated[int, Meta(ge=16, le=4096)] = 1280
    quality: Annotated[int, Meta(ge=1, le=100)] = 60


class Seen(msgspec.Struct, frozen=True, tag="seen", tag_field="type"):
    """Pictures up to this number have arrived: room for more."""

    number: int


class Mouse(msgspec.Struct, frozen=True, tag="mouse", tag_field="kind"):
    """The pointer moves or a button changes; *buttons* are those held (1 left, 2 right, 4)."""

    do: Annotated[str, Meta(pattern="^(move|down|up)$")]
    x: float
    y: float
    button: Annotated[str, Meta(pattern="^(none|left|middle|right)$")] = "none"
    buttons: Annotated[int, Meta(ge=0, le=31)] = 0
    clicks: Annotated[int, Meta(ge=0, le=3)] = 0
    modifiers: Modifiers = 0


class Wheel(msgspec.Struct, frozen=True, tag="wheel", tag_field="kind"):
    """The wheel turns over a place; in CSS pixels."""

    x: float
    y: float
    dx: float
    dy: float
    modifiers: Modifiers = 0


class Key(msgspec.Struct, frozen=True, tag="key", tag_field="kind"):
    """A key goes down or up, in the words of `KeyboardEvent`; *text* is what it writes."""

    do: Annotated[str, Meta(pattern="^(down|up)$")]
    key: Annotated[str, Meta(max_length=64)]
    code: Annotated[str, Meta(max_length=64)] = ""
    key_code: Annotated[int, Meta(ge=0, le=65535)] = 0
    text: Annotated[str, Meta(max_length=8)] = ""
    repeat: bool = False
    modifiers: Modifiers = 0


class Text(msgspec.Struct, frozen=True, tag="text", tag_field="kind"):
    """Text that no key writes: pasted, or what an input method came to."""

    text: Annotated[str, Meta(max_length=100_000)]


class Composition(msgspec.Struct, frozen=True, tag="composition", tag_field="kind"):
    """What an input method has come to so far; empty text ends it without a result."""

    text: Annotated[str, Meta(max_length=1_000)]


class Input(msgspec.Struct, frozen=True, tag="input", tag_field="type"):
    """What the holder of the lease *token* does, in its order; none keeps the lease as well."""

    token: ControlToken
    events: Annotated[tuple[Mouse | Wheel | Key | Text | Composition, ...], Meta(max_length=200)]
    viewer: int = 0


class AnswerDialog(msgspec.Struct, frozen=True, tag="dialog", tag_field="type"):
    """The holder's answer to the dialog that is open; *text* is what an accepted prompt is told."""

    token: ControlToken
    accept: bool
    text: Annotated[str, Meta(max_length=10_000)] | None = None
    viewer: int = 0


class ChooseFiles(msgspec.Struct, frozen=True, tag="files", tag_field="type"):
    """The holder's answer to a file chooser: artifacts, or none to choose nothing."""

    token: ControlToken
    chooser: int
    artifact_ids: Annotated[
        tuple[Annotated[ArtifactId, Meta(min_length=1, max_length=128)], ...], Meta(max_length=100)
    ]
    viewer: int = 0


FromAgent = LiveState | LiveGone | LiveRefused
FromHolder = Input | AnswerDialog | ChooseFiles
FromViewer = Want | Seen | Input | AnswerDialog | ChooseFiles
