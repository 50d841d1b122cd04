"""What a browser cannot tell of a navigation that its way out has refused.

It knows no more than that its proxy made no connection, or gave an answer that looks like a site's;
the way out remembers what was in the way.
"""

from __future__ import annotations

import asyncio
import contextlib
from math import inf
from typing import Final

from playwright.async_api import APIResponse, Page, Response

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.browser.errors import CALL_FAILED
from agent_runtime.browser.tab import Tab
from agent_runtime.policy.errors import NotAUrl
from agent_runtime.policy.obstacles import Obstacle
from agent_runtime.policy.proxy import EgressProxy
from agent_runtime.policy.web_url import read_url
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

_NO_TUNNEL: Final = "ERR_TUNNEL_CONNECTION_FAILED"
_OUR_ANSWERS: Final = (403, 502)
_ERROR_PAGE: Final = "chrome-error:"
_LOOK_SECONDS: Final = 1.0


def refuse_our_answer(call: Call, response: Response | None) -> None:
    """Let a navigation fail whose answer came from the way out, and not from a site.

    Raises:
        ActionFailed: `blocked_by_policy`, or `navigation_failed`.
    """
    obstacle = obstacle_behind(call, response) if response is not None else None
    if obstacle is not None:
        raise _failed(obstacle)


def obstacle_behind(call: Call, answer: Response | APIResponse) -> Obstacle | None:
    """Return what was in the way if *answer* came from the way out, and not from a site."""
    egress = call.browser.egress
    if egress is None or answer.status not in _OUR_ANSWERS:
        return None
    return _on_the_way_to(answer.url, egress, call.began_at)


async def explained_by_obstacle(error: ActionFailed, call: Call) -> ActionFailed:
    """Return *error* in the words of what was in the way, if it is a navigation's."""
    egress, tab = call.browser.egress, call.open_tab
    if egress is None or tab is None or (error.details or {}).get("net_error") != _NO_TUNNEL:
        return error
    obstacle = await _last_obstacle(tab.page, egress, call.began_at)
    return error if obstacle is None else _failed(obstacle)


async def notices_of_obstacle(egress: EgressProxy, tab: Tab) -> tuple[str, ...]:
    """Say why *tab* shows an error page of the browser, if the way out knows.

    A click is long over when the page that it leads to is refused, so the next command tells.
    """
    if not tab.page.url.startswith(_ERROR_PAGE):
        return ()
    obstacle = await _last_obstacle(tab.page, egress)
    return () if obstacle is None else (f"Page {tab.id} shows an error: {obstacle.sentence}.",)


async def _last_obstacle(page: Page, egress: EgressProxy, since: float = -inf) -> Obstacle | None:
    """Return what was in the way of the page's last navigation, redirects included."""
    with contextlib.suppress(*CALL_FAILED, TimeoutError):
        async with asyncio.timeout(_LOOK_SECONDS):
            requests = await page.requests()
        for request in reversed(requests):
            if request.is_navigation_request() and request.frame is page.main_frame:
                is_failed = request.failure is not None
                return _on_the_way_to(request.url, egress, since) if is_failed else None
    return None


def _on_the_way_to(url: str, egress: EgressProxy, since: float) -> Obstacle | None:
    try:
        destination = read_url(url).destination
    except NotAUrl:
        return None
    return egress.obstacles.on_the_way_to(destination, since) if destination is not None else None


def _failed(obstacle: Obstacle) -> ActionFailed:
    return ActionFailed(
        ErrorCode.BLOCKED_BY_POLICY if obstacle.setting else ErrorCode.NAVIGATION_FAILED,
        obstacle.sentence,
        effect=Effect.PARTIAL,
        details=obstacle.details,
    )
