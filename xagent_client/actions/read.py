"""Read what is on the page.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from typing import Unpack

from xagent_client import results
from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class ReadActions(Asking):
    """Read what is on the page."""

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
    def content(self, *, max_chars: int | None = None, **how: Unpack[How]) -> Call[str]:
        """Return the page's HTML as it is now.

        It comes whole, however long, unless *max_chars* says where to cut it.
        """
        return self._text("content", {"max_chars": max_chars}, how)

    @verb
    def snapshot(
        self,
        target: str | None = None,
        *,
        frame: str | None = None,
        depth: int | None = None,
        boxes: bool | None = None,
        max_chars: int | None = None,
        **how: Unpack[How],
    ) -> Call[results.Snapshot]:
        """Outline the page by roles and names, iframes included, with a ref for each element.

        A ref (`p1s1e5`) is a target of other actions until the page goes elsewhere.

        It comes whole, however long, unless *max_chars* says where to cut it.

        Args:
            target: The root; else the page.
            boxes: Add each element's place: x, y, width, height.

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
                "max_chars": max_chars,
            },
            how,
            results.Snapshot,
        )
