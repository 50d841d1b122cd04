"""What can be waited for on a page, each until the command's time is over.

Whoever waited in vain is told for what, and what is there instead.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeAlias

from playwright.async_api import Error, Locator, TimeoutError as PlaywrightTimeout

from agent_runtime.actions import happenings
from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed, ActionTimedOut
from agent_runtime.actions.happenings import ExpectedResponse, Listening
from agent_runtime.actions.script import script_errors
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

State: TypeAlias = Literal["attached", "detached", "visible", "hidden"]
LoadState: TypeAlias = Literal["domcontentloaded", "load", "networkidle"]

_IN_VAIN: Final = (ErrorCode.TIMED_OUT, ErrorCode.SELECTOR_NOT_FOUND)


class Waiting:
    """All that one command waits for; within `with`, so that it listens no longer than it waits.

    *came* is what is to be told of it, by name.
    """

    def __init__(self, call: Call) -> None:
        """Wait on the page of *call*, for nothing yet."""
        self._call = call
        self._page = call.page
        self._waits: dict[str, Callable[[], Awaitable[None]]] = {}
        self._listening = ExitStack()
        self._effect = Effect.NONE
        self.came: dict[str, Any] = {}

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Listen no more."""
        self._listening.close()

    def __len__(self) -> int:
        """How many there are."""
        return len(self._waits)

    def element(self, selector: str, state: State, frame: str | None) -> None:
        """Let an element be in *state*."""

        async def wait() -> None:
            try:
                async with self._call.element(selector, frame) as element:
                    await element.wait_for(state=state, timeout=self._call.patience_ms)
            except ActionFailed as failure:
                # Refs are looked up at once; one that is gone is what was waited for.
                if failure.code == ErrorCode.STALE_REF and state in ("detached", "hidden"):
                    return
                if isinstance(failure, ActionTimedOut):
                    raise ActionTimedOut(
                        f"{selector!r} is there, but not {state} in time", self._effect
                    ) from failure
                raise

        self._waits["selector"] = wait

    def text(self, text: str) -> None:
        """Let *text* be seen anywhere."""
        place = self._page.get_by_text(text)

        async def wait() -> None:
            try:
                async with self._in_vain(f"the text {text[:100]!r} to be seen"):
                    seen = place.filter(visible=True).first
                    await seen.wait_for(timeout=self._call.patience_ms)
            except ActionTimedOut as failure:
                if await self._is_there(place):
                    raise ActionTimedOut(
                        f"{failure}; the text is there, but hidden", failure.effect
                    ) from failure
                raise

        self._waits["text"] = wait

    def text_gone(self, text: str) -> None:
        """Let *text* be seen nowhere."""
        seen = self._page.get_by_text(text).filter(visible=True).first

        async def wait() -> None:
            async with self._in_vain(f"the text {text[:100]!r} to be gone"):
                await seen.wait_for(state="detached", timeout=self._call.patience_ms)

        self._waits["text_gone"] = wait

    def url(self, url: str) -> None:
        """Let the page be at *url*."""

        async def wait() -> None:
            async with self._in_vain(f"the URL {url[:200]!r}"):
                await self._page.wait_for_url(
                    url, wait_until="commit", timeout=self._call.patience_ms
                )

        self._waits["url"] = wait

    def load_state(self, state: LoadState) -> None:
        """Let the page have loaded so far."""

        async def wait() -> None:
            async with self._in_vain(f"the load state {state!r}"):
                await self._page.wait_for_load_state(state, timeout=self._call.patience_ms)

        self._waits["load_state"] = wait

    def function(self, function: str, arg: object) -> None:
        """Let a script be true, which may do anything on its way there."""

        async def wait() -> None:
            self._effect = Effect.PARTIAL
            async with self._in_vain("the function to be truthy"):
                with script_errors():
                    handle = await self._page.wait_for_function(
                        function, arg=arg, timeout=self._call.patience_ms
                    )
                    await handle.dispose()

        self._waits["function"] = wait

    def response(self, expected: ExpectedResponse) -> None:
        """Let an answer come from a server."""
        listening = happenings.listening_for_response(expected)
        self._listening.enter_context(listening.to(self._page, "response"))

        async def wait() -> None:
            await happenings.hear_earlier_responses(self._call, listening)
            async with self._listened(f"a response ({_told(expected)})", listening):
                self.came["response"] = happenings.seen_response(await listening.wait())

        self._waits["response"] = wait

    def download(self) -> None:
        """Let a download come to its end."""
        listening = happenings.listening_for_download()
        self._listening.enter_context(listening.to(self._page, "download"))

        async def wait() -> None:
            async with self._listened("a download", listening):
                self.came["download"] = await happenings.seen_download(await listening.wait())

        self._waits["download"] = wait

    def new_page(self) -> None:
        """Let the page open another."""
        listening = happenings.listening_for_page()
        self._listening.enter_context(listening.to(self._page, "popup"))

        async def wait() -> None:
            await happenings.hear_earlier_pages(self._call, listening)
            async with self._listened("a page that this one opens", listening):
                opened = await listening.wait()
                self.came["new_page"] = self._call.browser.tabs.admit(
                    opened, self._call.tab.launch
                ).id

        self._waits["new_page"] = wait

    def console(self, text: str) -> None:
        """Let a message appear in the console."""
        listening = happenings.listening_for_message(text)
        self._listening.enter_context(listening.to(self._page, "console"))

        async def wait() -> None:
            await happenings.hear_earlier_messages(self._call, listening)
            async with self._listened(f"a console message with {text[:100]!r}", listening):
                self.came["console"] = happenings.seen_message(await listening.wait())

        self._waits["console"] = wait

    def pause(self, milliseconds: float) -> None:
        """Let time pass."""

        async def wait() -> None:
            patience_ms = self._call.patience_ms
            await asyncio.sleep(min(milliseconds, patience_ms) / 1000)
            if milliseconds > patience_ms:
                raise ActionTimedOut(
                    f"{milliseconds:g} milliseconds do not fit into the command's timeout",
                    self._effect,
                )

        self._waits["milliseconds"] = wait

    async def all(self) -> None:
        """Wait for one after the other.

        Raises:
            ActionFailed: one did not come, or cannot.
        """
        for wait in self._waits.values():
            await wait()

    async def first(self) -> str:
        """Wait for whichever comes first, and return its name.

        Raises:
            ActionFailed: none came, or one of them cannot.
        """
        met: list[str] = []
        in_vain: list[ActionFailed] = []
        tasks: list[asyncio.Task[None]] = []

        async def run(name: str, wait: Callable[[], Awaitable[None]]) -> None:
            try:
                await wait()
            except ActionFailed as failure:
                if failure.code not in _IN_VAIN:
                    raise
                in_vain.append(failure)
                return
            met.append(name)
            for task in tasks:
                if task is not asyncio.current_task():
                    task.cancel()

        with _one_error():
            async with asyncio.TaskGroup() as group:
                tasks += [group.create_task(run(*each)) for each in self._waits.items()]
        if not met:
            raise ActionTimedOut("; ".join(map(str, in_vain)), self._effect)
        return met[0]

    @asynccontextmanager
    async def _in_vain(self, what: str) -> AsyncIterator[None]:
        """Say what was waited for when the time is over."""
        try:
            yield
        except PlaywrightTimeout as error:
            raise self._too_late(f"waited in vain for {what}") from error

    @asynccontextmanager
    async def _listened(self, what: str, listening: Listening[Any]) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._call.patience_ms / 1000):
                yield
        except TimeoutError as error:
            raise self._too_late(f"waited in vain for {what}: {listening.instead()}") from error

    async def _is_there(self, place: Locator) -> bool:
        """Look once more, in half of the time that is left to tell of it."""
        left = self._call.deadline - asyncio.get_running_loop().time()
        with contextlib.suppress(TimeoutError, Error):
            async with asyncio.timeout(left / 2):
                return await place.count() > 0
        return False

    def _too_late(self, message: str) -> ActionTimedOut:
        return ActionTimedOut(f"{message}; the page is at {self._page.url[:500]}", self._effect)


@contextmanager
def _one_error() -> Iterator[None]:
    """Let the first error of a group of tasks stand for all; the others were cancelled by it."""
    try:
        yield
    except ExceptionGroup as group:
        raise group.exceptions[0] from group


def _told(expected: ExpectedResponse) -> str:
    parts = (expected.method, expected.url, expected.status)
    return " ".join(str(part)[:200] for part in parts if part is not None) or "any"
