"""Fill a whole form in one round trip.

Each field says what it is to hold, and is refused if it is of another kind: a value that lands in
the wrong field is worse than none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from agent_runtime.actions.artifacts import Fetched
from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed, ActionTimedOut
from agent_runtime.actions.fields import fill_element
from agent_runtime.actions.params import Frame, Target
from agent_runtime.actions.registry import action
from agent_runtime.actions.upload import ArtifactIds, fetch_files, set_files
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

MAX_FIELDS: Final = 200

_KINDS: Final = ("value", "checked", "options", "artifact_ids")


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One field, and what it is to hold: exactly one of value, checked, options, artifact_ids."""

    target: Target
    value: Annotated[
        str | UnsetType, Meta(description="The text of a text field, or its date.")
    ] = UNSET
    checked: Annotated[
        bool | UnsetType, Meta(description="Whether a checkbox, radio or switch is ticked.")
    ] = UNSET
    options: Annotated[
        tuple[str, ...] | str | UnsetType,
        Meta(description="What a select has chosen, by value or label."),
    ] = UNSET
    artifact_ids: Annotated[
        ArtifactIds | UnsetType, Meta(description="The files of a file input; none to clear it.")
    ] = UNSET
    frame: Frame | None = None


class FilledForm(msgspec.Struct, frozen=True):
    """How many fields were filled."""

    filled: int


Fields = Annotated[
    tuple[
        Annotated[
            Field, Meta(extra_json_schema={"oneOf": [{"required": [kind]} for kind in _KINDS]})
        ],
        ...,
    ],
    Meta(
        min_length=1,
        max_length=MAX_FIELDS,
        description="Each has a target and one of value (text), checked (true or false), options "
        "(values or labels of a select), artifact_ids (files).",
    ),
]


@action(
    family="act",
    reads=False,
    example={
        "fields": [
            {"target": "#name", "value": "Ada"},
            {"target": "#country", "options": "Norway"},
            {"target": "text=I accept the terms", "checked": True},
        ]
    },
)
async def fill_form(call: Call, *, fields: Fields) -> FilledForm:
    """Fill several fields in order, each by what it is to hold; nothing is submitted.

    When one cannot be filled, those after it are left alone, and `details` says which it was
    (`field`, the first is 0) and how many were filled before (`filled`).
    """
    for number, field in enumerate(fields):
        _check(number, field)
    files = [await _files(call, field) for field in fields]
    for number, field in enumerate(fields):
        try:
            await _fill(call, field, files[number])
        except ActionFailed as failure:
            raise _of_field(number, fields, failure) from failure
    return FilledForm(len(fields))


def _check(number: int, field: Field) -> None:
    given = [kind for kind in _KINDS if getattr(field, kind) is not UNSET]
    if len(given) != 1:
        said = " and ".join(given) or "none"
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS,
            f"fields.{number}: needs exactly one of {', '.join(_KINDS)}, and has {said}",
        )


async def _files(call: Call, field: Field) -> list[Fetched] | None:
    return None if field.artifact_ids is UNSET else await fetch_files(call, field.artifact_ids)


async def _fill(call: Call, field: Field, files: list[Fetched] | None) -> None:
    if files is not None:
        await set_files(call, field.target, field.frame, files)
        return
    async with call.element(field.target, field.frame) as element:
        if field.value is not UNSET:
            await fill_element(call, element, field.target, field.value)
        elif field.checked is not UNSET:
            await element.set_checked(field.checked, timeout=call.patience_ms)
        elif field.options is not UNSET:
            await element.select_option(field.options, timeout=call.patience_ms)


def _of_field(number: int, fields: Sequence[Field], failure: ActionFailed) -> ActionFailed:
    message = f"fields.{number} ({fields[number].target!r}): {failure}"
    if number:
        message += f"; the fields before it were filled ({number})"
    effect = failure.effect if number == 0 else Effect.PARTIAL
    details = {**(failure.details or {}), "field": number, "filled": number}
    if isinstance(failure, ActionTimedOut):
        return ActionTimedOut(message, effect, details=details)
    return ActionFailed(failure.code, message, effect=effect, details=details)
