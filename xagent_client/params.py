"""What actions take that is more than a plain value.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from collections.abc import Mapping
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
