"""Go somewhere.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from typing import Literal, Unpack

from xagent_client import results
from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class NavigateActions(Asking):
    """Go somewhere."""

    @verb
    def goto(
        self,
        url: str,
        *,
        wait_until: Literal["commit", "domcontentloaded", "load", "networkidle"] | None = None,
        referer: str | None = None,
        **how: Unpack[How],
    ) -> Call[results.Navigation]:
        """Open a URL (http, https or about:blank) and wait for it.

        A page that answers with an HTTP error is a page all the same: see `status`.

        Raises:
            NavigationFailed: with the browser's own network error.
        """
        return self._result(
            "goto",
            {"url": url, "wait_until": wait_until, "referer": referer},
            how,
            results.Navigation,
        )

    @verb
    def go_back(
        self,
        *,
        wait_until: Literal["commit", "domcontentloaded", "load", "networkidle"] | None = None,
        **how: Unpack[How],
    ) -> Call[results.Navigation]:
        """Go back one page in the history; where there is none, stay.

        Raises:
            NavigationFailed: with the browser's own network error.
        """
        return self._result("go_back", {"wait_until": wait_until}, how, results.Navigation)

    @verb
    def go_forward(
        self,
        *,
        wait_until: Literal["commit", "domcontentloaded", "load", "networkidle"] | None = None,
        **how: Unpack[How],
    ) -> Call[results.Navigation]:
        """Go forward one page in the history; where there is none, stay.

        Raises:
            NavigationFailed: with the browser's own network error.
        """
        return self._result("go_forward", {"wait_until": wait_until}, how, results.Navigation)

    @verb
    def reload(
        self,
        *,
        wait_until: Literal["commit", "domcontentloaded", "load", "networkidle"] | None = None,
        **how: Unpack[How],
    ) -> Call[results.Navigation]:
        """Load the page again.

        Raises:
            NavigationFailed: with the browser's own network error.
        """
        return self._result("reload", {"wait_until": wait_until}, how, results.Navigation)

    @verb
    def set_content(
        self,
        html: str,
        *,
        wait_until: Literal["commit", "domcontentloaded", "load", "networkidle"] | None = None,
        **how: Unpack[How],
    ) -> Call[results.Navigation]:
        """Write *html* into the page's document, in place of all that is there; its URL stays.

        Raises:
            NavigationFailed: with the browser's own network error.
        """
        return self._result(
            "set_content", {"html": html, "wait_until": wait_until}, how, results.Navigation
        )
