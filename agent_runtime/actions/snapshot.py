"""Outline the page by roles and names: all of it, what can be acted on, or what has changed."""

from __future__ import annotations

import re
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from agent_runtime.actions.call import Call
from agent_runtime.actions.differences import differences
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.interactive import interactive_only as only_interactive
from agent_runtime.actions.outline import Outline, with_refs_of
from agent_runtime.actions.params import Frame, MaxChars, Target
from agent_runtime.actions.passwords import without_passwords
from agent_runtime.actions.registry import action
from agent_runtime.actions.target import REF
from agent_runtime.browser.outlines import Taken
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

_ATTEMPTS: Final = 3
_TEXT: Final = "text/plain; charset=utf-8"
_ID: Final = re.compile(r"(p[0-9]+)s([0-9]+)\Z")


class Snapshot(msgspec.Struct, frozen=True, omit_defaults=True):
    """An outline of the page; refs in it name elements until the page goes elsewhere.

    With *since*, it holds only what differs from that snapshot.
    """

    snapshot_id: str
    snapshot: str
    since: str | None = None


@action(family="read", reads=True, example={"interactive_only": True})
async def snapshot(
    call: Call,
    *,
    target: Annotated[
        Target | None, Meta(description="The root; else the page, or all of the frame.")
    ] = None,
    frame: Frame | None = None,
    depth: Annotated[int, Meta(ge=1)] | None = None,
    boxes: Annotated[
        bool, Meta(description="Add each element's place: x, y, width, height.")
    ] = False,
    interactive_only: Annotated[
        bool,
        Meta(description="Only what can be acted on, and the headings and places it stands in."),
    ] = False,
    since: Annotated[
        str,
        Meta(
            pattern="^p[1-9][0-9]*s[1-9][0-9]*$",
            description="The snapshot_id of an earlier snapshot of the same document and part: "
            "only lines that are gone (-) or new (+) since are told.",
        ),
    ]
    | None = None,
    max_chars: MaxChars = 20_000,
) -> Snapshot:
    """Outline the page by roles and names, iframes included, with a ref for each element.

    A ref (`p1s1e5`) is a target of other actions until the page goes elsewhere; those of earlier
    snapshots stay good. On a large page ask for `interactive_only`, after an action for `since`,
    and to look for one thing use `find`. With `since`, an empty answer means that nothing changed;
    where more changed than stayed, the whole is answered, and `since` is left out of the result.
    """
    if target is None and frame is not None:
        target = "body"
    part = _part(target, frame, depth)
    before = await _earlier(call, since, part) if since is not None else None
    taken = await take(call, target=target, frame=frame, depth=depth, boxes=boxes)
    snapshot_id = f"{call.tab.id}s{taken.number}"
    if before is None and not interactive_only:
        told, compared = with_refs_of(snapshot_id, taken.yaml), None
    else:
        outline = _outline(taken, interactive_only)
        told, compared = outline.written(snapshot_id, with_boxes=boxes), None
        if before is not None:
            earlier = _outline(before, interactive_only)
            changes = differences(earlier, outline, snapshot_id, with_boxes=boxes)
            if len(changes) <= len(told):
                told, compared = changes, since
    text = await call.text(
        told, max_chars, name="snapshot.yaml", content_type=_TEXT, whole_lines=True
    )
    return Snapshot(snapshot_id, text, compared)


async def take(
    call: Call,
    *,
    target: str | None = None,
    frame: str | None = None,
    depth: int | None = None,
    boxes: bool = False,
) -> Taken:
    """Take an outline under a new number, and remember it; refs are as Playwright writes them.

    Raises:
        ActionFailed: the page does not stay on one document, or there is no such target.
    """
    tab = call.tab
    for _ in range(_ATTEMPTS):
        number = await tab.begin_snapshot()
        if target is None:
            yaml = await call.page.aria_snapshot(
                mode="ai", depth=depth, boxes=boxes, timeout=call.patience_ms
            )
        else:
            async with call.element(target, frame) as root:
                yaml = await root.aria_snapshot(
                    mode="ai", depth=depth, boxes=boxes, timeout=call.patience_ms
                )
        yaml = await without_passwords(call, yaml)
        # Had the page gone elsewhere meanwhile, these refs would name elements of another document.
        if await tab.shows_snapshot(number):
            taken = Taken(number, _part(target, frame, depth), yaml)
            tab.outlines.keep(taken)
            return taken
    raise ActionFailed(
        ErrorCode.NOT_ACTIONABLE,
        f"page {tab.id} goes from one document to the next: wait_for the one you mean",
        effect=Effect.NONE,
    )


async def _earlier(call: Call, snapshot_id: str, part: tuple[object, ...]) -> Taken:
    tab = call.tab
    found = _ID.match(snapshot_id)
    assert found is not None
    page_id, number = found[1], int(found[2])
    if page_id != tab.id:
        raise _stale(f"snapshot {snapshot_id} is of page {page_id}, the command for {tab.id}")
    taken = tab.outlines.find(number)
    if number > tab.snapshot_number:
        raise _stale(f"there is no snapshot {snapshot_id}")
    if not await tab.shows_snapshot(number):
        raise _stale(f"snapshot {snapshot_id} is of a document that page {tab.id} has left")
    if taken is None:
        raise _stale(f"snapshot {snapshot_id} is not remembered any more")
    if taken.part != part:
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS,
            f"since: snapshot {snapshot_id} was taken with another target, frame or depth: "
            "give the same, or leave since out for a whole one",
        )
    return taken


def _stale(what: str) -> ActionFailed:
    return ActionFailed(
        ErrorCode.STALE_REF, f"since: {what}: leave since out to take a whole snapshot"
    )


def _part(target: str | None, frame: str | None, depth: int | None) -> tuple[object, ...]:
    # An element keeps its own number when later snapshots write it as a ref of theirs.
    ref = REF.match(target) if target is not None else None
    return (ref[3] if ref is not None else target, frame, depth)


def _outline(taken: Taken, is_interactive_only: bool) -> Outline:
    outline = Outline.read(taken.yaml)
    return only_interactive(outline) if is_interactive_only else outline
