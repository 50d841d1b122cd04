"""Read what is on the page, or how an element is.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Unpack

from xagent_client import params, results
from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class ReadActions(Asking):
    """Read what is on the page, or how an element is."""

    @verb
    def title(self, **how: Unpack[How]) -> Call[str]:
        """Return the page's title."""
        return self._result("title", {}, how, str)

    @verb
    def inner_text(
        self,
        target: str | None = None,
        *,
        frame: str | None = None,
        max_chars: int | None = None,
        **how: Unpack[How],
    ) -> Call[str]:
        """Return the text of an element as a person would read it; without a target, of the page.

        It comes whole, however long, unless *max_chars* says where to cut it.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._text(
            "inner_text", {"target": target, "frame": frame, "max_chars": max_chars}, how
        )

    @verb
    def text_content(
        self,
        target: str,
        *,
        frame: str | None = None,
        max_chars: int | None = None,
        **how: Unpack[How],
    ) -> Call[str]:
        """Return all the text inside an element as the document has it, what is hidden included.

        It comes whole, however long, unless *max_chars* says where to cut it.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._text(
            "text_content", {"target": target, "frame": frame, "max_chars": max_chars}, how
        )

    @verb
    def inner_html(
        self,
        target: str | None = None,
        *,
        frame: str | None = None,
        max_chars: int | None = None,
        **how: Unpack[How],
    ) -> Call[str]:
        """Return the HTML inside an element as it is now; without a target, inside the page's body.

        It comes whole, however long, unless *max_chars* says where to cut it.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._text(
            "inner_html", {"target": target, "frame": frame, "max_chars": max_chars}, how
        )

    @verb
    def content(self, *, max_chars: int | None = None, **how: Unpack[How]) -> Call[str]:
        """Return the page's HTML as it is now.

        It comes whole, however long, unless *max_chars* says where to cut it.
        """
        return self._text("content", {"max_chars": max_chars}, how)

    @verb
    def input_value(
        self,
        target: str,
        *,
        frame: str | None = None,
        max_chars: int | None = None,
        **how: Unpack[How],
    ) -> Call[str]:
        """Return what stands in an input or a textarea, or the value that a select has chosen.

        It comes whole, however long, unless *max_chars* says where to cut it.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._text(
            "input_value", {"target": target, "frame": frame, "max_chars": max_chars}, how
        )

    @verb
    def get_attribute(
        self,
        target: str,
        name: str,
        *,
        frame: str | None = None,
        max_chars: int | None = None,
        **how: Unpack[How],
    ) -> Call[str | None]:
        """Return an attribute of an element as the document has it; null if it has none of this name.

        A link's `href` may be relative: for whole URLs ask `scrape` for `links`.

        It comes whole, however long, unless *max_chars* says where to cut it.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._any_of(
            "get_attribute",
            {"target": target, "name": name, "frame": frame, "max_chars": max_chars},
            how,
            str | None,
        )

    @verb
    def bounding_box(
        self,
        target: str,
        *,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[results.Box | None]:
        """Return where an element is, from the upper left corner of what is in view of the page.

        In CSS pixels, as the mouse takes them. What is scrolled out of view has negative or large
        coordinates; the answer is null for what is not shown at all.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._any_of(
            "bounding_box", {"target": target, "frame": frame}, how, results.Box | None
        )

    @verb
    def count(
        self,
        target: str,
        *,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[int]:
        """Return how many elements match, at once: none and many are answers like one.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._result("count", {"target": target, "frame": frame}, how, int)

    @verb
    def is_visible(
        self,
        target: str,
        *,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[bool]:
        """Say at once whether any element that matches can be seen; where none matches, none can.

        What is scrolled out of view, or covered by another, counts as visible.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._result("is_visible", {"target": target, "frame": frame}, how, bool)

    @verb
    def is_hidden(
        self,
        target: str,
        *,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[bool]:
        """Say at once whether nothing that matches can be seen: the contrary of `is_visible`.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._result("is_hidden", {"target": target, "frame": frame}, how, bool)

    @verb
    def is_enabled(
        self,
        target: str,
        *,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[bool]:
        """Say whether an element is not disabled.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._result("is_enabled", {"target": target, "frame": frame}, how, bool)

    @verb
    def is_editable(
        self,
        target: str,
        *,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[bool]:
        """Say whether a field takes text: it is neither disabled nor read-only.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._result("is_editable", {"target": target, "frame": frame}, how, bool)

    @verb
    def is_checked(
        self,
        target: str,
        *,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[bool]:
        """Say whether a checkbox, a radio button or a switch is on.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._result("is_checked", {"target": target, "frame": frame}, how, bool)

    @verb
    def locator(
        self,
        target: str,
        *,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[results.DurableSelector]:
        """Return a selector that finds an element again when a ref no longer does.

        It is made of what people see (role and name, label, text, test id) rather than of the
        document's structure, reaches into iframes by itself, and serves as a `target`.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._result(
            "locator", {"target": target, "frame": frame}, how, results.DurableSelector
        )

    @verb
    def snapshot(
        self,
        target: str | None = None,
        *,
        frame: str | None = None,
        depth: int | None = None,
        boxes: bool | None = None,
        interactive_only: bool | None = None,
        since: str | None = None,
        max_chars: int | None = None,
        **how: Unpack[How],
    ) -> Call[results.Snapshot]:
        """Outline the page by roles and names, iframes included, with a ref for each element.

        A ref (`p1s1e5`) is a target of other actions until the page goes elsewhere; those of
        earlier snapshots stay good. On a large page ask for `interactive_only`, after an action for
        `since`, and to look for one thing use `find`. With `since`, an empty answer means that
        nothing changed; where more changed than stayed, the whole is answered, and `since` is left
        out of the result.

        It comes whole, however long, unless *max_chars* says where to cut it.

        Args:
            target: The root; else the page, or all of the frame.
            boxes: Add each element's place: x, y, width, height.
            interactive_only: Only what can be acted on, and the headings and places it stands in.
            since: The snapshot_id of an earlier snapshot of the same document and part: only lines
                that are gone (-) or new (+) since are told.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._uncut(
            "snapshot",
            {
                "target": target,
                "frame": frame,
                "depth": depth,
                "boxes": boxes,
                "interactive_only": interactive_only,
                "since": since,
                "max_chars": max_chars,
            },
            how,
            results.Snapshot,
        )

    @verb
    def find(
        self,
        text: str | None = None,
        *,
        regex: str | None = None,
        role: str | None = None,
        max: int | None = None,
        **how: Unpack[How],
    ) -> Call[results.Found]:
        """Find elements by what they say (name, text, value, placeholder), with a ref for each.

        Give exactly one of text and regex. Of elements inside each other the innermost that says it
        is found; with a role, the innermost of that role. Iframes are searched too. It is a look at
        all of the page, of which only the matches are answered.

        Args:
            text: In any case, as a part of more.
            regex: A JavaScript regular expression, without slashes; (?i:…) for any case.
            role: Only elements of this ARIA role.
            max: How many matches to return.
        """
        return self._result(
            "find", {"text": text, "regex": regex, "role": role, "max": max}, how, results.Found
        )

    @verb
    def scrape(
        self,
        *,
        format: Literal["html", "links", "markdown", "tables", "text"] | None = None,
        target: str | None = None,
        frame: str | None = None,
        selectors: Mapping[str, str | params.Selection] | None = None,
        max_chars: int | None = None,
        **how: Unpack[How],
    ) -> Call[results.Scraped]:
        """Return what the page says, as a person sees it, in one round trip.

        As `text` (Markdown, plain or HTML), `links` (those in closed menus too), `tables`, or, with
        selectors, `values`: for each name what its selector finds, null if nothing, a list with
        `all`, and an object with `fields`. Addresses are whole. What is hidden is left out; open
        shadow roots are read, iframes with `frame`. A list that is too long is cut, with a note.

        It comes whole, however long, unless *max_chars* says where to cut it.

        Args:
            format: Markdown if left out; html is without scripts, styles and classes.
            target: The root; else the page, or all of the frame.
            selectors: Values by name, instead of a format.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._uncut(
            "scrape",
            {
                "format": format,
                "target": target,
                "frame": frame,
                "selectors": selectors,
                "max_chars": max_chars,
            },
            how,
            results.Scraped,
        )
