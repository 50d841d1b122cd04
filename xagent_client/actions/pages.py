"""Which pages there are, and opening and closing them.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from typing import Literal, Unpack

from xagent_client import results
from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class PagesActions(Asking):
    """Which pages there are, and opening and closing them."""

    @verb
    def pages(self, **how: Unpack[How]) -> Call[results.OpenPages]:
        """List the open pages with id, label, URL, title and dialog; the main page is the oldest."""
        return self._result("pages", {}, how, results.OpenPages)

    @verb
    def new_page(
        self,
        url: str | None = None,
        *,
        label: str | None = None,
        isolated: bool | None = None,
        background: bool | None = None,
        wait_until: Literal["commit", "domcontentloaded", "load", "networkidle"] | None = None,
        **how: Unpack[How],
    ) -> Call[results.OpenedPage]:
        """Open another page, and return its id; name it or its label in `page` to use it.

        Args:
            url: Where to go first; blank if left out.
            label: A name to call it by, besides its id.
            isolated: In a context of its own: without the profile's cookies, and what it stores is
                gone when it closes.
            background: Leave the page in front that is there.

        Raises:
            NavigationFailed: with the browser's own network error.
        """
        return self._result(
            "new_page",
            {
                "url": url,
                "label": label,
                "isolated": isolated,
                "background": background,
                "wait_until": wait_until,
            },
            how,
            results.OpenedPage,
        )

    @verb
    def close_page(self, **how: Unpack[How]) -> Call[results.ClosedPage]:
        """Close the page that the command names, or the main page, whatever it is doing.

        There is always a main page: of the last one to go, a blank one takes the place.
        """
        return self._result("close_page", {}, how, results.ClosedPage)

    @verb
    def bring_to_front(self, **how: Unpack[How]) -> Call[None]:
        """Put the page before the others, as somebody who looks at the browser sees them."""
        return self._nothing("bring_to_front", {}, how)

    @verb
    def label_page(self, label: str, **how: Unpack[How]) -> Call[results.PageSummary]:
        """Give the page a name that `page` takes as well as its id; it replaces an earlier one."""
        return self._result("label_page", {"label": label}, how, results.PageSummary)

    @verb
    def wait_for_new_page(
        self, since: str | None = None, **how: Unpack[How]
    ) -> Call[results.PageSummary]:
        """Wait for a page that was opened after *since*, by a site or by anybody.

        Ids only grow, so a page that came before this command is found as well: name in *since* the
        newest page that you know. Without it, the newest page there is now counts as known.

        Args:
            since: A page that was there before.
        """
        return self._result("wait_for_new_page", {"since": since}, how, results.PageSummary)
