"""Record what the pages ask over the network, as an HTTP archive (HAR)."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta

from agent_runtime.actions.call import Call
from agent_runtime.actions.registry import action
from agent_runtime.actions.tracing import ZIP, Recording, handed_over
from agent_runtime.actions.unrecordable import beside, check_recordable

_ZIPPED: Final = "har.zip"
_PLAIN: Final = "network.har"


@action(family="artifacts", reads=False, example={"content": "omit", "url_filter": "**/api/**"})
async def start_har(
    call: Call,
    *,
    content: Annotated[
        Literal["attach", "embed", "omit"],
        Meta(
            description="Bodies: as files beside the archive, in a zip with it; in the archive "
            "itself; or not at all."
        ),
    ] = "attach",
    mode: Annotated[
        Literal["full", "minimal"],
        Meta(description="`minimal` has only what is needed to play it back, and no cookies."),
    ] = "full",
    url_filter: Annotated[
        str, Meta(min_length=1, max_length=10_000, description="A glob; only what matches it.")
    ]
    | None = None,
) -> None:
    """Begin to record the network of the profile's pages, or of the command's isolated page.

    `stop_har` ends it and hands it over. The archive has headers, and so cookies and passwords. A
    restart of the browser ends it as well, and then it is lost.
    """
    await check_recordable(call, beside(call, call.tab))
    context = call.page.context
    recordings = call.browser.recordings
    async with recordings.at_work():
        recordings.hars.check_free(context)
        recordings.tracer(context)  # which sees the context's end
        path = recordings.new_file(_ZIPPED if content == "attach" else _PLAIN)
        await context.tracing.start_har(path, content=content, mode=mode, url_filter=url_filter)
        recordings.hars.begin(context, path)


@action(family="artifacts", reads=False, example={})
async def stop_har(call: Call) -> Recording:
    """End the recording of the network and hand it over, as a zip if its bodies are attached."""
    context = call.page.context
    recordings = call.browser.recordings
    async with recordings.at_work():
        path = recordings.hars.end(context)
        await context.tracing.stop_har()
        is_zip = path.name.endswith(_ZIPPED)
        return await handed_over(
            call,
            path,
            content_type=ZIP if is_zip else "application/json",
            name=_ZIPPED if is_zip else _PLAIN,
        )
