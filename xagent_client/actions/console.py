"""See what a page's scripts have written to the console, and what they failed with.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from typing import Literal, Unpack

from xagent_client import results
from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class ConsoleActions(Asking):
    """See what a page's scripts have written to the console, and what they failed with."""

    @verb
    def console(
        self,
        *,
        level: Literal["debug", "error", "info", "warning"] | None = None,
        since: int | None = None,
        text: str | None = None,
        max: int | None = None,
        max_chars: int | None = None,
        **how: Unpack[How],
    ) -> Call[results.ConsoleMessages]:
        """List what was written to the page's console, by its scripts or by the browser itself.

        The browser remembers about the last 200 messages of each page, those of documents that it
        has left too. Ids only grow: give the last one that you saw as `since` to see what came
        after.

        Args:
            level: This level, and what is more severe.
            since: Only those with a greater id.
            text: Only those that contain it.
            max: The newest so many.
            max_chars: A longer text is cut here.
        """
        return self._result(
            "console",
            {"level": level, "since": since, "text": text, "max": max, "max_chars": max_chars},
            how,
            results.ConsoleMessages,
        )

    @verb
    def page_errors(
        self,
        *,
        since: int | None = None,
        max: int | None = None,
        max_chars: int | None = None,
        **how: Unpack[How],
    ) -> Call[results.PageErrors]:
        """List the errors that the page's scripts threw and nobody caught.

        The browser remembers about the last 200 of each page. Ids only grow, as those of `console`
        do.

        Args:
            since: Only those with a greater id.
            max: The newest so many.
            max_chars: A longer text is cut here.
        """
        return self._result(
            "page_errors",
            {"since": since, "max": max, "max_chars": max_chars},
            how,
            results.PageErrors,
        )
