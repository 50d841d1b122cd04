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


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """Where something is, from the upper left corner of what is in view."""

    x: float
    y: float
    width: float
    height: float


class DurableSelector(msgspec.Struct, frozen=True, kw_only=True):
    """How an element is found again, on another visit too.

    *selector* serves as a `target`; *code* is the same for a Playwright program in Python.
    """

    selector: str
    code: str


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """An outline of the page; refs in it name elements until the page goes elsewhere.

    With *since*, it holds only what differs from that snapshot.
    """

    snapshot_id: str
    snapshot: str
    since: str | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The first matches in the order of the page, and how many there are in all."""

    snapshot_id: str
    matches: tuple[Match, ...]
    total: int


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """One element; without a ref it cannot be acted on: it is hidden, or lets clicks through."""

    line: str
    within: str = ""
    ref: str | None = None


class Scraped(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for: one of *text*, *links*, *tables*, *values*."""

    text: str | None = None
    links: tuple[Link, ...] | None = None
    tables: tuple[Table, ...] | None = None
    values: dict[str, Any] | None = None
    note: str | None = None


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link by what it says, and its whole address."""

    text: str
    url: str


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table; *headers* is empty where it has none. Cells that span others stand in each."""

    caption: str | None = None
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class FilledForm(msgspec.Struct, frozen=True, kw_only=True):
    """How many fields were filled."""

    filled: int


class Scrolled(msgspec.Struct, frozen=True, kw_only=True):
    """How far the box is scrolled by now, and how far it can be, in CSS pixels."""

    x: float
    y: float
    max_x: float
    max_y: float


class Waited(msgspec.Struct, frozen=True, kw_only=True):
    """What was waited for is so; the page's URL by then, and whatever came.

    *new_page* is the id of the page that was opened, *met* names the first condition of several
    that was met, with `any`.
    """

    url: str
    response: SeenResponse | None = None
    download: SeenDownload | None = None
    new_page: str | None = None
    console: str | None = None
    met: str | None = None


class SeenResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The answer that came."""

    url: str
    method: str
    status: int


class SeenDownload(msgspec.Struct, frozen=True, kw_only=True):
    """The download that is over; *failure* says what went wrong, if anything."""

    name: str
    url: str
    failure: str | None = None


class InitScript(msgspec.Struct, frozen=True, kw_only=True):
    """The script's id, by which it is removed again."""

    id: str


class CodeResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the code returned, and the beginning of what it printed."""

    value: Any
    printed: str


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


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """Who drives the page by hand, and for how many seconds more; null if commands do."""

    holder: str | None = None
    seconds: float | None = None


class TakenControl(msgspec.Struct, frozen=True, kw_only=True):
    """The lease, the *number*th of its page, that ends in *seconds* unless it is used."""

    holder: str
    seconds: float
    number: int


class Released(msgspec.Struct, frozen=True, kw_only=True):
    """What the person left to say, and how long it took."""

    request: str
    note: str | None = None
    seconds: float


class ReleasedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The request that is over, and what had been asked."""

    request: str
    reason: str


class KnownSecrets(msgspec.Struct, frozen=True, kw_only=True):
    """Every secret of this agent."""

    secrets: tuple[KnownSecret, ...]


class KnownSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret without its value; with no *hosts* it may be typed on any page."""

    name: str
    kind: Literal["text", "totp"]
    """What is done with the value."""
    hosts: tuple[str, ...]


class DownloadedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is an artifact now; *name* is what its site calls it, *size* in bytes."""

    id: str
    artifact_id: str
    name: str
    content_type: str
    size: int
    sha256: str
    url: str


class DownloadList(msgspec.Struct, frozen=True, kw_only=True):
    """Downloads, newest first."""

    downloads: tuple[DownloadSummary, ...]


class DownloadSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A download as it stands.

    *size* in bytes, so far while it is in progress; *artifact_id* is set when it is complete.
    """

    id: str
    page: str | None = None
    url: str
    name: str
    state: Literal["cancelled", "complete", "failed", "in_progress", "uploading"]
    """How far a download is."""
    size: int | None = None
    artifact_id: str | None = None
    error: str | None = None


class TraceStarted(msgspec.Struct, frozen=True, kw_only=True):
    """What is traced: the *pages* that are there, and those that open beside them."""

    pages: tuple[str, ...]
    isolated: bool


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """Where the file is; *size* in bytes."""

    artifact_id: str
    content_type: str
    size: int


class VideoStarted(msgspec.Struct, frozen=True, kw_only=True):
    """What the video is going to be."""

    format: Literal["avi", "webm"]


class Video(msgspec.Struct, frozen=True, kw_only=True):
    """Where the video is; *size* in bytes. *cut*: it grew too large, and its end is missing."""

    artifact_id: str
    content_type: str
    size: int
    seconds: float
    cut: bool


class CredentialOrigins(msgspec.Struct, frozen=True, kw_only=True):
    """For whom the browser has a name and a password."""

    origins: tuple[str, ...]


class RouteState(msgspec.Struct, frozen=True, kw_only=True):
    """One route; *page* is null where it is the browser's, *times_left* where it stays for ever.

    *error* is why it last failed to do its work; the request was aborted then.
    """

    id: str
    page: str | None = None
    pattern: str
    is_regex: bool
    method: str | None = None
    resource_types: tuple[str, ...]
    does: str
    hits: int
    times_left: int | None = None
    error: str | None = None


class RouteList(msgspec.Struct, frozen=True, kw_only=True):
    """Routes, oldest first; *left_out* is how many more there are."""

    routes: tuple[RouteState, ...]
    left_out: int = 0


class RequestList(msgspec.Struct, frozen=True, kw_only=True):
    """Requests, oldest first; *left_out* is how many older ones fit as well."""

    requests: tuple[RequestSummary, ...]
    left_out: int


class RequestSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One request; *status* is null where there was no answer.

    *failure* is null where there was one, and where nobody listened yet when there was none.
    """

    id: int
    method: str
    url: str
    resource_type: str
    state: Literal["answered", "failed", "pending"]
    status: int | None = None
    failure: str | None = None


