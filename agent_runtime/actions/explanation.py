"""What an action failed with, as a code and a sentence.

Foreseen failures are explained where they arise; here is told what can happen to every action: its
page or its browser goes away, its time is over, an artifact does not get through, or we are wrong.
"""

from __future__ import annotations

from typing import Final

import structlog
from playwright.async_api import Error, TimeoutError as PlaywrightTimeout
from structlog.typing import FilteringBoundLogger

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed, ActionTimedOut
from agent_runtime.actions.obstructed import explained_by_obstacle
from agent_runtime.browser.errors import BrowserError
from agent_runtime.browser.tab import Tab
from agent_runtime.errors import ArtifactUnavailable, ArtifactUploadFailed
from agent_runtime.logs import described
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

log: FilteringBoundLogger = structlog.get_logger()

_STAYS: Final = ("ERR_ABORTED",)
"""What a page stays for, where it is."""
_PIPE_CLOSED: Final = "handler is closed"
"""How uvloop says that the pipe to Playwright's driver is no more."""


async def explained(error: Exception, call: Call) -> ActionFailed:
    """Return *error*, which *call* was ended by, as what its caller is told."""
    match error:
        case ActionFailed():
            await _let_it_show(error, call)
            return await explained_by_obstacle(error, call)
        case BrowserError():
            return _of_browser(error, call)
        case ArtifactUploadFailed():
            return ActionFailed(
                ErrorCode.ARTIFACT_UPLOAD_FAILED, str(error), effect=Effect.COMPLETE
            )
        case ArtifactUnavailable():
            return ActionFailed(ErrorCode.ARTIFACT_UNAVAILABLE, str(error), effect=Effect.NONE)
        case PlaywrightTimeout():
            return ActionTimedOut(f"{call.command.action} was not done in time")
        case Error() if _is_gone(error, call.open_tab):
            return _of_browser(await call.browser.why_closed(call.open_tab), call)
        case RuntimeError() if _PIPE_CLOSED in str(error):
            return _of_browser(await call.browser.why_closed(call.open_tab), call)
        case Error():
            # Foreseen failures were explained where they arose; this one was not foreseen.
            return ActionFailed(
                ErrorCode.INTERNAL_ERROR,
                f"the browser refused {call.command.action}: {error.message.splitlines()[0]}",
                effect=Effect.PARTIAL,
            )
    log.error("action failed", action=call.command.action, **described(error))
    return ActionFailed(
        ErrorCode.INTERNAL_ERROR,
        f"{call.command.action} failed inside the agent ({type(error).__name__}): "
        "its log has the rest",
        effect=Effect.PARTIAL,
    )


async def _let_it_show(error: ActionFailed, call: Call) -> None:
    """Wait for the error page that ends a navigation: it would interrupt the next one."""
    net_error = str((error.details or {}).get("net_error", ""))
    tab = call.open_tab
    if tab is not None and net_error.startswith("ERR_") and net_error not in _STAYS:
        await tab.has_moved(call.moves_before)


def dialog_open(tab: Tab, effect: Effect) -> ActionFailed | None:
    """Return why nothing can be done on a page that shows a dialog; null if it shows none."""
    dialog = tab.dialogs.open
    if dialog is None:
        return None
    what = "the command opened" if effect is not Effect.NONE else f"page {tab.id} shows"
    return ActionFailed(
        ErrorCode.DIALOG_OPEN,
        f"{what} a dialog ({dialog.type}: {dialog.message[:200]!r}) that stops the page: "
        "answer it with handle_dialog",
        effect=effect,
    )


def _of_browser(error: BrowserError, call: Call) -> ActionFailed:
    return ActionFailed(
        error.code,
        str(error),
        effect=Effect.PARTIAL if error.is_end and call.has_begun else Effect.NONE,
        details=error.details,
    )


def _is_gone(error: Error, tab: Tab | None) -> bool:
    if tab is not None and (tab.is_crashed or tab.page.is_closed() or tab.launch.lost.is_set()):
        return True
    return "has been closed" in error.message or "crashed" in error.message
