"""What a `target` names, and why it could not be used.

A target is a Playwright selector, or a ref from a snapshot. Playwright numbers refs anew in each
document, so its `e2` would silently be another element after a navigation. The snapshots we give
out therefore write `p3s2e5`: element `e5` of snapshot 2 of page `p3` (inside an iframe `p3s2f1e5`).
Page ids are never reused, so such a ref names one element for ever, and is refused with
`stale_ref` once the page has left the document that the snapshot was taken of.
"""

from __future__ import annotations

import re
from types import TracebackType
from typing import Final

from playwright.async_api import Error, Locator, TimeoutError as PlaywrightTimeout

from agent_runtime.actions.errors import ActionFailed, ActionTimedOut
from agent_runtime.browser.tab import Tab
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

REF: Final = re.compile(r"(?:ref=)?(p[0-9]+)s([0-9]+)((?:f[0-9]+)?e[0-9]+)\Z")
_BARE_REF: Final = re.compile(r"(?:(?:aria-)?ref=)?(?:f[0-9]+)?e[0-9]+\Z")
_MATCH: Final = re.compile(r"^\s+\d+\) (.*)$", re.MULTILINE)
_BAD_SELECTOR: Final = (
    "while parsing",
    "Invalid regular expression",
    "Unknown engine",
    "InvalidSelectorError",
    "is not a valid XPath expression",
    "is not a valid selector",
    "Selector cannot be",
    "Malformed selector",
    "Unknown attribute",
    "attribute must be",
    "attribute is only supported for roles",
    "must be one of",
)
_HINDRANCES: Final = (
    ("intercepts pointer events", "another element covers it"),
    ("element is not enabled", "it is disabled"),
    ("element is not editable", "it is read-only"),
    ("element is not visible", "it is not visible"),
    ("element is not stable", "it keeps moving"),
    ("element is outside of the viewport", "it is outside of the viewport"),
    ("did not find some options", "it has no such option"),
)
_UNFIT: Final = (
    "Element is not",
    "Node is not",
    "Not a checkbox",
    "cannot be filled",
    "Cannot type text",
    "Cannot uncheck",
)
"""What Playwright says of an element of the wrong kind, before it does anything to it."""
_UNWILLING: Final = ("Malformed", "did not change its state")
"""What it says of one that did not do what was asked."""
_NO_SUCH_FRAME: Final = "Invalid frame in aria-ref selector"
_MAX_MATCHES: Final = 5
_ATTEMPTED: Final = re.compile(
    r"performing .* action|elementHandle\.|waiting for element to be (?!.*stable).*\s*\Z"
)
"""What Playwright's call log says once the page may have felt something.

A pointer is announced before it is used, and a key by its call. Filling and selecting happen
within the check that the element is ready, so they may have happened if that is the last line.
"""


