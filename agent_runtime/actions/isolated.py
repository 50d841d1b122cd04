"""A script of ours in a world of its own: it shares the page's document and nothing else.

A page may have changed what `RegExp` or `Array` do, and may watch what is done with them; none of
that reaches into an isolated world, and no policy of the page's forbids a script there. Unlike a
function that is called, an expression can be given an end that even a loop obeys.
"""

from __future__ import annotations

import json
from typing import Any, Final

from playwright.async_api import CDPSession, Error

from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.javascript import ScriptFailed
from agent_runtime.browser.tab import Tab
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

_WORLD: Final = "xagent"
_TRIES: Final = 3
_TERMINATED: Final = "Execution was terminated"
_LEFT: Final = ("Cannot find context", "Execution context was destroyed", "No frame for given id")


class ScriptTooSlow(Exception):
    """The script was stopped at the end it was given."""


async def run_isolated(
    tab: Tab, function: str, argument: object, *, limit_ms: float | None = None
) -> Any:
    """Call *function*, which must not depend on which document it finds, and return its value.

    Without *limit_ms* it may return a promise, which is awaited.

    Raises:
        ScriptTooSlow: it took longer than *limit_ms*.
        ScriptFailed: it threw something.
        playwright.async_api.Error: the page is gone.
    """
    if tab.cdp is None:
        raise ActionFailed(
            ErrorCode.NOT_ACTIONABLE,
            f"page {tab.id} does not answer: reload it, or close it",
            effect=Effect.NONE,
        )
    expression = f"({function})({json.dumps(argument)})"
    for attempt in range(_TRIES):
        try:
            return await _run(tab.cdp, expression, limit_ms)
        except Error as error:
            if _TERMINATED in error.message:
                raise ScriptTooSlow("the script was stopped") from error
            # The page went to another document in between; that one will do as well.
            if attempt + 1 == _TRIES or not any(sign in error.message for sign in _LEFT):
                raise
    raise AssertionError("unreachable")


async def _run(cdp: CDPSession, expression: str, limit_ms: float | None) -> Any:
    tree = await cdp.send("Page.getFrameTree")
    world = await cdp.send(
        "Page.createIsolatedWorld",
        {"frameId": tree["frameTree"]["frame"]["id"], "worldName": _WORLD},
    )
    answer = await cdp.send(
        "Runtime.evaluate",
        {
            "expression": expression,
            "contextId": world["executionContextId"],
            "returnByValue": True,
            # Of a promise that is awaited, the browser does not say that it was stopped.
            **({"awaitPromise": True} if limit_ms is None else {"timeout": limit_ms}),
        },
    )
    thrown = answer.get("exceptionDetails")
    if thrown is not None:
        raise ScriptFailed(str(thrown.get("exception", {}).get("description", thrown.get("text"))))
    return answer["result"].get("value")
