"""What actions take that is more than a plain value.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict


class Selection(TypedDict):
    """Which element to read, and what of it."""

    selector: str
    """CSS; `:scope` is what it is looked for in."""
    attribute: NotRequired[str | None]
    """Else its text, or what stands in a field."""
    all: NotRequired[bool]
    """A list of all that match, not only the first."""
    fields: NotRequired[Mapping[str, str | Field] | None]
    """Values by name, looked for inside of it."""


class Field(TypedDict):
    """Which element to read, and what of it."""

    selector: str
    """CSS; `:scope` is what it is looked for in."""
    attribute: NotRequired[str | None]
    """Else its text, or what stands in a field."""
    all: NotRequired[bool]
    """A list of all that match, not only the first."""


class Point(TypedDict):
    """A place in CSS pixels, from the element's upper left corner."""

    x: float
    y: float


class MoveMouse(TypedDict):
    """Move the mouse there, in so many movements."""

    do: Literal["move"]
    x: float
    y: float
    steps: NotRequired[int]


class ButtonDown(TypedDict):
    """Press a button where the mouse is."""

    do: Literal["down"]
    button: NotRequired[Literal["left", "middle", "right"]]


class ButtonUp(TypedDict):
    """Let a button go."""

    do: Literal["up"]
    button: NotRequired[Literal["left", "middle", "right"]]


class Click(TypedDict):
    """Click there."""

    do: Literal["click"]
    x: float
    y: float
    button: NotRequired[Literal["left", "middle", "right"]]
    click_count: NotRequired[int]
    delay: NotRequired[float]


class DoubleClick(TypedDict):
    """Click there twice in quick succession."""

    do: Literal["dblclick"]
    x: float
    y: float
    button: NotRequired[Literal["left", "middle", "right"]]


class Wheel(TypedDict):
    """Turn the wheel where the mouse is, in pixels to the right and down."""

    do: Literal["wheel"]
    dx: NotRequired[float]
    dy: NotRequired[float]


class Pause(TypedDict):
    """Let time pass."""

    do: Literal["pause"]
    milliseconds: float


class KeyDown(TypedDict):
    """Press a key and hold it."""

    do: Literal["down"]
    key: str
    """A key or a chord: Enter, a, ArrowDown, ControlOrMeta+a."""


class KeyUp(TypedDict):
    """Let a key go."""

    do: Literal["up"]
    key: str
    """A key or a chord: Enter, a, ArrowDown, ControlOrMeta+a."""


class KeyPress(TypedDict):
    """Press a key or a chord, and let it go."""

    do: Literal["press"]
    key: str
    """A key or a chord: Enter, a, ArrowDown, ControlOrMeta+a."""
    delay: NotRequired[float]


class Type(TypedDict):
    """Type a text key by key."""

    do: Literal["type"]
    text: str
    delay: NotRequired[float]
    """Milliseconds between two characters."""


class InsertText(TypedDict):
    """Let a text appear at once, as an input method does, without any key."""

    do: Literal["insert_text"]
    text: str


class Tap(TypedDict):
    """Touch a place for a moment."""

    do: Literal["tap"]
    x: float
    y: float


class TouchStart(TypedDict):
    """Put one finger on each place."""

    do: Literal["start"]
    points: Sequence[Place]


class Place(TypedDict):
    """A place in the window, in CSS pixels from its upper left corner."""

    x: float
    y: float


class TouchMove(TypedDict):
    """Move each finger to its new place, in so many movements."""

    do: Literal["move"]
    points: Sequence[Place]
    steps: NotRequired[int]


class TouchEnd(TypedDict):
    """Lift all fingers."""

    do: Literal["end"]


class ExpectedResponse(TypedDict):
    """An answer from a server; what is left out may be anything."""

    url: NotRequired[str | None]
    """A URL, or a glob."""
    method: NotRequired[str | None]
    """GET, POST, …"""
    status: NotRequired[int | None]


class Clip(TypedDict):
    """A part of what is in view, in CSS pixels from its upper left corner."""

    x: float
    y: float
    width: float
    height: float


class Margin(TypedDict):
    """The paper's white edges; what is left out has none."""

    top: NotRequired[float | str | None]
    """In px, or with its unit: px, in, cm, mm."""
    right: NotRequired[float | str | None]
    bottom: NotRequired[float | str | None]
    left: NotRequired[float | str | None]


class VideoSize(TypedDict):
    """At most so many pixels; the shape of the page is kept."""

    width: int
    height: int


class Fulfilment(TypedDict):
    """An answer that no server gives; its body is one of *body*, *json* and *artifact_id*.

    Without a *content_type* it is text/plain, application/json, or the artifact's own.
    """

    status: NotRequired[int]
    headers: NotRequired[Mapping[str, str]]
    body: NotRequired[str | None]
    json: NotRequired[Any]
    """Any JSON."""
    artifact_id: NotRequired[str | None]
    content_type: NotRequired[str | None]


class Change(TypedDict):
    """How a request goes on.

    A header that is null is taken away, what is left out stays. The page does not see another
    *url*, which must be of the same scheme.
    """

    headers: NotRequired[Mapping[str, str | None]]
    method: NotRequired[str | None]
    """GET, POST …"""
    post_data: NotRequired[str | None]
    url: NotRequired[str | None]


class NewCookie(TypedDict):
    """A cookie for the site of a *url*, or for a *domain* (with a dot before it: and those below).

    Without *expires*, in seconds since 1970, it is one of the session. One with same_site None
    must be secure.
    """

    name: str
    value: str
    url: NotRequired[str | None]
    domain: NotRequired[str | None]
    path: NotRequired[str | None]
    expires: NotRequired[float | None]
    http_only: NotRequired[bool]
    secure: NotRequired[bool]
    same_site: NotRequired[Literal["Lax", "None", "Strict"] | None]
    partition_key: NotRequired[str | None]


class Step(TypedDict):
    """One action of the batch."""

    action: str
    params: NotRequired[Mapping[str, Any]]
    """As the action's own schema says."""
    page: NotRequired[str | Mapping[str, Any] | None]
    """Its page, if not that of the command: an id, a label, or a reference."""