class Element:
    """One element by its target; within `async with`, failures on it are explained by code."""

    def __init__(self, tab: Tab, target: str, frame: str | None) -> None:
        """Name it; nothing is looked up yet."""
        self._tab = tab
        self._target = target
        self._frame = frame
        self._locator: Locator | None = None

    async def __aenter__(self) -> Locator:
        """Return the locator.

        Raises:
            ActionFailed: `stale_ref`.
        """
        self._locator = await self._locate()
        return self._locator

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Explain a Playwright error that is about the element; let others pass."""
        if isinstance(error, Error) and self._locator is not None:
            failure = await self._explain(error, self._locator)
            if failure is not None:
                raise failure from error

    async def _locate(self) -> Locator:
        page = self._tab.page
        if (match := REF.match(self._target)) is not None:
            return await self._locate_ref(*match.groups())
        if _BARE_REF.match(self._target):
            raise _stale(
                f"{self._target!r} is no ref of a snapshot of ours: "
                "take a snapshot, and use a ref as it is written there, like p1s1e5"
            )
        if self._frame is None:
            return page.locator(self._target)
        return page.frame_locator(self._frame).locator(self._target)

    async def _locate_ref(self, page_id: str, number: str, ref: str) -> Locator:
        tab = self._tab
        if page_id != tab.id:
            raise _stale(
                f"ref {self._target} belongs to page {page_id}, and the command is for {tab.id}: "
                "name that page, or take a new snapshot"
            )
        if not await tab.shows_snapshot(int(number)):
            raise _stale(
                f"ref {self._target} is of a document that page {tab.id} has left: "
                "take a new snapshot"
            )
        locator = tab.page.get_by_ref(ref)
        if not await _is_there(tab, int(number), locator):
            raise _stale(
                f"the element of ref {self._target} is not on the page any more, or is hidden, "
                "or has another role or name now: take a new snapshot"
            )
        if ref.startswith("f") and not await _is_in_its_document(tab, int(number), locator):
            raise _stale(
                f"ref {self._target} is of a document that its iframe has left: take a new snapshot"
            )
        return locator

    async def _explain(self, error: Error, locator: Locator) -> ActionFailed | None:
        message = error.message
        if "strict mode violation" in message:
            return self._ambiguous(message)
        if any(sign in message for sign in _BAD_SELECTOR):
            return ActionFailed(
                ErrorCode.SELECTOR_INVALID,
                f"the selector {self._target!r} cannot be read: {_first_line(message)}",
            )
        if "does not match any element" in message:
            return self._not_found(_effect(message))
        if isinstance(error, PlaywrightTimeout):
            return await self._explain_timeout(message, locator)
        if any(sign in message for sign in _UNFIT):
            return self._not_actionable(message, Effect.NONE)
        if any(sign in message for sign in _UNWILLING):
            return self._not_actionable(message, Effect.PARTIAL)
        return None

    async def _explain_timeout(self, message: str, locator: Locator) -> ActionFailed:
        if not await locator.count():
            return self._not_found(_effect(message))
        for sign, reason in _HINDRANCES:
            if sign in message:
                lines = [line.strip(" -") for line in message.splitlines()]
                seen = next(line for line in lines if sign in line)
                return ActionFailed(
                    ErrorCode.NOT_ACTIONABLE,
                    f"{self._target!r} is there, but {reason}: deal with that first",
                    effect=_effect(message),
                    details={"reason": seen},
                )
        return ActionTimedOut(
            f"{self._target!r} was found, but did not answer in time", _effect(message)
        )

    def _not_actionable(self, message: str, effect: Effect) -> ActionFailed:
        return ActionFailed(
            ErrorCode.NOT_ACTIONABLE, f"{self._target!r}: {_first_line(message)}", effect=effect
        )

    def _not_found(self, effect: Effect) -> ActionFailed:
        place = f" inside the frame {self._frame!r}" if self._frame is not None else ""
        return ActionFailed(
            ErrorCode.SELECTOR_NOT_FOUND,
            f"nothing on page {self._tab.id} matches {self._target!r}{place}: "
            "take a snapshot to see what is there",
            effect=effect,
        )

    def _ambiguous(self, message: str) -> ActionFailed:
        matches = _MATCH.findall(message)[:_MAX_MATCHES]
        return ActionFailed(
            ErrorCode.SELECTOR_AMBIGUOUS,
            f"{self._target!r} matches more than one element: "
            "narrow it down, or use the ref of one from a snapshot",
            effect=_effect(message),
            details={"matches": matches},
        )


async def _is_there(tab: Tab, number: int, locator: Locator) -> bool:
    """Say whether the element of a ref of snapshot *number* can be found.

    Playwright knows the refs of its last snapshot only, and that may have been one of a part of
    the page, or taken while the element was hidden; so before a ref is refused, all of the page
    is looked at once more. Elements keep their refs meanwhile.
    """
    try:
        if await locator.count():
            return True
        await tab.page.aria_snapshot(mode="ai")
        # In another document the same number would be another element.
        return await tab.shows_snapshot(number) and bool(await locator.count())
    except Error as error:
        if _NO_SUCH_FRAME in error.message:
            return False
        raise


async def _is_in_its_document(tab: Tab, number: int, locator: Locator) -> bool:
    frame = await (await locator.element_handle()).owner_frame()
    return frame is not None and tab.frame_shows_snapshot(frame, number)


def _effect(message: str) -> Effect:
    """Say what an action that failed with *message* may have done before."""
    return Effect.PARTIAL if _ATTEMPTED.search(message) else Effect.NONE


def _stale(message: str) -> ActionFailed:
    return ActionFailed(ErrorCode.STALE_REF, message)


def _first_line(message: str) -> str:
    line = next((one for one in message.splitlines() if one.strip()), message)
    # Playwright begins with the name of its own method, which the caller never typed.
    return re.sub(r"^(?:[A-Z][A-Za-z]+\.[a-z_]+: )?(?:\w*Error: )*", "", line)[:300]
