"""Several actions in one round trip, in order, each with a result.

A batch is one command: one request id, one line in the journal, one deadline, and a cancellation
stops it in the middle. A later step may use what an earlier one found: wherever a value is
expected it may say `{"$step": 0, "path": "result.url"}`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from agent_runtime.actions.call import Call, StepDone
from agent_runtime.actions.errors import ActionFailed, ActionTimedOut
from agent_runtime.actions.registry import action
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import CommandError, Effect, PageState

MAX_STEPS: Final = 100

_STEP: Final = "$step"


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One action of the batch."""

    action: Annotated[str, Meta(min_length=1, max_length=128)]
    params: Annotated[dict[str, Any], Meta(description="As the action's own schema says.")] = {}
    page: Annotated[
        Any,
        Meta(
            description="Its page, if not that of the command: an id, a label, or a reference.",
            extra_json_schema={"type": ["string", "object", "null"]},
        ),
    ] = None


class StepState(StrEnum):
    """How a step ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"


class StepResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one step."""

    action: str
    state: StepState
    result: Any = None
    error: CommandError | None = None
    page: PageState | None = None


class BatchResult(msgspec.Struct, frozen=True):
    """What became of each step, in their order."""

    steps: tuple[StepResult, ...]


@action(
    family="batch",
    reads=False,
    of_others=True,
    example={
        "steps": [
            {"action": "goto", "params": {"url": "https://example.com/"}},
            {"action": "new_page", "params": {"url": {"$step": 0, "path": "result.url"}}},
            {"action": "title", "page": {"$step": 1, "path": "result.id"}},
        ]
    },
)
async def batch(
    call: Call,
    *,
    steps: Annotated[tuple[Step, ...], Meta(min_length=1, max_length=MAX_STEPS)],
    stop_on_error: Annotated[
        bool, Meta(description="Skip what follows a step that failed, and fail with its code.")
    ] = True,
) -> BatchResult:
    """Run several actions one after the other, and return a result for each.

    In place of any value, `{"$step": 0, "path": "result.url"}` stands for what an earlier step
    (the first is 0) came to; a path may lead through `result`, `page` and list indexes. Params
    without such references are checked before anything runs. When a step fails, what the steps
    before it came to stands in the result all the same.
    """
    for number, step in enumerate(steps):
        _check(call, number, step)
    done: list[StepResult] = []
    for number, step in enumerate(steps):
        try:
            came_to = await _run(call, number, step, done)
        except ActionFailed as failure:
            done.append(_failed(step, failure))
            if stop_on_error:
                done += [StepResult(one.action, StepState.SKIPPED) for one in steps[number + 1 :]]
                raise _of_batch(number, step, failure, done) from failure
        else:
            result = msgspec.json.decode(came_to.result)
            done.append(StepResult(step.action, StepState.SUCCEEDED, result, page=came_to.page))
    return BatchResult(tuple(done))


async def _run(call: Call, number: int, step: Step, done: list[StepResult]) -> StepDone:
    params = msgspec.json.encode(_filled_in(step.params, f"steps.{number}.params", done))
    page = _filled_in(step.page, f"steps.{number}.page", done)
    if page is not None and not isinstance(page, str):
        raise _invalid(f"steps.{number}.page", "names no page")
    return await call.steps.run(call, step.action, params, page or call.command.page)


def _check(call: Call, number: int, step: Step) -> None:
    """Refuse what cannot work before anything is begun."""
    for place, value in (("params", step.params), ("page", step.page)):
        _check_references(value, f"steps.{number}.{place}", number)
    if not _refers(step.params):
        try:
            call.steps.check(step.action, msgspec.json.encode(step.params))
        except ActionFailed as failure:
            raise ActionFailed(
                failure.code, f"steps.{number}: {failure}", details={"step": number}
            ) from failure


def _is_reference(value: object) -> bool:
    return isinstance(value, dict) and _STEP in value


def _refers(value: object) -> bool:
    if _is_reference(value):
        return True
    match value:
        case dict():
            return any(_refers(item) for item in value.values())
        case list():
            return any(_refers(item) for item in value)
    return False


def _check_references(value: Any, place: str, number: int) -> None:
    match value:
        case dict() if _is_reference(value):
            step, path = value[_STEP], value.get("path", "result")
            if type(step) is not int or not 0 <= step < number:
                raise _invalid(place, f"{_STEP} must be the number of an earlier step")
            if not isinstance(path, str) or set(value) - {_STEP, "path"}:
                raise _invalid(place, "a reference has a path and nothing else")
        case dict():
            for name, item in value.items():
                _check_references(item, f"{place}.{name}", number)
        case list():
            for index, item in enumerate(value):
                _check_references(item, f"{place}.{index}", number)


def _filled_in(value: Any, place: str, done: list[StepResult]) -> Any:
    match value:
        case dict() if _is_reference(value):
            return _looked_up(done[value[_STEP]], value.get("path", "result"), place)
        case dict():
            return {name: _filled_in(item, f"{place}.{name}", done) for name, item in value.items()}
        case list():
            return [_filled_in(item, f"{place}.{at}", done) for at, item in enumerate(value)]
    return value


def _looked_up(source: StepResult, path: str, place: str) -> Any:
    found: Any = msgspec.to_builtins(source)
    for part in path.split("."):
        try:
            found = found[int(part)] if isinstance(found, list) else found[part]
        except (KeyError, IndexError, ValueError, TypeError):
            raise _invalid(
                place, f"the step that it refers to came to nothing at {path!r}"
            ) from None
    return found


def _failed(step: Step, failure: ActionFailed) -> StepResult:
    error = CommandError(failure.code, str(failure), failure.details)
    return StepResult(step.action, StepState.FAILED, error=error)


def _of_batch(
    number: int, step: Step, failure: ActionFailed, done: list[StepResult]
) -> ActionFailed:
    message = f"step {number} ({step.action}) failed: {failure}"
    effect = failure.effect if number == 0 else Effect.PARTIAL
    result = BatchResult(tuple(done))
    if isinstance(failure, ActionTimedOut):
        return ActionTimedOut(message, effect, result=result)
    details = {**(failure.details or {}), "step": number}
    return ActionFailed(failure.code, message, effect=effect, details=details, result=result)


def _invalid(place: str, why: str) -> ActionFailed:
    return ActionFailed(ErrorCode.INVALID_PARAMS, f"{place}: {why}")
