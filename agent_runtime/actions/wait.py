"""Wait for something to be so, or to happen."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.happenings import ExpectedResponse, SeenDownload, SeenResponse
from agent_runtime.actions.params import Frame, Target
from agent_runtime.actions.registry import action
from agent_runtime.actions.script import Json
from agent_runtime.actions.waiting import LoadState, State, Waiting
from xagent_protocol.errors import ErrorCode


class Waited(msgspec.Struct, frozen=True, omit_defaults=True):
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


@action(family="wait", reads=False, example={"text": "Order confirmed"})
async def wait_for(
    call: Call,
    *,
    selector: Target | None = None,
    state: State = "visible",
    frame: Frame | None = None,
    text: Annotated[str, Meta(min_length=1, description="To be seen anywhere.")] | None = None,
    text_gone: Annotated[str, Meta(min_length=1, description="No longer to be seen.")]
    | None = None,
    url: Annotated[str, Meta(min_length=1, description="A URL, or a glob: **/done?*")]
    | None = None,
    load_state: LoadState | None = None,
    function: Annotated[str, Meta(min_length=1, description="JavaScript, to be truthy.")]
    | None = None,
    arg: Annotated[Json, Meta(description="The function's argument, as JSON.")] = None,
    response: Annotated[
        ExpectedResponse | Annotated[str, Meta(min_length=1)],
        Meta(description="An answer from a server, by the URL or glob of its request, or more."),
    ]
    | None = None,
    download: Annotated[bool, Meta(description="A download of the page, to its end.")] = False,
    new_page: Annotated[bool, Meta(description="A page that this one opens.")] = False,
    console: Annotated[str, Meta(min_length=1, description="A part of a console message.")]
    | None = None,
    milliseconds: Annotated[float, Meta(ge=0)] | None = None,
    any: Annotated[
        bool, Meta(description="Return once one of what is given is so, and say in `met` which.")
    ] = False,
) -> Waited:
    """Wait until all of what is given is so, within the command's timeout.

    At least one of selector, text, text_gone, url, load_state, function, response, download,
    new_page, console, milliseconds. A response, a page or a message counts if it comes after the
    command began: to catch what a click sets off, put both into one `batch`, whose beginning is
    what counts then. It counts as writing, since a function may do anything.
    """
    if isinstance(response, str):
        response = ExpectedResponse(url=response)
    with Waiting(call) as waiting:
        if selector is not None:
            waiting.element(selector, state, frame)
        if text is not None:
            waiting.text(text)
        if text_gone is not None:
            waiting.text_gone(text_gone)
        if url is not None:
            waiting.url(url)
        if load_state is not None:
            waiting.load_state(load_state)
        if function is not None:
            waiting.function(function, arg)
        if response is not None:
            waiting.response(response)
        if download:
            waiting.download()
        if new_page:
            waiting.new_page()
        if console is not None:
            waiting.console(console)
        if milliseconds is not None:
            waiting.pause(milliseconds)
        if not waiting:
            raise ActionFailed(
                ErrorCode.INVALID_PARAMS,
                "wait_for needs one of selector, text, text_gone, url, load_state, function, "
                "response, download, new_page, console, milliseconds",
            )
        met = None
        if any:
            met = await waiting.first()
        else:
            await waiting.all()
        return Waited(call.page.url, met=met, **waiting.came)
