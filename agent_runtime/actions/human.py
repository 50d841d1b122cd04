"""Wait for a person to do by hand what no command can. None of this waits for the page."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
from msgspec import Meta

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed, ActionTimedOut
from agent_runtime.actions.registry import action
from agent_runtime.browser.human_requests import HumanRequest, HumanRequests, Release
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

Reason = Annotated[
    str, Meta(min_length=1, max_length=1_000, description="What the person is to do, and why.")
]
Note = Annotated[str, Meta(max_length=1_000, description="What whoever asked should know.")]


class Released(msgspec.Struct, frozen=True):
    """What the person left to say, and how long it took."""

    request: str
    note: str | None
    seconds: float


class ReleasedRequest(msgspec.Struct, frozen=True):
    """The request that is over, and what had been asked."""

    request: str
    reason: str


@action(
    family="human",
    reads=False,
    on_page=False,
    example={"reason": "Sign in at the bank; the code goes to your telephone."},
)
async def request_human(call: Call, *, reason: Reason) -> Released:
    """Ask for a person, and wait until somebody says `release_human`.

    Give the command as much timeout as a person needs: when it is over, so is the request. Other
    commands go on meanwhile, on the same page too. The command's page is the one to look at.
    """
    tab = call.open_tab = await call.browser.tab(call.command.page)
    requests = call.browser.human_requests
    async with requests.asked(reason, tab.id, call.command.request_id) as request:
        try:
            async with asyncio.timeout(call.patience_ms / 1000):
                release = await request.wait()
        except TimeoutError as error:
            raise ActionTimedOut(
                f"nobody released {request.id} in {call.command.timeout:g} s: "
                "ask again, with more time",
                Effect.NONE,
            ) from error
    seconds = asyncio.get_running_loop().time() - request.since
    return Released(request.id, release.note, round(seconds, 3))


@action(family="human", reads=False, on_page=False, example={"note": "Signed in as Ada."})
async def release_human(
    call: Call,
    *,
    note: Note | None = None,
    request: Annotated[
        str, Meta(pattern="^h[1-9][0-9]*$", description="Needed if several are open.")
    ]
    | None = None,
) -> ReleasedRequest:
    """Say that a person has done what was asked; the command that waits for it goes on."""
    released = _chosen(call.browser.human_requests, request)
    released.release(Release(note))
    return ReleasedRequest(released.id, released.reason)


def _chosen(requests: HumanRequests, request_id: str | None) -> HumanRequest:
    found = requests.open
    if request_id is not None:
        found = tuple(one for one in found if one.id == request_id)
    if len(found) == 1:
        return found[0]
    known = "; ".join(f"{one.id}: {one.reason[:100]}" for one in requests.open) or "none"
    if found:
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS, f"request: several are open, say which: {known}"
        )
    what = request_id or "nothing"
    raise ActionFailed(
        ErrorCode.NOT_ACTIONABLE,
        f"{what} waits for a person here; what does: {known}",
        effect=Effect.NONE,
    )
