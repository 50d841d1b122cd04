"""Record all that happens in the browser, to be looked at step by step.

A trace is of a context: of the profile's pages, or of the isolated page that the command names.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.registry import action
from agent_runtime.actions.unrecordable import beside, check_recordable
from agent_runtime.browser.tracer import FILE_NAME
from xagent_protocol.errors import ErrorCode
from xagent_protocol.ids import ArtifactId, PageId

ZIP: Final = "application/zip"


class TraceStarted(msgspec.Struct, frozen=True):
    """What is traced: the *pages* that are there, and those that open beside them."""

    pages: tuple[PageId, ...]
    isolated: bool


class Recording(msgspec.Struct, frozen=True):
    """Where the file is; *size* in bytes."""

    artifact_id: ArtifactId
    content_type: str
    size: int


@action(family="artifacts", reads=False, example={"title": "checkout"})
async def start_tracing(
    call: Call,
    *,
    title: Annotated[str, Meta(max_length=200, description="Shown above the trace.")] = "",
    screenshots: Annotated[bool, Meta(description="Pictures, as a film.")] = True,
    snapshots: Annotated[
        bool, Meta(description="The page before and after each step, and its network.")
    ] = True,
) -> TraceStarted:
    """Begin to trace the profile's pages, or the command's page if it is isolated.

    Whatever is done in them from now on is in the trace, with what was asked over the network:
    cookies and passwords, too. `stop_tracing` ends it and hands it over. A restart of the browser
    ends it as well, and then it is lost. To trace one command only, send it with
    `"record": "trace"`.
    """
    _check_not_recorded(call)
    await check_recordable(call, beside(call, call.tab))
    recordings = call.browser.recordings
    async with recordings.at_work():
        await recordings.tracer(call.page.context).start(
            title or "Xagent", screenshots=screenshots, snapshots=snapshots
        )
    return TraceStarted(tuple(tab.id for tab in beside(call, call.tab)), call.tab.is_isolated)


@action(family="artifacts", reads=False, example={})
async def stop_tracing(call: Call) -> Recording:
    """End the trace that runs and hand it over, as a zip.

    The orchestrator shows it under `/traces/` and the artifact's id.
    """
    _check_not_recorded(call)
    recordings = call.browser.recordings
    async with recordings.at_work():
        path = await recordings.tracer(call.page.context).stop()
        return await handed_over(call, path, content_type=ZIP, name=FILE_NAME)


async def handed_over(call: Call, path: Path, *, content_type: str, name: str) -> Recording:
    """Make the file at *path* an artifact of the command; it is gone afterwards, come what may."""
    try:
        artifact = await call.keep(path, content_type=content_type, name=name)
    finally:
        with contextlib.suppress(OSError):
            await asyncio.to_thread(path.unlink, missing_ok=True)
    return Recording(artifact.artifact_id, artifact.content_type, artifact.size)


def _check_not_recorded(call: Call) -> None:
    if call.command.record is not None:
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS,
            "record: what starts or stops a trace cannot be traced itself; leave `record` out",
        )