class RequestDetail(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of one request.

    Of *timing*, milliseconds after *started_at*, -1 is what did not happen or is not known.
    *redirected_to* is the id of the request that followed.
    """

    id: int
    method: str
    url: str
    resource_type: str
    state: Literal["answered", "failed", "pending"]
    status: int | None = None
    failure: str | None = None
    started_at: str | None = None
    timing: dict[str, float]
    sizes: Sizes | None = None
    server: str | None = None
    from_service_worker: bool
    redirected_to: int | None = None
    request_headers: dict[str, str] | None = None
    response_headers: dict[str, str] | None = None
    request_body: Body | None = None
    response_body: Body | None = None


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes as they went over the network."""

    request_headers: int
    request_body: int
    response_headers: int
    response_body: int


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """Either text, or an artifact, or why there is neither; *size* in bytes."""

    content_type: str
    size: int | None = None
    text: str | None = None
    artifact_id: str | None = None
    missing: str | None = None


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """The last answer; *redirects* are the URLs that led to its *url*."""

    url: str
    status: int
    status_text: str
    headers: dict[str, str]
    body: Body
    redirects: tuple[str, ...] = ()


class ConsoleMessages(msgspec.Struct, frozen=True, kw_only=True):
    """Messages, oldest first; *left_out* is how many older ones fit as well."""

    messages: tuple[ConsoleMessage, ...]
    left_out: int


class ConsoleMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message, and the place of the script that wrote it, counted from 1."""

    id: int
    type: str
    text: str
    at: str
    url: str
    line: int
    column: int


class PageErrors(msgspec.Struct, frozen=True, kw_only=True):
    """Errors, oldest first; *left_out* is how many older ones there are."""

    errors: tuple[PageError, ...]
    left_out: int


class PageError(msgspec.Struct, frozen=True, kw_only=True):
    """What a script threw and nobody caught; *name* is empty where it was no error."""

    id: int
    name: str
    message: str
    stack: str


class CookieList(msgspec.Struct, frozen=True, kw_only=True):
    """Cookies by domain and name; *left_out* is how many more there are."""

    cookies: tuple[Cookie, ...]
    left_out: int


class Cookie(msgspec.Struct, frozen=True, kw_only=True):
    """One cookie; *expires* is in seconds since 1970, or null for one of the session."""

    name: str
    value: str
    domain: str
    path: str
    expires: float | None = None
    http_only: bool
    secure: bool
    same_site: str
    partition_key: str | None = None


class CookiesSet(msgspec.Struct, frozen=True, kw_only=True):
    """How many the browser has taken, and the names of those that it silently has not."""

    set: int
    not_taken: tuple[str, ...]


class CookiesCleared(msgspec.Struct, frozen=True, kw_only=True):
    """How many are gone."""

    cleared: int


class StoredItems(msgspec.Struct, frozen=True, kw_only=True):
    """Items of *origin*, by name; *left_out* is how many more there are."""

    origin: str
    items: tuple[StoredItem, ...]
    left_out: int


class StoredItem(msgspec.Struct, frozen=True, kw_only=True):
    """One item; *length* is that of the whole value, in characters."""

    name: str
    value: str
    length: int


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """How many items *origin* has now."""

    origin: str
    items: int


class SavedState(msgspec.Struct, frozen=True, kw_only=True):
    """What was saved, and where: in an artifact, or in *state* where that was asked for."""

    cookies: int
    origins: tuple[str, ...]
    artifact_id: str | None = None
    state: Any = None


class LoadedState(msgspec.Struct, frozen=True, kw_only=True):
    """What the page's context has now."""

    cookies: int
    origins: tuple[str, ...]


class EmulatedDevice(msgspec.Struct, frozen=True, kw_only=True):
    """What the page finds now; *device* is null where it is the browser itself."""

    device: str | None = None
    user_agent: str
    width: int | None = None
    height: int | None = None


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
