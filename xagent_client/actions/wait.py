"""Wait for something to be so, or to happen.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from typing import Any, Literal, Unpack

from xagent_client import params, results
from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class WaitActions(Asking):
    """Wait for something to be so, or to happen."""

    @verb
    def wait_for(
        self,
        selector: str | None = None,
        *,
        state: Literal["attached", "detached", "hidden", "visible"] | None = None,
        frame: str | None = None,
        text: str | None = None,
        text_gone: str | None = None,
        url: str | None = None,
        load_state: Literal["domcontentloaded", "load", "networkidle"] | None = None,
        function: str | None = None,
        arg: Any = None,
        response: str | params.ExpectedResponse | None = None,
        download: bool | None = None,
        new_page: bool | None = None,
        console: str | None = None,
        milliseconds: float | None = None,
        any: bool | None = None,
        **how: Unpack[How],
    ) -> Call[results.Waited]:
        """Wait until all of what is given is so, within the command's timeout.

        At least one of selector, text, text_gone, url, load_state, function, response, download,
        new_page, console, milliseconds. A response, a page or a message counts if it comes after
        the command began: to catch what a click sets off, put both into one `batch`, whose
        beginning is what counts then. It counts as writing, since a function may do anything.

        Args:
            text: To be seen anywhere.
            text_gone: No longer to be seen.
            url: A URL, or a glob: **/done?*
            function: JavaScript, to be truthy.
            arg: The function's argument, as JSON.
            response: An answer from a server, by the URL or glob of its request, or more.
            download: A download of the page, to its end.
            new_page: A page that this one opens.
            console: A part of a console message.
            any: Return once one of what is given is so, and say in `met` which.
        """
        return self._result(
            "wait_for",
            {
                "selector": selector,
                "state": state,
                "frame": frame,
                "text": text,
                "text_gone": text_gone,
                "url": url,
                "load_state": load_state,
                "function": function,
                "arg": arg,
                "response": response,
                "download": download,
                "new_page": new_page,
                "console": console,
                "milliseconds": milliseconds,
                "any": any,
            },
            how,
            results.Waited,
        )
