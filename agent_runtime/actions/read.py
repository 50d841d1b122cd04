"""Read what is on the page, or how an element is."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta
from playwright.async_api import Locator

from agent_runtime.actions.box import Box
from agent_runtime.actions.call import Call
from agent_runtime.actions.params import Frame, MaxChars, Target
from agent_runtime.actions.registry import action

_TEXT: Final = "text/plain; charset=utf-8"


class DurableSelector(msgspec.Struct, frozen=True):
    """How an element is found again, on another visit too.

    *selector* serves as a `target`; *code* is the same for a Playwright program in Python.
    """

    selector: str
    code: str


@action(family="read", reads=True, example={})
async def title(call: Call) -> str:
    """Return the page's title."""
    return await call.tab.read_title()


@action(family="read", reads=True, example={"target": "h1"})
async def inner_text(
    call: Call, *, target: Target = "body", frame: Frame | None = None, max_chars: MaxChars = 20_000
) -> str:
    """Return the text of an element as a person would read it; without a target, of the page."""
    async with call.element(target, frame) as element:
        text = await element.inner_text(timeout=call.patience_ms)
    return await call.text(text, max_chars, name="inner_text.txt", content_type=_TEXT)


@action(family="read", reads=True, example={"target": "#total"})
async def text_content(
    call: Call, *, target: Target, frame: Frame | None = None, max_chars: MaxChars = 20_000
) -> str:
    """Return all the text inside an element as the document has it, what is hidden included."""
    async with call.element(target, frame) as element:
        text = await element.text_content(timeout=call.patience_ms)
    return await call.text(text or "", max_chars, name="text_content.txt", content_type=_TEXT)


@action(family="read", reads=True, example={"target": "main"})
async def inner_html(
    call: Call, *, target: Target = "body", frame: Frame | None = None, max_chars: MaxChars = 20_000
) -> str:
    """Return the HTML inside an element as it is now; without a target, inside the page's body."""
    async with call.element(target, frame) as element:
        html = await element.inner_html(timeout=call.patience_ms)
    # Never served as a page: it is somebody else's markup.
    return await call.text(html, max_chars, name="inner_html.html.txt", content_type=_TEXT)


@action(family="read", reads=True, example={})
async def content(call: Call, *, max_chars: MaxChars = 20_000) -> str:
    """Return the page's HTML as it is now."""
    html = await call.page.content()
    return await call.text(html, max_chars, name="content.html.txt", content_type=_TEXT)


@action(family="read", reads=True, example={"target": "#email"})
async def input_value(
    call: Call, *, target: Target, frame: Frame | None = None, max_chars: MaxChars = 20_000
) -> str:
    """Return what stands in an input or a textarea, or the value that a select has chosen."""
    async with call.element(target, frame) as element:
        value = await element.input_value(timeout=call.patience_ms)
    return await call.text(value, max_chars, name="input_value.txt", content_type=_TEXT)


@action(family="read", reads=True, example={"target": "#help", "name": "href"})
async def get_attribute(
    call: Call,
    *,
    target: Target,
    name: Annotated[str, Meta(min_length=1, max_length=1_000)],
    frame: Frame | None = None,
    max_chars: MaxChars = 20_000,
) -> str | None:
    """Return an attribute of an element as the document has it; null if it has none of this name.

    A link's `href` may be relative: for whole URLs ask `scrape` for `links`.
    """
    async with call.element(target, frame) as element:
        value = await element.get_attribute(name, timeout=call.patience_ms)
    if value is None:
        return None
    return await call.text(value, max_chars, name="attribute.txt", content_type=_TEXT)


@action(family="read", reads=True, example={"target": "role=button[name='Buy']"})
async def bounding_box(call: Call, *, target: Target, frame: Frame | None = None) -> Box | None:
    """Return where an element is, from the upper left corner of what is in view of the page.

    In CSS pixels, as the mouse takes them. What is scrolled out of view has negative or large
    coordinates; the answer is null for what is not shown at all.
    """
    async with call.element(target, frame) as element:
        box = await element.bounding_box(timeout=call.patience_ms)
    return Box(**box) if box is not None else None


@action(family="read", reads=True, example={"target": "role=listitem"})
async def count(call: Call, *, target: Target, frame: Frame | None = None) -> int:
    """Return how many elements match, at once: none and many are answers like one."""
    async with call.element(target, frame) as element:
        return await element.count()


@action(family="read", reads=True, example={"target": "text=Order confirmed"})
async def is_visible(call: Call, *, target: Target, frame: Frame | None = None) -> bool:
    """Say at once whether any element that matches can be seen; where none matches, none can.

    What is scrolled out of view, or covered by another, counts as visible.
    """
    async with call.element(target, frame) as element:
        return await _can_be_seen(element)


@action(family="read", reads=True, example={"target": "#spinner"})
async def is_hidden(call: Call, *, target: Target, frame: Frame | None = None) -> bool:
    """Say at once whether nothing that matches can be seen: the contrary of `is_visible`."""
    async with call.element(target, frame) as element:
        return not await _can_be_seen(element)


@action(family="read", reads=True, example={"target": "role=button[name='Buy']"})
async def is_enabled(call: Call, *, target: Target, frame: Frame | None = None) -> bool:
    """Say whether an element is not disabled."""
    async with call.element(target, frame) as element:
        return await element.is_enabled(timeout=call.patience_ms)


@action(family="read", reads=True, example={"target": "#email"})
async def is_editable(call: Call, *, target: Target, frame: Frame | None = None) -> bool:
    """Say whether a field takes text: it is neither disabled nor read-only."""
    async with call.element(target, frame) as element:
        return await element.is_editable(timeout=call.patience_ms)


@action(family="read", reads=True, example={"target": "role=checkbox[name='I agree']"})
async def is_checked(call: Call, *, target: Target, frame: Frame | None = None) -> bool:
    """Say whether a checkbox, a radio button or a switch is on."""
    async with call.element(target, frame) as element:
        return await element.is_checked(timeout=call.patience_ms)


@action(family="read", reads=True, example={"target": "#submit-2"})
async def locator(call: Call, *, target: Target, frame: Frame | None = None) -> DurableSelector:
    """Return a selector that finds an element again when a ref no longer does.

    It is made of what people see (role and name, label, text, test id) rather than of the
    document's structure, reaches into iframes by itself, and serves as a `target`.
    """
    async with call.element(target, frame) as element:
        # Of several matches Playwright would take the first; whoever asks means one.
        await element.wait_for(state="attached", timeout=call.patience_ms)
        found = await element.normalize()
    return DurableSelector(_selector(found), str(found))


async def _can_be_seen(element: Locator) -> bool:
    return await element.filter(visible=True).count() > 0


def _selector(found: Locator) -> str:
    # The selector has no public name; what a locator prints holds it, in words meant for people.
    return str(found._impl_obj._selector)
