"""The way in by a share: what it shows, and one button.

The button is what lets the browser in, so that whatever looks at links before people do changes
nothing, and no page elsewhere can have a browser come by a share without its user's doing.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from orchestrator.access import cookies
from orchestrator.access.attempts import Attempts
from orchestrator.access.cookies import cookie_with
from orchestrator.access.shares import Share, Shares
from orchestrator.errors import ShareUnknown, TooManyAttempts
from orchestrator.web.document import page
from orchestrator.web.forms import read_form
from orchestrator.web.look import escaped

_log: Final = structlog.get_logger(__name__)


class SharePages:
    """What is at a share's link."""

    def __init__(self, shares: Shares, attempts: Attempts) -> None:
        """Let in by *shares*."""
        self._shares = shares
        self._attempts = attempts

    async def show(self, request: Request) -> Response:
        """Tell what the link shows, and ask for one click."""
        share, _ = self._found(request)
        return _invitation(share)

    async def enter(self, request: Request) -> Response:
        """Let the browser in, and send it to the agent."""
        await read_form(request)
        address = request.client.host if request.client else ""
        wait = self._attempts.wait_seconds(address)
        if wait > 0:
            raise TooManyAttempts(
                f"Too many attempts: try again in {math.ceil(wait)} s.", retry_after=wait
            )
        try:
            share, seconds = self._found(request)
        except ShareUnknown:
            self._attempts.failed(address)
            raise
        _log.info("share.entered", share_id=share.share_id, remote_address=address)
        answer = RedirectResponse(f"/agents/{quote(share.agent_id, safe='')}", status_code=303)
        secret = request.path_params["secret"]
        cookie = cookie_with(secret, request.scope, cookies.SHARE, seconds=seconds)
        answer.headers.append("Set-Cookie", cookie)
        return answer

    def _found(self, request: Request) -> tuple[Share, int]:
        found = self._shares.find(request.path_params["secret"])
        if found is None:
            raise ShareUnknown(
                "This link has ended, or never was one. Whoever gave it to you can make another."
            )
        return found


def _invitation(share: Share) -> Response:
    name = escaped(share.agent_id)
    until = datetime.fromtimestamp(share.expires_at / 1000, UTC)
    body = (
        f"<h1>Look at {name}</h1><p>Somebody shares this browser with you: its pages, and how its "
        f"commands go. You can look until "
        f'<time datetime="{until:%Y-%m-%dT%H:%M:%SZ}">{until:%Y-%m-%d %H:%M} UTC</time>, and '
        'change nothing.</p><form method="post">'
        f'<button type="submit" autofocus>Look at {name}</button></form>'
    )
    return page(f"Look at {share.agent_id}", body)
