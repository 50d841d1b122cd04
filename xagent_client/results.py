"""What the everyday actions answer, as frozen values."""

from __future__ import annotations

import msgspec

from xagent_client.models import PageSummary
from xagent_protocol.ids import PageId


class Navigation(msgspec.Struct, frozen=True):
    """Where the page is now; *status* is null when no server answered (about:blank, a cache)."""

    url: str
    status: int | None = None
    title: str = ""


class Snapshot(msgspec.Struct, frozen=True):
    """An outline of the page; refs in it name elements until the page goes elsewhere."""

    snapshot_id: str
    snapshot: str


class Waited(msgspec.Struct, frozen=True):
    """All that was waited for is so; the page's URL by then."""

    url: str


class OpenPages(msgspec.Struct, frozen=True):
    """Every open page, oldest first."""

    pages: tuple[PageSummary, ...]


class OpenedPage(msgspec.Struct, frozen=True):
    """The new page; *status* is null when it is blank."""

    id: PageId
    url: str = ""
    title: str = ""
    status: int | None = None


class ClosedPage(msgspec.Struct, frozen=True):
    """The page that is gone, and the one that serves commands which name none."""

    closed: PageId
    main: PageId


class BrowserInfo(msgspec.Struct, frozen=True):
    """The browser behind an agent; *epoch* grows with each restart."""

    name: str
    version: str
    epoch: int = 0
    headless: bool = True
    executable: str = ""
    user_agent: str = ""
    profile: str = ""
    downloads: str = ""
    pages: int = 0
