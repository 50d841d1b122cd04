"""The everyday actions, typed: each returns what it found, and raises if it failed.

Their params, and what they mean, are those of the agent's own actions of the same names. What the
caller leaves out is not sent, so that the agent's defaults hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, Unpack

import msgspec

from xagent_client import calls
from xagent_client.asking import Asking, How, convert, only_artifact, read_json, whole_text
from xagent_client.exchange import Call
from xagent_client.models import PageSummary
from xagent_client.results import (
    BrowserInfo,
    ClosedPage,
    Navigation,
    OpenedPage,
    OpenPages,
    Snapshot,
    Waited,
)
from xagent_client.verbs import verb

WaitUntil: TypeAlias = Literal["commit", "domcontentloaded", "load", "networkidle"]
"""How far a page must have loaded."""


class PageVerbs(Asking):
    """Actions on a page, or on the browser that holds it."""

    @verb
    def goto(
        self,
        url: str,
        *,
        wait_until: WaitUntil | None = None,
        referer: str | None = None,
        **how: Unpack[How],
    ) -> Call[Navigation]:
        """Open *url*, and return when it has loaded.

        Raises:
            NavigationFailed: with the browser's own network error.
        """
        params = {"url": url, "wait_until": wait_until, "referer": referer}
        return self._result("goto", params, how, Navigation)

    @verb
    def go_back(
        self, *, wait_until: WaitUntil | None = None, **how: Unpack[How]
    ) -> Call[Navigation]:
        """Go back one page in the history; where there is none, stay."""
        return self._result("go_back", {"wait_until": wait_until}, how, Navigation)

    @verb
    def reload(
        self, *, wait_until: WaitUntil | None = None, **how: Unpack[How]
    ) -> Call[Navigation]:
        """Load the page again."""
        return self._result("reload", {"wait_until": wait_until}, how, Navigation)

    @verb
    def click(
        self,
        target: str,
        *,
        frame: str | None = None,
        button: Literal["left", "middle", "right"] | None = None,
        click_count: int | None = None,
        modifiers: Sequence[str] | None = None,
        position: Mapping[str, float] | None = None,
        delay: float | None = None,
        force: bool | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Click the one element that *target* names: a selector, or a ref from a snapshot.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        params = {
            "target": target,
            "frame": frame,
            "button": button,
            "click_count": click_count,
            "modifiers": modifiers,
            "position": position,
            "delay": delay,
            "force": force,
        }
        return self._nothing("click", params, how)

    @verb
    def fill(
        self,
        target: str,
        value: str,
        *,
        frame: str | None = None,
        force: bool | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Replace the text of an input by *value*."""
        params = {"target": target, "value": value, "frame": frame, "force": force}
        return self._nothing("fill", params, how)

    @verb
    def press(
        self,
        key: str,
        *,
        target: str | None = None,
        frame: str | None = None,
        delay: float | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Press a key or a chord (`Enter`, `Control+a`), in an element or where the focus is."""
        params = {"key": key, "target": target, "frame": frame, "delay": delay}
        return self._nothing("press", params, how)

    @verb
    def hover(
        self,
        target: str,
        *,
        frame: str | None = None,
        modifiers: Sequence[str] | None = None,
        position: Mapping[str, float] | None = None,
        force: bool | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Move the mouse over an element."""
        params = {
            "target": target,
            "frame": frame,
            "modifiers": modifiers,
            "position": position,
            "force": force,
        }
        return self._nothing("hover", params, how)

    @verb
    def select_option(
        self,
        target: str,
        value: str | Sequence[str] | None = None,
        *,
        label: str | Sequence[str] | None = None,
        index: int | Sequence[int] | None = None,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[tuple[str, ...]]:
        """Choose options of a `select` by value, label or index; returns the values chosen."""
        params = {"target": target, "value": value, "label": label, "index": index, "frame": frame}
        return self._result("select_option", params, how, tuple[str, ...])

    @verb
    def inner_text(
        self,
        target: str | None = None,
        *,
        frame: str | None = None,
        max_chars: int | None = None,
        **how: Unpack[How],
    ) -> Call[str]:
        """Return the text of an element as a person would read it; of the page without *target*.

        It comes whole, however long, unless *max_chars* says where to cut it.
        """
        params = {"target": target, "frame": frame, "max_chars": max_chars}
        command = yield from self._succeed("inner_text", params, how)
        return (yield from whole_text(command, convert(command, str), max_chars))

    @verb
    def content(self, *, max_chars: int | None = None, **how: Unpack[How]) -> Call[str]:
        """Return the page's HTML as it is now, whole unless *max_chars* says otherwise."""
        command = yield from self._succeed("content", {"max_chars": max_chars}, how)
        return (yield from whole_text(command, convert(command, str), max_chars))

    @verb
    def title(self, **how: Unpack[How]) -> Call[str]:
        """Return the page's title."""
        return self._result("title", {}, how, str)

    @verb
    def evaluate(
        self,
        expression: str,
        arg: Any = None,
        *,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[Any]:
        """Evaluate JavaScript, an expression or a function of *arg*, and return its value as JSON.

        Raises:
            EvaluationFailed: it threw; the details have the stack.
        """
        params = {"expression": expression, "arg": arg, "frame": frame}
        command = yield from self._succeed("evaluate", params, how)
        if command.made:
            # Too large for the answer: the artifact has the value.
            return read_json((yield from calls.fetch(command.made[0])))
        return command.result

    @verb
    def snapshot(
        self,
        *,
        target: str | None = None,
        frame: str | None = None,
        depth: int | None = None,
        boxes: bool | None = None,
        max_chars: int | None = None,
        **how: Unpack[How],
    ) -> Call[Snapshot]:
        """Outline the page by roles and names, with a ref for each element.

        A ref (`p1s1e5`) serves as target until the page goes elsewhere.
        """
        params = {
            "target": target,
            "frame": frame,
            "depth": depth,
            "boxes": boxes,
            "max_chars": max_chars,
        }
        command = yield from self._succeed("snapshot", params, how)
        snapshot = convert(command, Snapshot)
        outline = yield from whole_text(command, snapshot.snapshot, max_chars)
        return msgspec.structs.replace(snapshot, snapshot=outline)

    @verb
    def screenshot(
        self,
        *,
        target: str | None = None,
        frame: str | None = None,
        full_page: bool | None = None,
        type: Literal["png", "jpeg"] | None = None,
        quality: int | None = None,
        clip: Mapping[str, float] | None = None,
        **how: Unpack[How],
    ) -> Call[bytes]:
        """Take a picture of the page or of one element, and return it.

        `run("screenshot")` leaves it at the orchestrator and returns its `ArtifactRef`.
        """
        params = {
            "target": target,
            "frame": frame,
            "full_page": full_page,
            "type": type,
            "quality": quality,
            "clip": clip,
        }
        command = yield from self._succeed("screenshot", params, how)
        return (yield from calls.fetch(only_artifact(command)))

    @verb
    def wait_for(
        self,
        selector: str | None = None,
        *,
        state: Literal["attached", "detached", "visible", "hidden"] | None = None,
        frame: str | None = None,
        text: str | None = None,
        text_gone: str | None = None,
        url: str | None = None,
        load_state: Literal["domcontentloaded", "load", "networkidle"] | None = None,
        function: str | None = None,
        arg: Any = None,
        milliseconds: float | None = None,
        **how: Unpack[How],
    ) -> Call[str]:
        """Wait until all of what is given is so, and return the page's URL by then.

        Raises:
            TimedOut: it was not so within the command's timeout.
        """
        params = {
            "selector": selector,
            "state": state,
            "frame": frame,
            "text": text,
            "text_gone": text_gone,
            "url": url,
            "load_state": load_state,
            "function": function,
            "arg": arg,
            "milliseconds": milliseconds,
        }
        return (yield from self._result("wait_for", params, how, Waited)).url

    @verb
    def pages(self, **how: Unpack[How]) -> Call[tuple[PageSummary, ...]]:
        """List the open pages, oldest first."""
        return (yield from self._result("pages", {}, how, OpenPages)).pages

    @verb
    def new_page(
        self, url: str | None = None, *, wait_until: WaitUntil | None = None, **how: Unpack[How]
    ) -> Call[OpenedPage]:
        """Open another page; its id is what `page` takes."""
        params = {"url": url, "wait_until": wait_until}
        return self._result("new_page", params, how, OpenedPage)

    @verb
    def close_page(self, **how: Unpack[How]) -> Call[ClosedPage]:
        """Close the page that `page` names, or the main one, whatever it is doing."""
        return self._result("close_page", {}, how, ClosedPage)

    @verb
    def browser_info(self, **how: Unpack[How]) -> Call[BrowserInfo]:
        """Describe the browser: version, user agent, where its profile and downloads are."""
        return self._result("browser_info", {}, how, BrowserInfo)
