"""Run Python with Playwright in the agent itself, where its own settings allow that."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from playwright.async_api import Error

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed, ActionTimedOut
from agent_runtime.actions.registry import action
from agent_runtime.actions.results import encode_result
from agent_runtime.actions.script import Json
from agent_runtime.actions.user_code import CodeOverran, UserCode
from agent_runtime.browser.text import printable
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

_SETTING: Final = "--allow-code, or XAGENT_ALLOW_CODE=1"


class CodeResult(msgspec.Struct, frozen=True):
    """What the code returned, and the beginning of what it printed."""

    value: Any
    printed: str


@action(
    family="script",
    reads=False,
    example={
        "code": "rows = page.locator('tr')\n"
        "print(await rows.count())\n"
        "return await rows.all_inner_texts()"
    },
)
async def run_code(
    call: Call,
    *,
    code: Annotated[str, Meta(min_length=1, description="The body of an async function.")],
    arg: Annotated[Json, Meta(description="What the code finds as `arg`.")] = None,
) -> CodeResult:
    """Run Python in the agent with Playwright's async API, and return what it returns as JSON.

    The code finds `page`, its `context`, `arg`, and `call`, what every action gets: `await
    call.keep(content, content_type=…, name=…)` hands bytes over as an artifact, `await
    call.fetch(id)` gets one, `call.patience_ms` is how long Playwright may wait. It can do whatever
    the agent's process can, on its machine too, so it is off unless the agent was started with
    --allow-code. It must not block: use `await asyncio.sleep`, never `time.sleep`, for nothing
    else runs in the agent meanwhile.
    """
    if not call.permissions.code:
        raise ActionFailed(
            ErrorCode.NOT_ALLOWED,
            f"this agent runs no code of others: start it with {_SETTING} if it is to",
            effect=Effect.NONE,
        )
    handles = {
        "page": call.page,
        "context": call.page.context,
        "call": call,
        "arg": arg,
        "asyncio": asyncio,
    }
    written = UserCode(code, handles)
    try:
        value = await written.run(call.deadline)
    except CodeOverran:
        raise ActionTimedOut(
            f"the code went on for longer than {call.command.timeout:g} s without a pause: "
            "give it more time, or let it await now and then"
        ) from None
    except ActionFailed as failure:
        if isinstance(failure.__cause__, Error) and call.page.is_closed():
            raise failure.__cause__ from failure  # that its page is gone explains it better
        raise
    return CodeResult(_as_json(value), printable(written.printed))


def _as_json(value: object) -> msgspec.Raw:
    try:
        return msgspec.Raw(encode_result(value))
    except (TypeError, ValueError, RecursionError) as error:
        raise ActionFailed(
            ErrorCode.EVALUATION_FAILED,
            f"the code returned what JSON has no word for: {error}",
            effect=Effect.PARTIAL,
        ) from error
