"""Take what a page says away as text, Markdown, links, tables, or values by name."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.javascript import run_in_page
from agent_runtime.actions.params import Frame, MaxChars, Target
from agent_runtime.actions.registry import action
from agent_runtime.actions.results import encode_result
from agent_runtime.actions.scrape_script import SCRAPE
from agent_runtime.actions.script import Json, script_errors
from xagent_protocol.errors import ErrorCode

_TEXT: Final = "text/plain; charset=utf-8"
_NAMES: Final = {"text": "scraped.txt", "markdown": "scraped.md.txt", "html": "scraped.html.txt"}
_IN_PAGE: Final = f"options => ({SCRAPE})(document.body || document.documentElement, options)"

Css = Annotated[
    str,
    Meta(min_length=1, max_length=10_000, description="CSS; `:scope` is what it is looked for in."),
]


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which element to read, and what of it."""

    selector: Css
    attribute: (
        Annotated[str, Meta(min_length=1, description="Else its text, or what stands in a field.")]
        | None
    ) = None
    all: Annotated[bool, Meta(description="A list of all that match, not only the first.")] = False


class Selection(Field, frozen=True, forbid_unknown_fields=True):
    """Which element to read, and what of it."""

    fields: (
        Annotated[
            dict[str, Css | Field],
            Meta(
                min_length=1, max_length=100, description="Values by name, looked for inside of it."
            ),
        ]
        | None
    ) = None


class Link(msgspec.Struct, frozen=True):
    """A link by what it says, and its whole address."""

    text: str
    url: str


class Table(msgspec.Struct, frozen=True):
    """A table; *headers* is empty where it has none. Cells that span others stand in each."""

    caption: str | None
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Scraped(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was asked for: one of *text*, *links*, *tables*, *values*."""

    text: str | None = None
    links: tuple[Link, ...] | None = None
    tables: tuple[Table, ...] | None = None
    values: dict[str, Json] | None = None
    note: str | None = None
    """What was left out of a list, and where it is."""


@action(
    family="read",
    reads=True,
    example={
        "selectors": {
            "title": "h1",
            "products": {
                "selector": ".product",
                "all": True,
                "fields": {"name": "h2", "url": {"selector": "a", "attribute": "href"}},
            },
        }
    },
)
async def scrape(
    call: Call,
    *,
    format: Annotated[
        Literal["text", "markdown", "html", "links", "tables"],
        Meta(description="Markdown if left out; html is without scripts, styles and classes."),
    ]
    | None = None,
    target: Annotated[
        Target | None, Meta(description="The root; else the page, or all of the frame.")
    ] = None,
    frame: Frame | None = None,
    selectors: Annotated[
        dict[str, Css | Selection],
        Meta(min_length=1, max_length=100, description="Values by name, instead of a format."),
    ]
    | None = None,
    max_chars: MaxChars = 20_000,
) -> Scraped:
    """Return what the page says, as a person sees it, in one round trip.

    As `text` (Markdown, plain or HTML), `links` (those in closed menus too), `tables`, or, with
    selectors, `values`: for each name what its selector finds, null if nothing, a list with `all`,
    and an object with `fields`. Addresses are whole. What is hidden is left out; open shadow
    roots are read, iframes with `frame`. A list that is too long is cut, with a note.
    """
    if selectors is not None and format is not None:
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS, "format: selectors return values; leave one of the two out"
        )
    options = {"format": format or "markdown", "selectors": msgspec.to_builtins(selectors)}
    found = await _run(call, target, frame, options)
    if (invalid := found.get("invalid")) is not None:
        raise ActionFailed(
            ErrorCode.SELECTOR_INVALID,
            f"{invalid['place']}: {invalid['selector'][:200]!r} is no CSS selector",
            details={"reason": invalid["message"]},
        )
    if "text" in found:
        name = _NAMES[format or "markdown"]
        text = await call.text(found["text"], max_chars, name=name, content_type=_TEXT)
        return Scraped(text=text)
    return await _fitting(call, found, max_chars)


async def _run(
    call: Call, target: str | None, frame: str | None, options: dict[str, Json]
) -> dict[str, Any]:
    with script_errors():
        if target is None and frame is None:
            found = await run_in_page(call.tab, _IN_PAGE, options)
        else:
            async with call.element(target or "body", frame) as element:
                found = await element.evaluate(SCRAPE, options, timeout=call.patience_ms)
    assert isinstance(found, dict)
    return found


async def _fitting(call: Call, found: dict[str, Any], max_chars: int) -> Scraped:
    """Return lists and values as far as they fit, the whole being an artifact if they do not."""
    ((kind, whole),) = found.items()
    room = min(max_chars, call.limits.inline_result_bytes - 1024)
    cut = _CUT[kind](whole, room)
    if cut == whole:
        return msgspec.convert(found, Scraped)
    artifact = await call.keep(
        encode_result(whole), content_type="application/json", name="scraped.json"
    )
    note = f"cut to {room} characters; the whole is artifact {artifact.artifact_id}"
    return msgspec.convert({kind: cut, "note": note}, Scraped)


def _size(value: Json) -> int:
    return len(encode_result(value)) + 1


def _first(items: list[Json], room: int) -> list[Json]:
    """Return as many of *items* as fit, each whole."""
    sizes = accumulate(_size(item) for item in items)
    return [item for item, size in zip(items, sizes, strict=True) if size <= room]


def _first_rows(tables: list[dict[str, Json]], room: int) -> list[Json]:
    kept: list[Json] = []
    for table in tables:
        rows = _first(table["rows"], room - _size({**table, "rows": []}))
        part = {**table, "rows": rows}
        room -= _size(part)
        if room >= 0:
            kept.append(part)
        if len(rows) < len(table["rows"]) or room < 0:
            break
    return kept


def _first_values(values: dict[str, Json], room: int) -> dict[str, Json]:
    """Return all the names; what does not fit any more is cut, and an object is null."""
    kept: dict[str, Json] = {}
    for name, value in values.items():
        part = value
        if _size(value) > room:
            part = _shortened(value, max(0, room))
        kept[name] = part
        room -= _size(name) + _size(part)
    return kept


def _shortened(value: Json, room: int) -> Json:
    match value:
        case str():
            return value[: room // 2]
        case list():
            return _first(value, room)
    return None


_CUT: Final[dict[str, Callable[[Any, int], Any]]] = {
    "links": _first,
    "tables": _first_rows,
    "values": _first_values,
}
