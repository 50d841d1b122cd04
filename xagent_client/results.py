"""What the actions answer, as frozen values.

What a newer agent says more is passed over; what may be null may be missing.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from xagent_client.models import (
    CommandError as CommandError,
    DialogState as DialogState,
    PageState as PageState,
    PageSummary as PageSummary,
)


class Navigation(msgspec.Struct, frozen=True, kw_only=True):
    """Where the page is now; *status* is null when no server answered (about:blank, a cache)."""

    url: str
    status: int | None = None
    title: str


class OpenPages(msgspec.Struct, frozen=True, kw_only=True):
    """Every open page, oldest first."""

    pages: tuple[PageSummary, ...]


class OpenedPage(msgspec.Struct, frozen=True, kw_only=True):
    """The new page; *status* is null when it is blank."""

    id: str
    url: str
    title: str
    status: int | None = None


class ClosedPage(msgspec.Struct, frozen=True, kw_only=True):
    """The page that is gone, and the one that serves commands which name none."""

    closed: str
    main: str


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """An outline of the page; refs in it name elements until the page goes elsewhere."""

    snapshot_id: str
    snapshot: str


class Waited(msgspec.Struct, frozen=True, kw_only=True):
    """All that was waited for is so; the page's URL by then."""

    url: str


class ShownDialog(msgspec.Struct, frozen=True, kw_only=True):
    """The open dialog of the page, or else the last that was answered; null if there was none."""

    dialog: DialogState | None = None


class DialogPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of each kind of dialog; *prompt_text* is what an accepted prompt is told.

    An alert only informs and a beforeunload stands in the way of what was asked for, so both are
    accepted; a confirm or a prompt asks for a decision that nobody here may make.
    """

    alert: Literal["accept", "dismiss", "leave"] = "accept"
    """What to do with a dialog."""
    beforeunload: Literal["accept", "dismiss", "leave"] = "accept"
    confirm: Literal["accept", "dismiss", "leave"] = "dismiss"
    prompt: Literal["accept", "dismiss", "leave"] = "dismiss"
    prompt_text: str | None = None


class KnownSecrets(msgspec.Struct, frozen=True, kw_only=True):
    """Every secret of this agent."""

    secrets: tuple[KnownSecret, ...]


class KnownSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret without its value; with no *hosts* it may be typed on any page."""

    name: str
    kind: Literal["text", "totp"]
    """What is done with the value."""
    hosts: tuple[str, ...]


class BrowserInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The browser behind this agent; *epoch* grows with each restart."""

    name: str
    version: str
    epoch: int
    headless: bool
    executable: str
    user_agent: str
    profile: str
    downloads: str
    pages: int


class Restarted(msgspec.Struct, frozen=True, kw_only=True):
    """The browser after its restart."""

    epoch: int
    main: str
    pages: tuple[RestoredPage, ...]


class RestoredPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of before, and the one that took its place at the same URL."""

    was: str
    now: str
    url: str


class BatchResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of each step, in their order."""

    steps: tuple[StepResult, ...]


class StepResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one step."""

    action: str
    state: Literal["failed", "skipped", "succeeded"]
    """How a step ended."""
    result: Any = None
    error: CommandError | None = None
    page: PageState | None = None
