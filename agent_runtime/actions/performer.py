"""Runs one command and always comes back with its outcome.

Whatever happens (bad params, a crash, a wedged page, an error of ours) ends as an outcome with a
code; only the cancellation of the call itself passes through.
"""

from __future__ import annotations

import asyncio
import contextlib
from time import perf_counter
from typing import Final

import msgspec
import structlog
from playwright.async_api import Error, TimeoutError as PlaywrightTimeout
from structlog.typing import FilteringBoundLogger

from agent_runtime.actions.artifacts import ArtifactStore
from agent_runtime.actions.call import ActionLimits, Call
from agent_runtime.actions.errors import ActionFailed, ActionTimedOut
from agent_runtime.actions.registry import Action, ActionRegistry
from agent_runtime.actions.results import Truncated, encode_result, is_too_deep
from agent_runtime.browser.browser import Browser
from agent_runtime.browser.errors import BrowserCrashed, BrowserError, PageClosed
from agent_runtime.browser.tab import Tab, printable
from agent_runtime.errors import ArtifactUploadFailed
from agent_runtime.logs import described
from xagent_protocol.errors import ErrorCode
from xagent_protocol.messages import ActionSpec, Command
from xagent_protocol.outcomes import (
    NO_RESULT,
    CommandError,
    DialogState,
    Effect,
    Outcome,
    OutcomeState,
    PageState,
)

log: FilteringBoundLogger = structlog.get_logger()

_MAIN: Final = "main"
"""The lane of the main page: one, whichever page that comes to be, lest a command that is asked
for later overtake those that wait for the page that was."""

_PIPE_CLOSED: Final = "handler is closed"
"""How uvloop says that the pipe to Playwright's driver is no more."""

_LOADING: Final = ("navigate", "pages")
"""The families of actions that may be stopped while a page loads."""


