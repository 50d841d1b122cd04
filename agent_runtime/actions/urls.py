"""Which URLs may be opened, as a command is told of it.

`file:`, `javascript:`, `chrome:` and the like reach the agent's machine or its browser, not a site.
How a URL is read, and what else an operator may have closed, is the policy's to know.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from agent_runtime.actions.errors import ActionFailed
from agent_runtime.policy.errors import PolicyError
from agent_runtime.policy.url_policy import UrlPolicy

Url = Annotated[str, Meta(min_length=1, max_length=100_000)]


def allowed_url(url: str, policy: UrlPolicy) -> str:
    """Return *url* as the browser will read it, if *policy* lets it be opened.

    Raises:
        ActionFailed: `blocked_by_policy`, or `invalid_params` for what is no URL.
    """
    try:
        return policy.check(url)
    except PolicyError as error:
        raise ActionFailed(error.code, f"url: {error}", details=error.details) from error
