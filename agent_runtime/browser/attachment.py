"""Makes a page save what it would show: a URL of a PDF, a picture or a text is a file, too.

The answer to the page's next document gets the header by which servers say so themselves. The
bytes go from the site to the disk without passing through here, and the page stays where it is.
"""

from __future__ import annotations

import contextlib
from types import TracebackType
from typing import Any, Final, Self

from playwright.async_api import CDPSession, Page

from agent_runtime.browser.errors import CALL_FAILED

_HEADER: Final = "content-disposition"
_NOTHING: Final = (204, 205)


class Attachment:
    """What a server answers while the block lasts; documents that it sends are saved."""

    def __init__(self, page: Page) -> None:
        """Prepare for *page*; `async with` begins."""
        self._page = page
        self._session: CDPSession | None = None
        self._frame_id = ""
        self.status: int | None = None
        """What the server said, if it was asked and answered."""
        self.net_error: str | None = None
        """Why it did not answer, in Chromium's words."""
        self.content_type: str | None = None
        """What it calls the file."""

    async def __aenter__(self) -> Self:
        """Begin; raises what Playwright does when the page is gone."""
        session = self._session = await self._page.context.new_cdp_session(self._page)
        tree = await session.send("Page.getFrameTree")
        self._frame_id = tree["frameTree"]["frame"]["id"]
        session.on("Fetch.requestPaused", self._decide)
        pattern = {"resourceType": "Document", "requestStage": "Response"}
        await session.send("Fetch.enable", {"patterns": [pattern]})
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let documents be shown again."""
        if self._session is not None:
            with contextlib.suppress(*CALL_FAILED):
                await self._session.detach()

    @property
    def is_file(self) -> bool:
        """Whether the server answered with something that can be saved."""
        status = self.status
        return status is not None and 200 <= status < 300 and status not in _NOTHING

    async def _decide(self, paused: dict[str, Any]) -> None:
        """Let the answer pass as a file, or stop it; Playwright runs and keeps this."""
        status = paused.get("responseStatusCode")
        request = {"requestId": paused["requestId"]}
        is_passing = paused.get("frameId") != self._frame_id or (
            status is not None and 300 <= status < 400
        )
        if is_passing:
            await self._tell("Fetch.continueRequest", request)
            return
        self.status, self.net_error = status, paused.get("responseErrorReason")
        if not self.is_file:
            # Aborted, it leaves the page on the document that it shows.
            await self._tell("Fetch.failRequest", request | {"errorReason": "Aborted"})
            return
        headers: list[dict[str, str]] = paused.get("responseHeaders", [])
        given = {one["name"].lower(): one["value"] for one in headers}
        self.content_type = given.get("content-type")
        _, semicolon, name = given.get(_HEADER, "").partition(";")
        saved = {"name": _HEADER, "value": f"attachment{semicolon}{name}"}
        kept = [one for one in headers if one["name"].lower() != _HEADER]
        answer = {"responseCode": status, "responseHeaders": [*kept, saved]}
        await self._tell("Fetch.continueResponse", request | answer)

    async def _tell(self, what: str, how: dict[str, Any]) -> None:
        if self._session is not None:
            with contextlib.suppress(*CALL_FAILED):
                await self._session.send(what, how)
