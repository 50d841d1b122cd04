"""See what a page's scripts have written to the console, and what they failed with.

Neither waits for the page: one that hangs is worth looking at.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta
from playwright.async_api import ConsoleMessage as Message

from agent_runtime.actions.bounded import bounded, cut, whole
from agent_runtime.actions.call import Call
from agent_runtime.actions.moment import moment
from agent_runtime.actions.registry import action

_MAX_URL: Final = 2_000
_MAX_NAME: Final = 200
_MAX_STACK: Final = 4_000

Level = Literal["error", "warning", "info", "debug"]

_SEVERITY: Final[dict[str, int]] = {"error": 0, "assert": 0, "warning": 1, "debug": 3}
"""Of a kind of message; what is not here informs."""
_LEAST: Final[dict[Level, int]] = {"error": 0, "warning": 1, "info": 2, "debug": 3}

Since = Annotated[int, Meta(ge=0, description="Only those with a greater id.")]
Newest = Annotated[int, Meta(ge=1, le=200, description="The newest so many.")]
EachChars = Annotated[int, Meta(ge=1, le=20_000, description="A longer text is cut here.")]


class ConsoleMessage(msgspec.Struct, frozen=True):
    """One message, and the place of the script that wrote it, counted from 1."""

    id: int
    type: str
    text: str
    at: str
    url: str
    line: int
    column: int


class ConsoleMessages(msgspec.Struct, frozen=True):
    """Messages, oldest first; *left_out* is how many older ones fit as well."""

    messages: tuple[ConsoleMessage, ...]
    left_out: int


class PageError(msgspec.Struct, frozen=True):
    """What a script threw and nobody caught; *name* is empty where it was no error."""

    id: int
    name: str
    message: str
    stack: str


class PageErrors(msgspec.Struct, frozen=True):
    """Errors, oldest first; *left_out* is how many older ones there are."""

    errors: tuple[PageError, ...]
    left_out: int


@action(family="console", reads=True, on_page=False, example={"level": "warning"})
async def console(
    call: Call,
    *,
    level: Annotated[Level, Meta(description="This level, and what is more severe.")] = "info",
    since: Since = 0,
    text: Annotated[str, Meta(min_length=1, description="Only those that contain it.")]
    | None = None,
    max: Newest = 50,
    max_chars: EachChars = 1_000,
) -> ConsoleMessages:
    """List what was written to the page's console, by its scripts or by the browser itself.

    The browser remembers about the last 200 messages of each page, those of documents that it has
    left too. Ids only grow: give the last one that you saw as `since` to see what came after.
    """
    tab = call.open_tab = await call.browser.tab(call.command.page)
    wanted = text.casefold() if text is not None else ""
    recent = [
        (number, message, whole(call, message.text))
        for number, message in await tab.logs.messages()
        if number > since and _SEVERITY.get(message.type, _LEAST["info"]) <= _LEAST[level]
    ]
    fitting = [one for one in recent if wanted in one[2].casefold()]
    shown = tuple(
        _message(call, number, message, cut(told, max_chars))
        for number, message, told in fitting[-max:]
    )
    return ConsoleMessages(shown, len(fitting[:-max]))


@action(family="console", reads=True, on_page=False, example={})
async def page_errors(
    call: Call, *, since: Since = 0, max: Newest = 50, max_chars: EachChars = 1_000
) -> PageErrors:
    """List the errors that the page's scripts threw and nobody caught.

    The browser remembers about the last 200 of each page. Ids only grow, as those of `console` do.
    """
    tab = call.open_tab = await call.browser.tab(call.command.page)
    fitting = [(number, error) for number, error in await tab.logs.errors() if number > since]
    shown = tuple(
        PageError(
            number,
            bounded(call, error.name or "", _MAX_NAME),
            cut(whole(call, error.message), max_chars),
            bounded(call, error.stack or "", _MAX_STACK),
        )
        for number, error in fitting[-max:]
    )
    return PageErrors(shown, len(fitting[:-max]))


def _message(call: Call, number: int, message: Message, told: str) -> ConsoleMessage:
    place = message.location
    return ConsoleMessage(
        number,
        message.type,
        told,
        moment(message.timestamp),
        bounded(call, place["url"], _MAX_URL),
        place["lineNumber"] + 1,
        place["columnNumber"] + 1,
    )
