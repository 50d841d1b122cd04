"""Files that pages download: each is kept as an artifact by itself, and listed here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
from msgspec import Meta
from playwright.async_api import Error, Page

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed, ActionTimedOut
from agent_runtime.actions.navigate import STARTS, navigating
from agent_runtime.actions.params import Frame, Target
from agent_runtime.actions.registry import action
from agent_runtime.actions.urls import Url
from agent_runtime.browser.attachment import Attachment
from agent_runtime.browser.download import Download, DownloadState, DownloadSummary
from agent_runtime.browser.download_source import BROWSER_ENDED
from agent_runtime.browser.downloads import Claim, number_of
from xagent_protocol.errors import ErrorCode
from xagent_protocol.ids import ArtifactId
from xagent_protocol.outcomes import ArtifactRef

DownloadName = Annotated[str, Meta(pattern="^d[1-9][0-9]{0,17}$")]


class DownloadedFile(msgspec.Struct, frozen=True):
    """A file that is an artifact now; *name* is what its site calls it, *size* in bytes."""

    id: str
    artifact_id: ArtifactId
    name: str
    content_type: str
    size: int
    sha256: str
    url: str


class DownloadList(msgspec.Struct, frozen=True):
    """Downloads, newest first."""

    downloads: tuple[DownloadSummary, ...]


@action(family="artifacts", reads=False, example={"url": "https://example.com/report.pdf"})
async def download(
    call: Call,
    *,
    url: Annotated[
        Url | None,
        Meta(description="Saved whatever it is, with the page's cookies; the page stays."),
    ] = None,
    target: Annotated[Target | None, Meta(description="Clicked, to have its file.")] = None,
    frame: Frame | None = None,
) -> DownloadedFile:
    """Download a file by its URL or by clicking a target, and wait until it is an artifact.

    Give exactly one of url and target. When the time is up before all has come, the download is
    stopped; what is whole by then is handed over all the same.
    """
    if (url is None) == (target is None):
        raise _invalid("url: give either that or target, and not both")
    if frame is not None and target is None:
        raise _invalid("frame: it goes with target")
    allowed = call.url(url) if url is not None else None
    if allowed == "about:blank":
        raise _invalid("url: about:blank is no file")
    with _claiming(call) as claim:
        if allowed is not None:
            begun = await _open(call, allowed, claim)
        else:
            begun = await _click(call, target or "", frame, claim)
        artifact = await _arrived(call, begun)
    call.artifacts.append(artifact)
    return DownloadedFile(
        begun.id,
        artifact.artifact_id,
        artifact.name,
        artifact.content_type,
        artifact.size,
        artifact.sha256,
        begun.taken.url,
    )


@action(family="artifacts", reads=True, on_page=False, example={"limit": 5})
async def downloads(
    call: Call, *, limit: Annotated[int, Meta(ge=1, le=100, description="How many.")] = 20
) -> DownloadList:
    """List what pages have downloaded, newest first, whoever caused it.

    Each becomes an artifact by itself; `artifact_id` is set when it is there. The latest 100 are
    remembered.
    """
    found = [one.summary() for one in call.browser.downloads]
    return DownloadList(tuple(found[:limit]))


@action(family="artifacts", reads=True, on_page=False, example={"id": "d3"})
async def wait_for_download(
    call: Call,
    *,
    id: Annotated[DownloadName | None, Meta(description="The one to wait for.")] = None,
    since: Annotated[
        DownloadName | None, Meta(description="A download that was there before.")
    ] = None,
) -> DownloadSummary:
    """Wait until a download is over, and return it, however it ended.

    Without *id* it is the first that began after *since*; without either, after this command did.
    Ids only grow, so a download that began before this command is found by *since* as well.
    """
    if id is not None and since is not None:
        raise _invalid("since: it goes with no id")
    listed = call.browser.downloads
    if id is None:
        wanted = await listed.expect(number_of(since) if since is not None else listed.newest())
    elif (found := listed.find(id)) is not None:
        wanted = found
    else:
        raise _invalid(f"id: {id} is not among the downloads: see `downloads`")
    await wanted.wait()
    return wanted.summary()


async def _open(call: Call, url: str, claim: Claim) -> Download:
    """Let the page save *url* instead of showing it, and return the download."""
    async with Attachment(call.page) as attachment:
        claim.content_type = lambda: attachment.content_type
        await _go(call, url, attachment)
        return await _begun(call, claim, f"{url[:500]} was opened")


async def _go(call: Call, url: str, attachment: Attachment) -> None:
    with navigating(url):
        try:
            await call.page.goto(url, timeout=call.patience_ms)
        except Error as error:
            if STARTS in error.message:
                return
            if (refusal := _refusal(url, attachment)) is not None:
                raise refusal from error
            raise
    raise _failed(f"{url[:500]} opened as a page, and is no file")


async def _click(call: Call, target: str, frame: str | None, claim: Claim) -> Download:
    async with call.element(target, frame) as element:
        await element.click(timeout=call.patience_ms)
    what = f"{target!r} was clicked; if it leads to a page or a picture, download that by url"
    return await _begun(call, claim, what)


@contextmanager
def _claiming(call: Call) -> Iterator[Claim]:
    """Claim the next download of the page, or of one that it opens meanwhile.

    What is not whole when the block ends is stopped, however that came.
    """
    pages = [call.page]

    def note(popup: Page) -> None:
        pages.append(popup)

    claim = Claim(call.command.request_id, lambda page: page in pages)
    call.page.on("popup", note)
    try:
        with call.browser.downloads.claiming(claim):
            yield claim
    finally:
        call.page.remove_listener("popup", note)
        if (begun := claim.download) is not None:
            begun.stop("the command that wanted it was stopped", DownloadState.CANCELLED)


async def _begun(call: Call, claim: Claim, after: str) -> Download:
    try:
        async with asyncio.timeout(call.patience_ms / 1000):
            return await claim.begun
    except TimeoutError as error:
        raise ActionTimedOut(f"no download began in time after {after}") from error


async def _arrived(call: Call, begun: Download) -> ArtifactRef:
    """Wait until *begun* is an artifact; stop it if the command is stopped."""
    try:
        async with asyncio.timeout(call.patience_ms / 1000):
            await begun.wait()
    except TimeoutError as error:
        raise _unfinished(begun) from error
    if begun.error == BROWSER_ENDED:
        raise await call.browser.why_closed(call.tab)
    if begun.artifact is None:
        raise _failed(f"{begun.taken.url} was not downloaded: {begun.error}", id=begun.id)
    return begun.artifact


def _unfinished(begun: Download) -> ActionTimedOut:
    if begun.state is DownloadState.UPLOADING:
        return ActionTimedOut(
            f"{begun.id} is whole on the agent's disk, and an artifact as soon as the orchestrator "
            "takes it: see `downloads`"
        )
    so_far = f"{begun.size} bytes of" if begun.size is not None else "only a part of"
    return ActionTimedOut(
        f"{so_far} {begun.id} ({begun.taken.name}) had come, and it was stopped: give it more time"
    )


def _refusal(url: str, attachment: Attachment) -> ActionFailed | None:
    """Say why the server of *url* gave no file, if it was that."""
    if attachment.net_error is not None:
        reason = f"its server did not answer ({attachment.net_error})"
        return _failed(f"{url[:500]}: {reason}", net_error=attachment.net_error)
    if attachment.status is not None and not attachment.is_file:
        reason = f"its server answered {attachment.status}, and no file"
        return _failed(f"{url[:500]}: {reason}", status=attachment.status)
    return None


def _failed(message: str, **details: object) -> ActionFailed:
    return ActionFailed(ErrorCode.DOWNLOAD_FAILED, message, details=details or None)


def _invalid(message: str) -> ActionFailed:
    return ActionFailed(ErrorCode.INVALID_PARAMS, message)
