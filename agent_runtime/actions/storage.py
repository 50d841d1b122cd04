"""What the page's own origin keeps in its local storage and its session storage.

Reading and writing are actions of their own, since only what reads may be repeated after a crash.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final, Literal, Protocol

import msgspec
from msgspec import Meta
from playwright.async_api import Error

from agent_runtime.actions.bounded import bounded, whole
from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.http import origin_of
from agent_runtime.actions.registry import action
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

if TYPE_CHECKING:
    from playwright._impl._api_structures import WebStorageItem

_Kind = Literal["local", "session"]

_MAX_SHOWN: Final = 200

Names = Annotated[list[str], Meta(min_length=1, description="Only these; else all.")]
Most = Annotated[int, Meta(ge=1, le=1_000)]
EachChars = Annotated[
    int, Meta(ge=1, le=200_000, description="A longer value is cut here; `length` tells of it.")
]
Items = Annotated[
    dict[str, str | None],
    Meta(description="Values by name; null removes the item."),
]
Clear = Annotated[bool, Meta(description="Remove all other items first.")]


class StoredItem(msgspec.Struct, frozen=True):
    """One item; *length* is that of the whole value, in characters."""

    name: str
    value: str
    length: int


class StoredItems(msgspec.Struct, frozen=True):
    """Items of *origin*, by name; *left_out* is how many more there are."""

    origin: str
    items: tuple[StoredItem, ...]
    left_out: int


class Stored(msgspec.Struct, frozen=True):
    """How many items *origin* has now."""

    origin: str
    items: int


class _Storage(Protocol):
    """As much of Playwright's own class, which it does not name, as is needed."""

    async def items(self) -> Sequence[WebStorageItem]: ...

    async def set_item(self, name: str, value: str) -> None: ...

    async def remove_item(self, name: str) -> None: ...

    async def clear(self) -> None: ...


@action(family="state", reads=True, example={"names": ["cart"]})
async def local_storage(
    call: Call, *, names: Names | None = None, max: Most = 100, max_chars: EachChars = 2_000
) -> StoredItems:
    """Read the local storage of the origin that the page shows."""
    return await _read(call, "local", names, max, max_chars)


@action(family="state", reads=False, example={"items": {"theme": "dark", "cart": None}})
async def set_local_storage(call: Call, *, items: Items, clear: Clear = False) -> Stored:
    """Change the local storage of the origin that the page shows.

    The page's scripts are not told; `reload` has them read it anew.
    """
    return await _write(call, "local", items, clear)


@action(family="state", reads=True, example={})
async def session_storage(
    call: Call, *, names: Names | None = None, max: Most = 100, max_chars: EachChars = 2_000
) -> StoredItems:
    """Read the session storage that this page has for the origin it shows."""
    return await _read(call, "session", names, max, max_chars)


@action(family="state", reads=False, example={"items": {"step": "2"}})
async def set_session_storage(call: Call, *, items: Items, clear: Clear = False) -> Stored:
    """Change the session storage that this page has for the origin it shows.

    The page's scripts are not told; `reload` has them read it anew.
    """
    return await _write(call, "session", items, clear)


async def _read(
    call: Call, kind: _Kind, names: list[str] | None, most: int, max_chars: int
) -> StoredItems:
    origin, items = await _items(call, kind)
    found = [
        StoredItem(whole(call, name), bounded(call, value, max_chars), len(value))
        for name, value in sorted(items.items())
        if names is None or name in names
    ]
    return StoredItems(origin, tuple(found[:most]), len(found[most:]))


async def _write(call: Call, kind: _Kind, items: dict[str, str | None], clear: bool) -> Stored:
    await _items(call, kind)
    storage = _storage(call, kind)
    if clear:
        await storage.clear()
    for name, value in items.items():
        if value is None:
            await storage.remove_item(name)
        else:
            await _set(call, storage, name, value)
    origin, now = await _items(call, kind)
    return Stored(origin, len(now))


async def _set(call: Call, storage: _Storage, name: str, value: str) -> None:
    try:
        await storage.set_item(name, value)
    except Error as error:
        if "QuotaExceededError" not in error.message:
            raise
        shown = bounded(call, name, _MAX_SHOWN)
        raise ActionFailed(
            ErrorCode.NOT_ACTIONABLE,
            f"items: {shown!r} does not fit into what the origin may still store; "
            "what came before it is done",
            effect=Effect.PARTIAL,
        ) from error


async def _items(call: Call, kind: _Kind) -> tuple[str, dict[str, str]]:
    """Return the origin and all of its items.

    Raises:
        ActionFailed: the page shows what can store nothing.
    """
    url = call.page.url
    shown = bounded(call, url, _MAX_SHOWN)
    nothing = ActionFailed(
        ErrorCode.NOT_ACTIONABLE,
        f"page {call.tab.id} shows {shown!r}, which can store nothing: goto a site first",
        effect=Effect.NONE,
    )
    if not url.startswith(("http://", "https://")):
        raise nothing
    try:
        items = await _storage(call, kind).items()
    except Error as error:
        if "SecurityError" in error.message:
            raise nothing from error
        raise
    return origin_of(url), {one["name"]: one["value"] for one in items}


def _storage(call: Call, kind: _Kind) -> _Storage:
    return call.page.local_storage if kind == "local" else call.page.session_storage
