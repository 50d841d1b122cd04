"""Runs one command and always comes back with its outcome.

Whatever happens (bad params, a crash, a wedged page, an error of ours) ends as an outcome with a
code; only the cancellation of the call itself passes through.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from time import perf_counter
from typing import Final

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime.actions.agent_permissions import Permissions
from agent_runtime.actions.artifacts import ArtifactStore
from agent_runtime.actions.call import ActionLimits, Call, StepDone
from agent_runtime.actions.errors import ActionFailed, ActionTimedOut
from agent_runtime.actions.explanation import dialog_open, explained
from agent_runtime.actions.obstructed import notices_of_obstacle
from agent_runtime.actions.recorded import is_in_trace, named, recorded
from agent_runtime.actions.registry import Action, ActionRegistry
from agent_runtime.actions.results import Truncated, encode_result, is_too_deep, printable_value
from agent_runtime.actions.steering import turn
from agent_runtime.browser.browser import Browser
from agent_runtime.browser.errors import BrowserError
from agent_runtime.browser.tab import Tab
from agent_runtime.browser.text import printable
from agent_runtime.errors import ArtifactUploadFailed
from agent_runtime.secrets.vault import Vault
from xagent_protocol.errors import ErrorCode
from xagent_protocol.messages import FAIL, ActionSpec, Command
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
        vault: Vault | None = None,
        permissions: Permissions | None = None,
    ) -> None:
        """Use *browser*, which somebody else starts, watches and closes, and *vault*'s secrets."""
        self._browser = browser
        self._registry = registry
        self._artifacts = artifacts
        self._vault = vault or Vault()
        self._masking = self._vault.masking
        browser.downloads.hand_over_to(artifacts)
        self.permissions: Final = permissions or Permissions()
        """What the agent's own settings allow."""
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
        if command.control_digest is not None:
            return None  # lest it wait behind those that wait for the hand-back
        main = self._browser.tabs.main
        tab = main if command.page is None else self._browser.tabs.find(command.page)
        if tab is not None and tab.control.lease is not None and command.if_controlled == FAIL:
            return None  # for the same reason: it is refused at once
        if command.page is None:
            return _MAIN
        if tab is None:
            return command.page
        return _MAIN if tab is main else tab.id

    async def perform(self, command: Command) -> Outcome:
        """Run *command* within its time and return how it ended.

        Cancelling this stops the action; ask `cancelled` for the outcome then.
        """
        began = perf_counter()
        deadline = asyncio.get_running_loop().time() + command.timeout
        call = Call(
            command,
            self._browser,
            self._artifacts,
            self.limits,
            deadline,
            self,
            self._vault,
            self.permissions,
        )
        error: CommandError | None = None
        state, effect, result = OutcomeState.SUCCEEDED, Effect.COMPLETE, NO_RESULT
        try:
            action = self._registry.named(command.action)
            params = action.decode(command.params)
            if is_in_trace(call):
                async with recorded(call):
                    result = await self._run(action, params, call)
            else:
                result = await self._run(action, params, call)
        except Exception as raised:
            failure = await explained(raised, call)
            timed_out = isinstance(failure, ActionTimedOut)
            state = OutcomeState.TIMED_OUT if timed_out else OutcomeState.FAILED
            effect = failure.effect
            details = printable_value(failure.details)
            error = CommandError(failure.code, printable(str(failure)), details)
            result = await _rest(failure, call)
        finally:
            await call.tidy_up()
        return self._masked(
            Outcome(
                state=state,
                effect=effect,
                result=result,
                error=error,
                page=_page_state(call),
                artifacts=tuple(call.artifacts),
                dialog=_dialog(call),
                notices=await self._notices(call, error),
                duration_ms=round((perf_counter() - began) * 1000, 3),
            )
        )

    def check(self, action: str, params: bytes) -> None:
        """Raise the `ActionFailed` of an action that is not known, or of params that do not fit."""
        self._step(action).decode(params)

    async def run(self, call: Call, action: str, params: bytes, page: str | None) -> StepDone:
        """Do *action* as a part of *call*; raises an `ActionFailed` that says what went wrong."""
        step = self._step(action)
        command = msgspec.structs.replace(call.command, action=action, page=page)
        inner = dataclasses.replace(
            call, command=command, open_tab=None, expiry=None, has_begun=False
        )
        try:
            values = step.decode(params)
            if is_in_trace(inner):
                async with named(inner):
                    result = await self._run(step, values, inner)
            else:
                result = await self._run(step, values, inner)
        except Exception as raised:
            raise await explained(raised, inner) from raised
        finally:
            call.open_tab, call.directory = inner.open_tab or call.open_tab, inner.directory
        return StepDone(result, _page_state(inner))

    def cancelled(self, command: Command, begun: bool) -> Outcome:
        """Return the outcome of a command that was cancelled before or after it began."""
        page: PageState | None = None
        with contextlib.suppress(BrowserError):
            named = self._browser.tabs.named(command.page) if command.page else None
            tab = named or self._browser.tabs.main
            page = tab.state() if tab is not None else None
        if begun:
            message = "the command was cancelled while it ran; what it had done by then stays done"
        else:
            message = "the command was cancelled before it began"
        return self._masked(
            Outcome(
                state=OutcomeState.CANCELLED,
                effect=Effect.PARTIAL if begun else Effect.NONE,
                error=CommandError(ErrorCode.CANCELLED, message),
                page=page,
            )
        )

    async def _notices(self, call: Call, error: CommandError | None) -> tuple[str, ...]:
        notices = call.notices + self._browser.take_notices() + _downloads_begun(call)
        egress, tab = self._browser.egress, call.open_tab
        if egress is None or tab is None or error is not None:
            return notices
        return (*notices, *await notices_of_obstacle(egress, tab))

    def _masked(self, outcome: Outcome) -> Outcome:
        return self._masking.outcome(outcome) if self._masking.is_active else outcome

    def _step(self, action: str) -> Action:
        step = self._registry.named(action)
        if step.is_of_others:
            raise ActionFailed(ErrorCode.INVALID_PARAMS, f"{action} cannot be a part of another")
        return step

    async def _run(self, action: Action, params: msgspec.Struct, call: Call) -> msgspec.Raw:
        if action.is_of_others:
            # Each of the others has its own turn and its own end, at the same deadline.
            call.has_begun = True
            return await _encode(await action.run(call, params), call)
        deadline = call.expiry = asyncio.timeout_at(call.deadline)
        try:
            async with deadline:
                if action.spec.on_page:
                    tab = call.open_tab = await self._browser.tab(call.command.page)
                    # Which page is main may have changed since the lane was chosen.
                    async with turn(call, tab):
                        await self._prepare(call, tab)
                        call.has_begun = True
                        with tab.running(deadline):
                            value = await action.run(call, params)
                else:
                    await self._browser.ready()
                    call.has_begun = True
                    value = await action.run(call, params)
                return await _encode(value, call)
        except TimeoutError as error:
            if not deadline.expired():
                raise
            raise await self._interrupted(action, call) from error
        except (ActionTimedOut, asyncio.CancelledError):
            if call.has_begun:
                await self._free(call, action)
            raise
        finally:
            if call.has_begun and not action.spec.reads:
                self._browser.touched(call.open_tab)

    async def _prepare(self, call: Call, tab: Tab) -> None:
        if tab.is_crashed:
            raise await self._browser.why_closed(tab)
        if (failure := dialog_open(tab, Effect.NONE)) is not None:
            raise failure
        await tab.prepare()
        call.dialogs_before = tab.dialogs.shown
        call.moves_before = tab.moves

    async def _interrupted(self, action: Action, call: Call) -> Exception:
        """Say why the time was over: by itself, or because the page can go on no more."""
        tab = call.open_tab
        if tab is not None:
            if tab.launch.lost.is_set() or tab.is_crashed or tab.page.is_closed():
                return await self._browser.why_closed(tab)
            if call.has_begun and (failure := dialog_open(tab, Effect.PARTIAL)) is not None:
                return failure
            # Before the page is freed: then whoever took it over has it, and is noted elsewhere.
            if call.has_begun and (holder := tab.taken_by) is not None:
                await self._free(call, action)
                return ActionFailed(
                    ErrorCode.HUMAN_HAS_CONTROL,
                    f"{holder} took the page over while the command ran: look at what it did",
                    effect=Effect.PARTIAL,
                    details={"holder": holder},
                )
        if call.has_begun:
            await self._free(call, action)
        elif tab is not None and (lease := tab.control.lease) is not None:
            return ActionTimedOut(
                f"{action.spec.name} never began: for {call.command.timeout:g} s {lease.holder} "
                f"drove page {tab.id}; give it more time, or ask them to hand the page back",
                Effect.NONE,
            )
        return ActionTimedOut(
            f"{action.spec.name} was stopped after {call.command.timeout:g} s: "
            "give it more time, or look at the page with a snapshot",
            Effect.PARTIAL if call.has_begun else Effect.NONE,
        )

    async def _free(self, call: Call, action: Action) -> None:
        """Leave the page usable for the next command, whatever this one was stopped in."""
        tab = call.open_tab
        if tab is not None and not await tab.unwedge(loads=action.spec.family in _LOADING):
            await self._browser.give_up(tab)