class Performer:
    """The actions of one agent on its one browser."""

    def __init__(
        self,
        browser: Browser,
        registry: ActionRegistry,
        artifacts: ArtifactStore,
        limits: ActionLimits | None = None,
    ) -> None:
        """Use *browser*, which somebody else starts, watches and closes."""
        self._browser = browser
        self._registry = registry
        self._artifacts = artifacts
        self.limits = limits or ActionLimits()
        """May be replaced whenever the orchestrator announces others."""

    def specs(self) -> tuple[ActionSpec, ...]:
        """What the agent announces."""
        return self._registry.specs()

    def lane(self, command: Command) -> str | None:
        """Return the key of the lane in which *command* must wait its turn, if it has to."""
        found = self._registry.get(command.action)
        if found is None or not found.spec.on_page:
            return None
        if command.page is None:
            return _MAIN
        main = self._browser.tabs.main
        return _MAIN if main is not None and command.page == main.id else command.page

    async def perform(self, command: Command) -> Outcome:
        """Run *command* within its time and return how it ended.

        Cancelling this stops the action; ask `cancelled` for the outcome then.
        """
        began = perf_counter()
        call = Call(
            command,
            self._browser,
            self._artifacts,
            self.limits,
            asyncio.get_running_loop().time() + command.timeout,
        )
        dialogs: dict[Tab, int] = {}
        error: CommandError | None = None
        state, effect, result = OutcomeState.SUCCEEDED, Effect.COMPLETE, NO_RESULT
        try:
            action = self._registry.named(command.action)
            params = action.decode(command.params)
            result = await self._run(action, params, call, dialogs)
        except Exception as raised:
            failure = await self._explain(raised, call)
            timed_out = isinstance(failure, ActionTimedOut)
            state = OutcomeState.TIMED_OUT if timed_out else OutcomeState.FAILED
            effect = failure.effect
            error = CommandError(failure.code, printable(str(failure)), failure.details)
        return Outcome(
            state=state,
            effect=effect,
            result=result,
            error=error,
            page=self._page_state(call),
            artifacts=tuple(call.artifacts),
            dialog=_dialog(call, dialogs),
            notices=self._browser.take_notices(),
            duration_ms=round((perf_counter() - began) * 1000, 3),
        )

    def cancelled(self, command: Command, begun: bool) -> Outcome:
        """Return the outcome of a command that was cancelled before or after it began."""
        page: PageState | None = None
        with contextlib.suppress(BrowserError):
            tab = self._browser.tabs.named(command.page) if command.page else None
            tab = tab or self._browser.tabs.main
            page = tab.state() if tab is not None else None
        if begun:
            message = "the command was cancelled while it ran; what it had done by then stays done"
        else:
            message = "the command was cancelled before it began"
        return Outcome(
            state=OutcomeState.CANCELLED,
            effect=Effect.PARTIAL if begun else Effect.NONE,
            error=CommandError(ErrorCode.CANCELLED, message),
            page=page,
        )

    async def _run(
        self, action: Action, params: msgspec.Struct, call: Call, dialogs: dict[Tab, int]
    ) -> msgspec.Raw:
        tab: Tab | None = None
        began = False
        deadline = call.expiry = asyncio.timeout_at(call.deadline)
        try:
            async with deadline:
                if action.spec.on_page:
                    tab = call.open_tab = await self._browser.tab(call.command.page)
                    # Which page is main may have changed since the lane was chosen.
                    async with tab.turn:
                        if tab.is_crashed:
                            raise await self._browser.why_closed(tab)
                        await tab.prepare()
                        dialogs[tab] = tab.dialogs_shown
                        began = True
                        with tab.running(deadline):
                            value = await action.run(call, params)
                else:
                    await self._browser.ready()
                    began = True
                    value = await action.run(call, params)
                return await _encode(value, call)
        except TimeoutError as error:
            if not deadline.expired():
                raise
            tab = call.open_tab
            if tab is not None and (tab.launch.lost.is_set() or tab.is_crashed):
                raise await self._browser.why_closed(tab) from error
            if tab is not None and tab.page.is_closed():
                raise await self._browser.why_closed(tab) from error
            if began:
                await self._free(call, action)
            raise ActionTimedOut(
                f"{action.spec.name} was stopped after {call.command.timeout:g} s: "
                "give it more time, or look at the page with a snapshot",
                Effect.PARTIAL if began else Effect.NONE,
            ) from error
        except (ActionTimedOut, asyncio.CancelledError):
            if began:
                await self._free(call, action)
            raise
        finally:
            if began and not action.spec.reads:
                self._browser.touched(call.open_tab)

    async def _free(self, call: Call, action: Action) -> None:
        """Leave the page usable for the next command, whatever this one was stopped in."""
        if call.open_tab is not None:
            await call.open_tab.unwedge(loads=action.spec.family in _LOADING)

    async def _explain(self, error: Exception, call: Call) -> ActionFailed:
        match error:
            case ActionFailed():
                return error
            case BrowserError():
                return _of_browser(error)
            case ArtifactUploadFailed():
                return ActionFailed(
                    ErrorCode.ARTIFACT_UPLOAD_FAILED, str(error), effect=Effect.COMPLETE
                )
            case PlaywrightTimeout():
                return ActionTimedOut(f"{call.command.action} was not done in time")
            case Error() if _is_gone(error, call.open_tab):
                return _of_browser(await self._browser.why_closed(call.open_tab))
            case RuntimeError() if _PIPE_CLOSED in str(error):
                return _of_browser(await self._browser.why_closed(call.open_tab))
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

    def _page_state(self, call: Call) -> PageState | None:
        return call.open_tab.state() if call.open_tab is not None else None


async def _encode(value: object, call: Call) -> msgspec.Raw:
    encoded = encode_result(value)
    if len(encoded) <= call.limits.inline_result_bytes and not is_too_deep(encoded):
        return msgspec.Raw(encoded)
    artifact = await call.keep(
        encoded, content_type="application/json", name=f"{call.command.action}.json"
    )
    return msgspec.Raw(encode_result(Truncated(artifact.artifact_id, len(encoded))))


def _of_browser(error: BrowserError) -> ActionFailed:
    partial = isinstance(error, BrowserCrashed | PageClosed) and "while" in str(error)
    return ActionFailed(
        error.code,
        str(error),
        effect=Effect.PARTIAL if partial else Effect.NONE,
        details=error.details,
    )


def _is_gone(error: Error, tab: Tab | None) -> bool:
    if tab is not None and (tab.is_crashed or tab.page.is_closed() or tab.launch.lost.is_set()):
        return True
    return "has been closed" in error.message or "crashed" in error.message


def _dialog(call: Call, before: dict[Tab, int]) -> DialogState | None:
    tab = call.open_tab
    if tab is None or tab.dialogs_shown == before.get(tab):
        return None
    return tab.last_dialog
