"""The network that pages find: what goes along with every request, how fast, and whether at all."""

from __future__ import annotations

import contextlib
from typing import Annotated

import msgspec
from msgspec import Meta
from playwright.async_api import CDPSession

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.http import Headers, Scope, origin_of, sound_headers
from agent_runtime.actions.registry import action
from agent_runtime.actions.urls import Url
from agent_runtime.browser.credentials import Login
from agent_runtime.browser.errors import CALL_FAILED
from agent_runtime.browser.throttle import Throttle
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

_Kbps = Annotated[float, Meta(gt=0, le=10_000_000, description="In kbit/s; else as it is.")]


class CredentialOrigins(msgspec.Struct, frozen=True):
    """For whom the browser has a name and a password."""

    origins: tuple[str, ...]


@action(family="network", reads=False, example={"headers": {"X-Debug": "1"}})
async def set_extra_http_headers(call: Call, *, headers: Headers, scope: Scope = "page") -> None:
    """Send *headers* with every request, in place of those that were set so before.

    `{}` takes them away. Of one that is set for both, the page's counts. They go to every site that
    a page asks for anything: for a secret that is meant for one site use `route` with
    `continue_with`, or `set_http_credentials`. Scope `page` holds as long as the page, `browser`
    for every page, isolated ones and those to come too, until the agent ends.
    """
    sound_headers(headers)
    if scope == "page":
        await call.page.set_extra_http_headers(headers)
    else:
        await call.browser.conditions.set_headers(headers, call.browser.contexts)


@action(
    family="network",
    reads=False,
    on_page=False,
    example={"origin": "https://intranet.example.com", "username": "me", "password": "secret"},
)
async def set_http_credentials(
    call: Call,
    *,
    origin: Annotated[Url, Meta(description="Scheme, host and port; more of a URL is ignored.")],
    username: str | None = None,
    password: str | None = None,
) -> CredentialOrigins:
    """Tell one origin who you are when it asks by HTTP (basic, digest), and no other.

    Without a username it is told nothing any more; but what it has accepted, Chromium goes on to
    tell it until the browser restarts. Holds for every page of the browser and for `fetch`, until
    the agent ends. As in any browser an iframe of another site is told nothing. The password is
    kept where commands are kept, as all params are. Returns the origins that are told something.
    """
    if (username is None) != (password is None):
        raise _invalid("password: give a username and a password, or neither")
    if username is not None and ":" in username:
        raise _invalid("username: a colon in it would end it")
    allowed = call.url(origin)
    if allowed == "about:blank":
        raise _invalid("origin: about:blank asks nobody who they are")
    login = Login(username, password) if username is not None and password is not None else None
    credentials = call.browser.conditions.credentials
    await credentials.change(origin_of(allowed), login, call.browser.session)
    return CredentialOrigins(credentials.origins)


@action(family="network", reads=False, on_page=False, example={"offline": True})
async def set_offline(call: Call, *, offline: bool) -> None:
    """Cut every page of the browser off from the network, or connect it again.

    Holds for isolated pages and those to come too, until the agent ends. `fetch` is not cut off.
    """
    conditions = call.browser.conditions
    await conditions.set_offline(offline, call.browser.contexts)
    for tab in call.browser.tabs:
        if tab.cdp is not None and not tab.throttle.is_nothing:
            with contextlib.suppress(*CALL_FAILED):
                await tab.cdp.send(*tab.throttle.order(offline=offline))


@action(
    family="network",
    reads=False,
    example={"download_kbps": 1500, "upload_kbps": 750, "latency_ms": 150},
)
async def throttle(
    call: Call,
    *,
    download_kbps: _Kbps | None = None,
    upload_kbps: _Kbps | None = None,
    latency_ms: Annotated[float, Meta(ge=0, le=600_000, description="Added to each answer.")] = 0,
    cpu: Annotated[float, Meta(ge=1, le=100, description="How many times slower.")] = 1,
) -> None:
    """Slow down the network, and the processor, of this page, as long as the page is open.

    Each call says all of it: what is left out is as fast as it is, so `{}` ends it.
    """
    session = own_session(call)
    wanted = Throttle(download_kbps, upload_kbps, latency_ms)
    await session.send(*wanted.order(offline=call.browser.conditions.is_offline))
    call.tab.throttle = wanted
    await session.send("Emulation.setCPUThrottlingRate", {"rate": cpu})


def own_session(call: Call) -> CDPSession:
    """Return the page's own session.

    Raises:
        ActionFailed: the page is so stuck that it has none.
    """
    if call.tab.cdp is None:
        raise ActionFailed(
            ErrorCode.NOT_ACTIONABLE,
            f"page {call.tab.id} does not answer: close it, and use another page",
            effect=Effect.NONE,
        )
    return call.tab.cdp


def _invalid(message: str) -> ActionFailed:
    return ActionFailed(ErrorCode.INVALID_PARAMS, message)