def _downloads_begun(call: Call) -> tuple[str, ...]:
    return call.browser.downloads.take_notices(call.open_tab.id) if call.open_tab else ()


def _page_state(call: Call) -> PageState | None:
    return call.open_tab.state() if call.open_tab is not None else None


async def _rest(failure: ActionFailed, call: Call) -> msgspec.Raw:
    if failure.result is None:
        return NO_RESULT
    try:
        return await _encode(failure.result, call)
    except ArtifactUploadFailed:
        return NO_RESULT  # why it failed is more than what was left to tell


async def _encode(value: object, call: Call) -> msgspec.Raw:
    encoded = encode_result(value)
    masking = call.vault.masking
    if masking.is_active:
        # Before it is measured: a name may be longer than what it stands for.
        encoded = masking.json(encoded)
    if len(encoded) <= call.limits.inline_result_bytes and not is_too_deep(encoded):
        return msgspec.Raw(encoded)
    artifact = await call.keep(
        encoded, content_type="application/json", name=f"{call.command.action}.json"
    )
    return msgspec.Raw(encode_result(Truncated(artifact.artifact_id, len(encoded))))


def _dialog(call: Call) -> DialogState | None:
    tab = call.open_tab
    if tab is None:
        return None
    if tab.dialogs.open is not None:
        return tab.dialogs.open
    return None if tab.dialogs.shown == call.dialogs_before else tab.dialogs.last
