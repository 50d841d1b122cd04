"""What happens on a page while somebody waits for it: answers, downloads, pages, messages.

Nothing is listened to except while it is waited for. What counts is what happens after the command
began; of a batch, that is the whole batch, so a step can wait for what the step before it set off.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta
from playwright.async_api import ConsoleMessage, Download, Page, Response

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.browser.text import printable
from agent_runtime.browser.url_pattern import BadPattern, UrlPattern
from xagent_protocol.errors import ErrorCode

HappenedT = TypeVar("HappenedT")

_MAX_TEXT = 2_000


class ExpectedResponse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer from a server; what is left out may be anything."""

    url: Annotated[str, Meta(min_length=1, description="A URL, or a glob.")] | None = None
    method: Annotated[str, Meta(min_length=1, description="GET, POST, …")] | None = None
    status: Annotated[int, Meta(ge=100, le=599)] | None = None


class SeenResponse(msgspec.Struct, frozen=True):
    """The answer that came."""

    url: str
    method: str
    status: int


class SeenDownload(msgspec.Struct, frozen=True):
    """The download that is over; *failure* says what went wrong, if anything."""

    name: str
    url: str
    failure: str | None


class Listening(Generic[HappenedT]):
    """One kind of event of a page, of which one that fits is waited for."""

    def __init__(self, fits: Callable[[HappenedT], bool], tell: Callable[[HappenedT], str]) -> None:
        """Wait for one that *fits*; *tell* says in a few words what came instead."""
        self._fits = fits
        self._tell = tell
        self._heard: asyncio.Future[HappenedT] = asyncio.get_running_loop().create_future()
        self._others = 0
        self._last: HappenedT | None = None

    @contextmanager
    def to(self, page: Page, event: Any) -> Iterator[None]:
        """Listen to *event* of *page* within the block."""
        hear: Callable[[Any], None] = self.hear
        page.on(event, hear)
        try:
            yield
        finally:
            page.remove_listener(event, hear)

    def hear(self, happened: HappenedT) -> None:
        """Take one in."""
        if self._heard.done():
            return
        if self._fits(happened):
            self._heard.set_result(happened)
        else:
            self._others += 1
            self._last = happened

    async def wait(self) -> HappenedT:
        """Return the one that was waited for."""
        return await self._heard

    def instead(self) -> str:
        """Say what came so far that was something else."""
        if self._last is None:
            return "none came"
        return f"{self._others} others came, the last of them {self._tell(self._last)}"


def listening_for_response(expected: ExpectedResponse) -> Listening[Response]:
    """Wait for an answer from a server.

    Raises:
        ActionFailed: `invalid_params`; its URL cannot be read.
    """
    pattern = _pattern(expected.url) if expected.url is not None else None
    method = expected.method.upper() if expected.method is not None else None

    def fits(response: Response) -> bool:
        return (
            (pattern is None or pattern.matches(response.url))
            and (method in (None, response.request.method))
            and (expected.status in (None, response.status))
        )

    def tell(response: Response) -> str:
        return f"{response.request.method} {response.url[:200]} ({response.status})"

    return Listening(fits, tell)


def listening_for_message(text: str) -> Listening[ConsoleMessage]:
    """Wait for a message in the console."""
    return Listening(lambda message: text in message.text, lambda message: repr(message.text[:100]))


def listening_for_download() -> Listening[Download]:
    """Wait for a download, whichever."""
    return Listening(lambda _: True, lambda download: download.suggested_filename)


def listening_for_page() -> Listening[Page]:
    """Wait for a page that the page opens."""
    return Listening(lambda _: True, lambda page: page.url[:200])


async def hear_earlier_responses(call: Call, listening: Listening[Response]) -> None:
    """Take in what was answered since the command began."""
    since_ms = _began_ms(call)
    for request in await call.page.requests():
        response = request.existing_response
        if response is not None:
            timing = request.timing
            if timing["startTime"] + max(timing["responseStart"], 0) >= since_ms:
                listening.hear(response)


async def hear_earlier_messages(call: Call, listening: Listening[ConsoleMessage]) -> None:
    """Take in what was said since the command began."""
    since_ms = _began_ms(call)
    for message in await call.page.console_messages():
        if message.timestamp >= since_ms:
            listening.hear(message)


async def hear_earlier_pages(call: Call, listening: Listening[Page]) -> None:
    """Take in the pages that the page has opened since the command began."""
    for tab in call.browser.tabs:
        if tab.opened_at >= call.began_at and await tab.page.opener() is call.page:
            listening.hear(tab.page)


def seen_response(response: Response) -> SeenResponse:
    """Return what is told of *response*."""
    return SeenResponse(response.url, response.request.method, response.status)


async def seen_download(download: Download) -> SeenDownload:
    """Wait for the end of *download*, and return what is told of it."""
    failure = await download.failure()
    return SeenDownload(printable(download.suggested_filename), download.url, failure)


def seen_message(message: ConsoleMessage) -> str:
    """Return what is told of *message*."""
    return printable(message.text)[:_MAX_TEXT]


def _pattern(glob: str) -> UrlPattern:
    try:
        return UrlPattern.of_glob(glob)
    except BadPattern as error:
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS, f"response: the URL {glob[:200]!r} cannot be read: {error}"
        ) from error


def _began_ms(call: Call) -> float:
    """Return when the command began, on the clock that the browser tells times by."""
    ago = asyncio.get_running_loop().time() - call.began_at
    return (time.time() - ago) * 1000
