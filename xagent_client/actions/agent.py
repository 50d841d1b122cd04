"""The browser as a whole.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from typing import Unpack

from xagent_client import results
from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class AgentActions(Asking):
    """The browser as a whole."""

    @verb
    def browser_info(self, **how: Unpack[How]) -> Call[results.BrowserInfo]:
        """Describe the browser: version, user agent, where its profile and downloads are."""
        return self._result("browser_info", {}, how, results.BrowserInfo)

    @verb
    def restart_browser(self, **how: Unpack[How]) -> Call[results.Restarted]:
        """End the browser and start it again with the same profile and, anew, the same pages.

        Ids of pages are never used twice, so the result tells which page took the place of which;
        labels go over. What runs meanwhile fails with `browser_restarted`; isolated pages are gone.
        """
        return self._result("restart_browser", {}, how, results.Restarted)
