"""Ask a server for something with the browser's own cookies, past any page."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final
from urllib.parse import urlencode, urljoin

import msgspec
from msgspec import UNSET, Meta
from playwright.async_api import (
    APIRequestContext,
    APIResponse,
    Error,
    TimeoutError as PlaywrightTimeout,
)

from agent_runtime.actions.bodies import Body, kept_body, shown_body
from agent_runtime.actions.bounded import bounded
from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed, ActionTimedOut
from agent_runtime.actions.http import (
    Headers,
    Method,
    ShowSecrets,
    content_type_of,
    origin_of,
    pairs,
    shown_headers,
    sound_headers,
)
from agent_runtime.actions.obstructed import obstacle_behind
from agent_runtime.actions.params import MaxChars
from agent_runtime.actions.registry import action
from agent_runtime.actions.urls import Url
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

_MAX_SHOWN: Final = 200
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OF_THE_BODY: Final = ("content-encoding", "content-language", "content-length", "content-type")
_UNASKED: Final = re.compile(r"ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CERT|SSL")
"""What goes wrong before a server has heard anything."""


class Fetched(msgspec.Struct, frozen=True):
    """The last answer; *redirects* are the URLs that led to its *url*."""

    url: str
    status: int
    status_text: str
    headers: dict[str, str]
    body: Body
    redirects: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Question:
    """One request of those that a fetch may need."""

    url: str
    method: str
    headers: dict[str, str]
    content: bytes | None


@action(
    family="network",
    reads=False,
    on_page=False,
    example={"url": "https://example.com/api/orders", "headers": {"Accept": "application/json"}},
)
async def fetch(
    call: Call,
    *,
    url: Url,
    method: Method | None = None,
    headers: Headers | None = None,
    body: str | None = None,
    json: Annotated[Any, Meta(description="Any JSON.")] = UNSET,
    form: Annotated[dict[str, str], Meta(description="Fields, sent as a form would.")]
    | None = None,
    max_redirects: Annotated[int, Meta(ge=0, le=20)] = 20,
    max_chars: MaxChars = 20_000,
    as_artifact: Annotated[bool, Meta(description="Keep the body as one, even a text.")] = False,
    show_secrets: ShowSecrets = False,
) -> Fetched:
    """Send an HTTP request with the browser's cookies, and return the answer.

    It is sent beside the pages: no page sees it, no route decides about it, and no rule about
    origins holds. Cookies are those of the page's context (the profile's, or an isolated page's
    own), and what the answer sets is kept there. The method is POST where there is a body (`body`,
    `json` or `form`), else GET. Text stands in the answer, all else becomes an artifact. An HTTP
    error is an answer as well: see `status`.
    """
    question = _question(call, url, method, headers or {}, body, json, form)
    tab = call.open_tab = await call.browser.tab(call.command.page)
    passed: list[str] = []
    while True:
        answer = await _ask(call, tab.page.context.request, question)
        following = _following(call, question, answer)
        if following is None or not max_redirects:
            break
        if len(passed) >= max_redirects:
            raise _failed(f"{_shown(call, url)} leads on more than {max_redirects} times")
        passed.append(question.url)
        question = following
    told = pairs(answer.headers_array)
    content_type, content = content_type_of(told), await answer.body()
    await answer.dispose()
    return Fetched(
        answer.url,
        answer.status,
        answer.status_text,
        shown_headers(told, show_secrets=show_secrets),
        await kept_body(call, content, content_type, name="fetched")
        if as_artifact
        else await shown_body(call, content, content_type, name="fetched", max_chars=max_chars),
        tuple(passed),
    )


def _question(
    call: Call,
    url: str,
    method: str | None,
    headers: dict[str, str],
    body: str | None,
    json: Any,
    form: dict[str, str] | None,
) -> _Question:
    if sum((body is not None, json is not UNSET, form is not None)) > 1:
        raise _invalid("body: give one of `body`, `json` and `form`")
    sound_headers(headers)
    given = {name.lower(): value for name, value in headers.items()}
    content = None
    if json is not UNSET:
        content = msgspec.json.encode(json)
        given.setdefault("content-type", "application/json")
    elif form is not None:
        content = urlencode(form).encode()
        given.setdefault("content-type", "application/x-www-form-urlencoded")
    elif body is not None:
        content = body.encode()
        given.setdefault("content-type", "text/plain; charset=utf-8")
    chosen = method or ("GET" if content is None else "POST")
    return _Question(_fetchable(call, url), chosen.upper(), given, content)


async def _ask(call: Call, context: APIRequestContext, question: _Question) -> APIResponse:
    answer = await _send(call, context, question)
    login = call.browser.conditions.credentials.of(origin_of(question.url))
    challenge = answer.headers.get("www-authenticate", "")
    if (
        answer.status == 401
        and login is not None
        and challenge.lower().startswith("basic")
        and "authorization" not in question.headers
    ):
        headers = {**question.headers, "authorization": login.basic()}
        answer = await _send(call, context, replace(question, headers=headers))
    return answer


async def _send(call: Call, context: APIRequestContext, question: _Question) -> APIResponse:
    try:
        answer = await context.fetch(
            question.url,
            method=question.method,
            headers=question.headers,
            data=question.content,
            # Playwright would follow a redirect to where no policy was asked about.
            max_redirects=0,
            timeout=call.patience_ms,
        )
    except PlaywrightTimeout as error:
        raise ActionTimedOut(
            f"{_shown(call, question.url)} did not answer in time: give it more time"
        ) from error
    except Error as error:
        reason = error.message.partition("\n")[0].removeprefix("APIRequestContext.fetch: ")
        if "has been closed" in error.message:
            raise
        is_unasked = _UNASKED.search(reason) is not None
        raise _failed(
            f"{_shown(call, question.url)} could not be fetched: {bounded(call, reason, 300)}",
            Effect.NONE if is_unasked else Effect.PARTIAL,
        ) from error
    obstacle = obstacle_behind(call, answer)
    if obstacle is not None:
        code = ErrorCode.BLOCKED_BY_POLICY if obstacle.setting else ErrorCode.REQUEST_FAILED
        raise ActionFailed(code, obstacle.sentence, effect=Effect.PARTIAL, details=obstacle.details)
    return answer


def _following(call: Call, question: _Question, answer: APIResponse) -> _Question | None:
    """Return the request that a redirect asks for, as a browser would send it."""
    location = answer.headers.get("location")
    if answer.status not in _REDIRECTS or location is None:
        return None
    try:
        url = _fetchable(call, urljoin(question.url, location))
    except ActionFailed as error:
        # Unlike a URL of the caller's, this one comes after something has been sent.
        raise ActionFailed(
            error.code,
            f"the redirect of {_shown(call, question.url)}: {error}",
            effect=Effect.PARTIAL,
        ) from error
    headers, method, content = dict(question.headers), question.method, question.content
    if origin_of(url) != origin_of(question.url):
        # What was meant for one site is not told to another.
        for name in ("authorization", "cookie", "proxy-authorization"):
            headers.pop(name, None)
    turns_into_get = method == "POST" if answer.status in (301, 302) else answer.status == 303
    if turns_into_get and method != "HEAD":
        method, content = "GET", None
        for name in _OF_THE_BODY:
            headers.pop(name, None)
    return _Question(url, method, headers, content)


def _fetchable(call: Call, url: str) -> str:
    allowed = call.url(url)
    if allowed == "about:blank":
        raise _invalid("url: about:blank is no address to fetch from")
    origin_of(allowed)
    return allowed


def _shown(call: Call, url: str) -> str:
    return bounded(call, url, _MAX_SHOWN)


def _failed(message: str, effect: Effect = Effect.PARTIAL) -> ActionFailed:
    return ActionFailed(ErrorCode.REQUEST_FAILED, message, effect=effect)


def _invalid(message: str) -> ActionFailed:
    return ActionFailed(ErrorCode.INVALID_PARAMS, message)
