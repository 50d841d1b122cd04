"""See what a page has asked of the network, and what came back.

Neither waits for the page: one that hangs is worth looking at.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta
from playwright.async_api import Error, Request, Response

from agent_runtime.actions.bodies import Body, shown_body
from agent_runtime.actions.bounded import bounded
from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.http import (
    Glob,
    Method,
    ResourceType,
    ShowSecrets,
    content_type_of,
    pairs,
    pattern_of,
    shown_headers,
)
from agent_runtime.actions.moment import moment
from agent_runtime.actions.params import MaxChars
from agent_runtime.actions.registry import action
from agent_runtime.browser.request_log import RequestLog
from agent_runtime.browser.tab import Tab
from xagent_protocol.errors import ErrorCode

_MAX_URL: Final = 2_000
_ENDING_SECONDS: Final = 0.5
"""How long a response that is still coming is waited for: some never end."""

State = Literal["pending", "answered", "failed"]


class RequestSummary(msgspec.Struct, frozen=True):
    """One request; *status* is null where there was no answer.

    *failure* is null where there was one, and where nobody listened yet when there was none.
    """

    id: int
    method: str
    url: str
    resource_type: str
    state: State
    status: int | None
    failure: str | None


class RequestList(msgspec.Struct, frozen=True):
    """Requests, oldest first; *left_out* is how many older ones fit as well."""

    requests: tuple[RequestSummary, ...]
    left_out: int


class Sizes(msgspec.Struct, frozen=True):
    """Bytes as they went over the network."""

    request_headers: int
    request_body: int
    response_headers: int
    response_body: int


class RequestDetail(RequestSummary, frozen=True, kw_only=True):
    """All that is known of one request.

    Of *timing*, milliseconds after *started_at*, -1 is what did not happen or is not known.
    *redirected_to* is the id of the request that followed.
    """

    started_at: str | None
    timing: dict[str, float]
    sizes: Sizes | None
    server: str | None
    from_service_worker: bool
    redirected_to: int | None
    request_headers: dict[str, str] | None
    response_headers: dict[str, str] | None
    request_body: Body | None
    response_body: Body | None


@action(family="network", reads=True, on_page=False, example={"url": "**/api/**", "failed": True})
async def requests(
    call: Call,
    *,
    url: Glob | None = None,
    method: Method | None = None,
    resource_type: ResourceType | None = None,
    status: Annotated[int, Meta(ge=100, le=599)] | None = None,
    failed: Annotated[
        bool, Meta(description="Only those without an answer, or with a status from 400 on.")
    ] = False,
    since: Annotated[int, Meta(ge=0, description="Only those with a greater id.")] = 0,
    max: Annotated[int, Meta(ge=1, le=100, description="The newest so many.")] = 50,
) -> RequestList:
    """List what the page has requested of late: documents, scripts, images, calls of its API.

    The browser remembers about the last 100 of each page. Why a request failed is known of those
    that failed after this was first asked for on the page, and of documents.
    """
    pattern = pattern_of(url)
    tab = call.open_tab = await call.browser.tab(call.command.page)
    log = tab.logs.requests
    recent = [
        (one, _summary(call, number, one, log))
        for number, one in await log.entries()
        if number > since
    ]
    fitting = [
        one
        for found, one in recent
        if (pattern is None or pattern.matches(found.url))
        and (method is None or one.method == method.upper())
        and (resource_type is None or one.resource_type == resource_type)
        and (status is None or one.status == status)
        and (not failed or one.state == "failed" or (one.status or 0) >= 400)
    ]
    return RequestList(tuple(fitting[-max:]), len(fitting[:-max]))


@action(family="network", reads=True, on_page=False, example={"id": 12, "body": True})
async def request(
    call: Call,
    *,
    id: Annotated[int, Meta(ge=1, description="As `requests` lists it.")],
    headers: bool = True,
    body: Annotated[bool, Meta(description="The bodies of both request and response.")] = False,
    max_chars: MaxChars = 20_000,
    show_secrets: ShowSecrets = False,
) -> RequestDetail:
    """Tell everything about one request of the page: headers, times, sizes, bodies.

    Bodies of text stand in the answer, others become artifacts. The browser keeps a response's
    body only while the page is on the document that asked for it, and not for long if it is large.
    """
    tab = call.open_tab = await call.browser.tab(call.command.page)
    log = tab.logs.requests
    found = await log.find(id)
    if found is None:
        raise _unknown(id, tab)
    wish = _Wish(headers, body, max_chars, show_secrets)
    try:
        return await _detail(call, found, _summary(call, id, found, log), wish, log)
    except Error as error:
        if "collected" in error.message:
            raise _unknown(id, tab) from error
        raise


@dataclass(frozen=True)
class _Wish:
    """How much of a request is to be told."""

    headers: bool
    body: bool
    max_chars: int
    show_secrets: bool


async def _detail(
    call: Call, found: Request, summary: RequestSummary, wish: _Wish, log: RequestLog
) -> RequestDetail:
    response = found.existing_response
    timing = {name: value for name, value in found.timing.items() if isinstance(value, int | float)}
    started = timing.pop("startTime", 0)
    # What was sent in the end is known with the answer; before, only what was meant to be.
    asked = pairs(await found.headers_array()) if response else list(found.headers.items())
    told = pairs(await response.headers_array()) if response else None
    server = await response.server_addr() if response else None
    return RequestDetail(
        **msgspec.structs.asdict(summary),
        started_at=moment(started) if started > 0 else None,
        timing={_snake(name): round(value, 3) for name, value in timing.items()},
        sizes=await _sizes(found, response),
        server=f"{server['ipAddress']}:{server['port']}" if server else None,
        from_service_worker=response is not None and response.from_service_worker,
        redirected_to=log.number_of(found.redirected_to),
        request_headers=_headers(asked, wish),
        response_headers=_headers(told, wish),
        request_body=await _request_body(call, found, asked, wish),
        response_body=await _response_body(call, response, wish),
    )


def _headers(headers: list[tuple[str, str]] | None, wish: _Wish) -> dict[str, str] | None:
    if headers is None or not wish.headers:
        return None
    return shown_headers(headers, show_secrets=wish.show_secrets)


def _summary(call: Call, number: int, found: Request, log: RequestLog) -> RequestSummary:
    response = found.existing_response
    state: State = "pending"
    if log.has_failed(found):
        state = "failed"
    elif response is not None:
        state = "answered"
    return RequestSummary(
        number,
        found.method,
        bounded(call, found.url, _MAX_URL),
        found.resource_type,
        state,
        response.status if response is not None else None,
        found.failure,
    )


async def _sizes(found: Request, response: Response | None) -> Sizes | None:
    if response is None:
        return None
    with contextlib.suppress(TimeoutError, Error):
        async with asyncio.timeout(_ENDING_SECONDS):
            sizes = await found.sizes()
            return Sizes(
                sizes["requestHeadersSize"],
                sizes["requestBodySize"],
                sizes["responseHeadersSize"],
                sizes["responseBodySize"],
            )
    return None


async def _request_body(
    call: Call, found: Request, headers: list[tuple[str, str]], wish: _Wish
) -> Body | None:
    content = found.post_data_buffer
    if content is None or not wish.body:
        return None
    content_type = content_type_of(headers)
    return await shown_body(
        call, content, content_type, name="request-body", max_chars=wish.max_chars
    )


async def _response_body(call: Call, response: Response | None, wish: _Wish) -> Body | None:
    if response is None or not wish.body:
        return None
    content_type = content_type_of(response.headers.items())
    try:
        async with asyncio.timeout(_ENDING_SECONDS):
            content = await response.body()
    except TimeoutError:
        return Body(content_type, missing="it is still coming")
    except Error as error:
        is_redirect = "redirect" in error.message
        reason = "a redirect has none" if is_redirect else "the browser has not kept it"
        return Body(content_type, missing=reason)
    return await shown_body(
        call, content, content_type, name="response-body", max_chars=wish.max_chars
    )


def _snake(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


def _unknown(number: int, tab: Tab) -> ActionFailed:
    return ActionFailed(
        ErrorCode.INVALID_PARAMS,
        f"id: no request {number} of page {tab.id} is remembered: `requests` lists those that are",
    )
