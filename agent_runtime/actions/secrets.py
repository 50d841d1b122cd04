"""Type what only the agent knows: passwords, and codes that change with the time.

A value is fetched on the agent's machine, typed there, and never told: not to the caller, not to
the orchestrator, not in a log. Where it would stand in an answer, `[secret:NAME]` does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from playwright.async_api import ElementHandle, Error, Frame as DocumentFrame, Locator

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.params import Frame, Target
from agent_runtime.actions.registry import action
from agent_runtime.browser.errors import CALL_FAILED
from agent_runtime.secrets.errors import SecretsError, SecretUnknown
from agent_runtime.secrets.hosts import host_of, may_be_typed
from agent_runtime.secrets.secret import NAME_PATTERN, Secret, SecretKind
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

SecretName = Annotated[
    str,
    Meta(pattern=NAME_PATTERN, description="Which one; `secrets` lists their names."),
]

_TRIES: Final = 3
_REPLACED: Final = (
    "not attached to the DOM",
    "Execution context was destroyed",
    "Cannot find context with specified id",
    "Unable to adopt element handle from a different document",
)
"""What Playwright says of an element whose place, or whose document's, another has taken."""


class KnownSecret(msgspec.Struct, frozen=True):
    """A secret without its value; with no *hosts* it may be typed on any page."""

    name: str
    kind: SecretKind
    hosts: tuple[str, ...]


class KnownSecrets(msgspec.Struct, frozen=True):
    """Every secret of this agent."""

    secrets: tuple[KnownSecret, ...]


@action(family="secrets", reads=True, on_page=False, example={})
async def secrets(call: Call) -> KnownSecrets:
    """List the secrets that can be typed: their names, kinds and hosts, never their values."""
    with _told():
        entries = await call.vault.entries()
    return KnownSecrets(tuple(KnownSecret(one.name, one.kind, one.hosts) for one in entries))


@action(family="secrets", reads=False, example={"target": "#password", "name": "shop.example.com"})
async def fill_secret(
    call: Call, *, target: Target, name: SecretName, frame: Frame | None = None
) -> None:
    """Replace the text of a field by a secret that the agent keeps, without being told its value.

    A secret that is bound to hosts is typed only into a document of one of them. In every answer
    its value is replaced by `[secret:NAME]`, and pictures of the page leave the field out.
    """
    secret = await _of_kind(call, name, SecretKind.TEXT)

    async def value() -> str:
        return secret.value

    await _type(call, target, frame, secret, value)


@action(family="secrets", reads=False, example={"target": "#code", "name": "shop-codes"})
async def totp(call: Call, *, target: Target, name: SecretName, frame: Frame | None = None) -> None:
    """Fill a field with the one-time code (TOTP) of the moment, made from a key the agent keeps.

    If the code is good for less than two seconds, the next one is waited for. Hosts and answers
    are as with `fill_secret`.
    """
    secret = await _of_kind(call, name, SecretKind.TOTP)

    async def code() -> str:
        with _told():
            return await call.vault.code(secret)

    await _type(call, target, frame, secret, code)


async def _of_kind(call: Call, name: str, kind: SecretKind) -> Secret:
    with _told():
        secret = await call.vault.secret(name)
    if secret.kind is not kind:
        other = "totp" if kind is SecretKind.TEXT else "fill_secret"
        raise _invalid(f"name: {name!r} is of kind {secret.kind}: type it with {other}")
    return secret


async def _type(
    call: Call,
    target: str,
    frame: str | None,
    secret: Secret,
    text: Callable[[], Awaitable[str]],
) -> None:
    _check_unrecorded(call)
    async with call.element(target, frame) as element:
        for attempt in range(1, _TRIES + 1):
            field: ElementHandle | None = None
            try:
                field, document = await _found(call, element)
                _check_host(secret, document)
                await call.vault.typed_fields.note(field, document)
                # By its handle: a selector could find another, in another document, by now.
                await field.fill(await text(), timeout=call.patience_ms)
            except Error as error:
                is_replaced = any(sign in error.message for sign in _REPLACED)
                if not is_replaced or attempt == _TRIES:
                    raise
            else:
                return
            finally:
                if field is not None:
                    await _dispose(field)


async def _found(call: Call, element: Locator) -> tuple[ElementHandle, DocumentFrame]:
    field = await element.element_handle(timeout=call.patience_ms)
    document = await field.owner_frame()
    if document is None:
        raise ActionFailed(
            ErrorCode.NOT_ACTIONABLE, "target: it is no element of a page", effect=Effect.NONE
        )
    return field, document


async def _dispose(field: ElementHandle) -> None:
    with suppress(*CALL_FAILED):
        await field.dispose()


def _check_host(secret: Secret, document: DocumentFrame) -> None:
    """Refuse to type *secret* into a document elsewhere than it may be.

    The document's own URL counts, as the browser tells it: neither that of the page around it,
    nor what the page says of itself.
    """
    if not secret.hosts or may_be_typed(document.url, secret.hosts):
        return
    host = host_of(document.url)
    where = host or "a document that has no host"
    if may_be_typed(document.url.replace("http:", "https:", 1), secret.hosts):
        where = f"http://{host}, which is not encrypted"
    raise ActionFailed(
        ErrorCode.BLOCKED_BY_POLICY,
        f"name: {secret.name!r} may be typed on {' and '.join(secret.hosts)} only, and the field "
        f"is on {where}: nothing was typed",
        details={"host": host, "hosts": list(secret.hosts)},
    )


def _check_unrecorded(call: Call) -> None:
    """Refuse to type a secret where it would be kept in a recording."""
    for records in call.browser.recorders:
        if (recording := records(call.tab)) is not None:
            raise ActionFailed(
                ErrorCode.BLOCKED_BY_POLICY,
                f"{recording} records page {call.tab.id} and would keep what is typed: stop it "
                "first, and start it again afterwards",
            )


@contextmanager
def _told() -> Iterator[None]:
    """Turn what can be wrong with secrets into what a caller can do about it."""
    try:
        yield
    except SecretUnknown as error:
        raise _invalid(f"name: {error}") from error
    except SecretsError as error:
        raise ActionFailed(
            ErrorCode.NOT_SUPPORTED, f"the agent's secrets: {error}", effect=Effect.NONE
        ) from error


def _invalid(message: str) -> ActionFailed:
    return ActionFailed(ErrorCode.INVALID_PARAMS, message)
