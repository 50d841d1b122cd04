"""All that makes somebody logged in, to be carried from one browser to another."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final, cast

import msgspec
from msgspec import Meta
from playwright.async_api import Error, StorageState

from agent_runtime.actions.call import Call
from agent_runtime.actions.cookies import context_of
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.registry import action
from xagent_protocol.errors import ErrorCode
from xagent_protocol.ids import ArtifactId
from xagent_protocol.outcomes import Effect

_MAX_BYTES: Final = 64 * 1024 * 1024


class SavedState(msgspec.Struct, frozen=True):
    """What was saved, and where: in an artifact, or in *state* where that was asked for."""

    cookies: int
    origins: tuple[str, ...]
    artifact_id: ArtifactId | None
    state: Any = None


class LoadedState(msgspec.Struct, frozen=True):
    """What the page's context has now."""

    cookies: int
    origins: tuple[str, ...]


class _Origin(msgspec.Struct, frozen=True):
    origin: str


class _State(msgspec.Struct, frozen=True):
    """As much of a state as must be looked at; Playwright reads the rest."""

    cookies: list[dict[str, Any]] = []
    origins: list[_Origin] = []


@action(family="state", reads=True, on_page=False, example={})
async def storage_state(
    call: Call,
    *,
    indexed_db: Annotated[
        bool, Meta(description="IndexedDB too; some sites log in by it.")
    ] = False,
    inline: Annotated[
        bool, Meta(description="In the answer, which is kept as long as the command.")
    ] = False,
) -> SavedState:
    """Save the cookies and the local storage of the page's context, as Playwright's own format.

    Of local storage it has the origins that pages were on since the browser started. Whoever has
    it is logged in: treat it like a password.
    """
    context = await context_of(call)
    state = await context.storage_state(indexed_db=indexed_db)
    encoded = msgspec.json.encode(state)
    known = msgspec.json.decode(encoded, type=_State)
    artifact_id = None
    if not inline:
        artifact = await call.keep(
            encoded, content_type="application/json", name="storage-state.json"
        )
        artifact_id = artifact.artifact_id
    return SavedState(
        len(known.cookies),
        tuple(one.origin for one in known.origins),
        artifact_id,
        state if inline else None,
    )


@action(family="state", reads=False, on_page=False, example={"artifact_id": "01HX…"})
async def set_storage_state(
    call: Call,
    *,
    artifact_id: Annotated[str, Meta(min_length=1)] | None = None,
    state: Annotated[dict[str, Any], Meta(description="As `storage_state` returns it.")]
    | None = None,
) -> LoadedState:
    """Replace the cookies and the local storage of the page's context by a state that was saved.

    What is there of logins is gone: all cookies, and the storage of the origins that pages were on
    since the browser started. To add to them use `set_cookies` and `set_local_storage`, or load
    the state into an isolated page. Pages that are open notice when they are reloaded.
    """
    if (artifact_id is None) == (state is None):
        raise _invalid("state: give either `artifact_id` or `state`")
    content = (
        msgspec.json.encode(state) if artifact_id is None else await _fetched(call, artifact_id)
    )
    try:
        known = msgspec.json.decode(content, type=_State)
    except msgspec.MsgspecError as error:
        raise _invalid(f"state: it is no storage state: {error}") from error
    for one in known.origins:
        call.url(one.origin)
    context = await context_of(call)
    try:
        await context.set_storage_state(cast("StorageState", msgspec.json.decode(content)))
    except Error as error:
        if "has been closed" in error.message:
            raise
        reason = error.message.removeprefix("BrowserContext.set_storage_state: ").splitlines()
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS,
            f"state: the browser does not take it: {' '.join(reason[:2])[:300]}",
            effect=Effect.PARTIAL,
        ) from error
    return LoadedState(len(known.cookies), tuple(one.origin for one in known.origins))


async def _fetched(call: Call, artifact_id: str) -> bytes:
    fetched = await call.fetch(artifact_id)
    if fetched.size > _MAX_BYTES:
        raise _invalid(f"artifact_id: {fetched.size} bytes are no storage state")
    return await asyncio.to_thread(fetched.path.read_bytes)


def _invalid(message: str) -> ActionFailed:
    return ActionFailed(ErrorCode.INVALID_PARAMS, message)
