"""Stop, answer or change the requests of pages on their way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.http import (
    Glob,
    HeaderName,
    Headers,
    HeaderValue,
    Method,
    ResourceType,
    Scope,
    pattern_of,
    sound_headers,
)
from agent_runtime.actions.registry import action
from agent_runtime.actions.urls import Url
from agent_runtime.browser.routes import (
    MAX_ROUTES,
    Abort,
    Continue,
    Deed,
    Filter,
    Fulfil,
    Route,
    Routes,
)
from agent_runtime.browser.url_pattern import UrlPattern
from xagent_protocol.errors import ErrorCode

_MAX_BODY_BYTES: Final = 8 * 1024 * 1024

AbortError = Literal[
    "aborted",
    "accessdenied",
    "addressunreachable",
    "blockedbyclient",
    "blockedbyresponse",
    "connectionaborted",
    "connectionclosed",
    "connectionfailed",
    "connectionrefused",
    "connectionreset",
    "failed",
    "internetdisconnected",
    "namenotresolved",
    "timedout",
]


class Fulfilment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer that no server gives; its body is one of *body*, *json* and *artifact_id*.

    Without a *content_type* it is text/plain, application/json, or the artifact's own.
    """

    status: Annotated[int, Meta(ge=200, le=599)] = 200
    headers: Headers = {}
    body: str | None = None
    json: Annotated[Any, Meta(description="Any JSON.")] = UNSET
    artifact_id: Annotated[str, Meta(min_length=1)] | None = None
    content_type: HeaderValue | None = None


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a request goes on.

    A header that is null is taken away, what is left out stays. The page does not see another
    *url*, which must be of the same scheme.
    """

    headers: dict[HeaderName, HeaderValue | None] = {}
    method: Method | None = None
    post_data: str | None = None
    url: Url | None = None


class RouteState(msgspec.Struct, frozen=True):
    """One route; *page* is null where it is the browser's, *times_left* where it stays for ever.

    *error* is why it last failed to do its work; the request was aborted then.
    """

    id: str
    page: str | None
    pattern: str
    is_regex: bool
    method: str | None
    resource_types: tuple[str, ...]
    does: str
    hits: int
    times_left: int | None
    error: str | None


class RouteList(msgspec.Struct, frozen=True):
    """Routes, oldest first; *left_out* is how many more there are."""

    routes: tuple[RouteState, ...]
    left_out: int = 0


@action(
    family="network",
    reads=False,
    example={"url": "**/*.{png,jpg}", "abort": "blockedbyclient"},
)
async def route(
    call: Call,
    *,
    url: Glob | None = None,
    regex: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=1_000,
            description="In place of `url`: must fit somewhere in the URL.",
        ),
    ]
    | None = None,
    method: Method | None = None,
    resource_types: Annotated[list[ResourceType], Meta(min_length=1)] | None = None,
    abort: AbortError | None = None,
    fulfil: Fulfilment | None = None,
    continue_with: Change | None = None,
    times: Annotated[int, Meta(ge=1, description="After so many it removes itself.")] | None = None,
    scope: Scope = "page",
) -> RouteState:
    """Decide about requests that fit: let them fail, answer them, or change and send them.

    Give one of `abort`, `fulfil` and `continue_with`. Of several routes that fit the newest
    decides, those of the page before those of the browser. A route of scope `page` goes with its
    page; one of scope `browser` is for every page, isolated ones and those to come too, and ends
    with the agent. A redirect is decided about only where it begins. As long as there is a route
    the cache of these pages is not used. Headers of `continue_with` go along with redirects, to
    other sites too.
    """
    which = Filter(
        _pattern(url, regex),
        is_regex=regex is not None,
        method=method.upper() if method is not None else None,
        resource_types=frozenset(resource_types or ()),
    )
    deed = await _deed(call, abort, fulfil, continue_with)
    routes = call.tab.routes if scope == "page" else call.browser.conditions.routes
    if len(routes) >= MAX_ROUTES:
        raise _invalid(f"scope: there are {MAX_ROUTES} routes already: remove some with unroute")
    made = routes.add(which, deed, times)
    for routed in (call.page,) if scope == "page" else call.browser.contexts:
        await routes.attach(routed)
    return _state(made, call.tab.id if scope == "page" else None)


@action(family="network", reads=False, example={"route_id": "p1r1"})
async def unroute(
    call: Call,
    *,
    route_id: Annotated[
        str,
        Meta(
            pattern="^((p[1-9][0-9]*)?r[1-9][0-9]*|all)$",
            description="As `route` returned it; `all` is all of this page and of the browser.",
        ),
    ],
) -> RouteList:
    """Remove a route, or all, and return what it had been up to."""
    removed = []
    for page_id, routes in _sets(call):
        for one in routes:
            if one.id == route_id or (route_id == "all" and page_id in (None, call.tab.id)):
                await routes.remove(one)
                removed.append(_state(one, page_id))
    if not removed and route_id != "all":
        raise _invalid(f"route_id: there is no route {route_id!r}: `routes` lists those there are")
    return RouteList(tuple(removed))


@action(family="network", reads=True, on_page=False, example={})
async def routes(call: Call, *, max: Annotated[int, Meta(ge=1, le=500)] = 100) -> RouteList:
    """List the routes of every page and of the browser, with how many requests each has had."""
    states = [_state(one, page_id) for page_id, found in _sets(call) for one in found]
    return RouteList(tuple(states[:max]), len(states[max:]))


def _sets(call: Call) -> Iterable[tuple[str | None, Routes]]:
    yield None, call.browser.conditions.routes
    for tab in call.browser.tabs:
        yield tab.id, tab.routes


def _pattern(url: str | None, regex: str | None) -> UrlPattern:
    found = pattern_of(url, regex)
    if found is None or (url is not None and regex is not None):
        raise _invalid("url: give either a pattern in `url` or one in `regex`")
    return found


async def _deed(
    call: Call, abort: str | None, fulfil: Fulfilment | None, change: Change | None
) -> Deed:
    if [abort, fulfil, change].count(None) != 2:
        raise _invalid("abort: give one of `abort`, `fulfil` and `continue_with`")
    if fulfil is not None:
        return await _fulfilment(call, fulfil)
    if change is not None:
        sound_headers(change.headers)
        return Continue(
            change.headers,
            change.method.upper() if change.method is not None else None,
            change.post_data,
            _rewritten(call, change.url),
        )
    assert abort is not None
    return Abort(abort)


def _rewritten(call: Call, url: str | None) -> str | None:
    if url is None:
        return None
    allowed = call.url(url)
    if allowed == "about:blank":
        raise _invalid("continue_with.url: a request cannot be sent to about:blank")
    return allowed


async def _fulfilment(call: Call, answer: Fulfilment) -> Fulfil:
    given = (answer.body is not None, answer.json is not UNSET, answer.artifact_id is not None)
    if sum(given) > 1:
        raise _invalid("fulfil: give one of `body`, `json` and `artifact_id`")
    sound_headers(answer.headers)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    if "location" in headers and "://" in headers["location"]:
        call.url(headers["location"])
    content_type, body = await _body(call, answer)
    if answer.content_type is not None:
        sound_headers({"content-type": answer.content_type})
        headers["content-type"] = answer.content_type
    else:
        headers.setdefault("content-type", content_type)
    return Fulfil(answer.status, headers, body)


async def _body(call: Call, answer: Fulfilment) -> tuple[str, bytes]:
    if answer.json is not UNSET:
        return "application/json", msgspec.json.encode(answer.json)
    if answer.artifact_id is None:
        return "text/plain; charset=utf-8", (answer.body or "").encode()
    fetched = await call.fetch(answer.artifact_id)
    if fetched.size > _MAX_BODY_BYTES:
        raise _invalid(
            f"fulfil.artifact_id: {fetched.size} bytes are more than a route can answer with, "
            f"which is {_MAX_BODY_BYTES}"
        )
    return fetched.content_type, await asyncio.to_thread(fetched.path.read_bytes)


def _state(route: Route, page_id: str | None) -> RouteState:
    which = route.filter
    return RouteState(
        route.id,
        page_id,
        which.pattern.text,
        which.is_regex,
        which.method,
        tuple(sorted(which.resource_types)),
        route.deed.name,
        route.hits,
        route.times_left,
        route.error,
    )


def _invalid(message: str) -> ActionFailed:
    return ActionFailed(ErrorCode.INVALID_PARAMS, message)
