"""What the two transports share: an address, how a request is sent, what went wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import BinaryIO, Final, TypedDict

import httpx2

from xagent_client.discovery import Access, is_loopback
from xagent_client.exchange import ANSWER_SECONDS, ConnectionLost, Reply, Request

CONNECT_SECONDS: Final = 5.0
PIECE_BYTES: Final = 256 * 1024

# What a later try would not change: the request itself, its address, or the proxy is wrong.
_HOPELESS: Final = (httpx2.LocalProtocolError, httpx2.UnsupportedProtocol, httpx2.ProxyError)

_NEVER_SENT: Final = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    *_HOPELESS,
)


class Options(TypedDict):
    """Arguments that both kinds of HTTP client are made with."""

    base_url: str
    headers: dict[str, str]
    timeout: httpx2.Timeout
    trust_env: bool
    verify: bool
    limits: httpx2.Limits


class Arguments(TypedDict):
    """Arguments of one HTTP request, apart from its content."""

    method: str
    url: str
    params: dict[str, str]
    headers: dict[str, str]
    timeout: httpx2.Timeout


def options(access: Access) -> Options:
    """Return how to make an HTTP client for *access*.

    A proxy from the environment is never asked for this machine's own addresses, and the token
    goes nowhere else: redirects are not followed.
    """
    return {
        "base_url": access.url,
        "headers": {"authorization": f"Bearer {access.token}", "accept": "application/json"},
        "timeout": _timeout(0),
        "trust_env": not is_loopback(access.url),
        # Reading the machine's certificates takes longer than most commands, and without TLS
        # and without a proxy nobody presents one.
        "verify": access.url.startswith("https") or not is_loopback(access.url),
        # Each waiting command holds a connection; a pool that is too small would hold back others.
        "limits": httpx2.Limits(max_connections=None, max_keepalive_connections=50),
    }


def arguments(request: Request) -> Arguments:
    """Return how to send *request*."""
    return {
        "method": request.method,
        "url": request.path,
        "params": {name: str(value) for name, value in request.query.items()},
        "headers": dict(request.headers),
        "timeout": _timeout(request.wait),
    }


def content(request: Request) -> bytes | Iterator[bytes] | None:
    """Return what *request* carries, for a client that waits."""
    return request.body if request.source is None else _pieces(request.source)


def content_to_await(request: Request) -> bytes | AsyncIterator[bytes] | None:
    """Return what *request* carries, for a client that awaits."""
    return request.body if request.source is None else _awaited_pieces(request.source)


def reply(response: httpx2.Response, body: bytes, seconds: float) -> Reply:
    """Return *response* as the calls know it."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.status_code, headers, body, seconds)


def lost(error: httpx2.TransportError, url: str, seconds: float, *, retry: bool) -> ConnectionLost:
    """Return *error* as the calls know it."""
    sent = not isinstance(error, _NEVER_SENT)
    is_hopeless = isinstance(error, _HOPELESS)
    reason = "stopped answering" if sent else "does not answer"
    return ConnectionLost(
        f"the orchestrator at {url} {reason}" + (f" ({error})" if is_hopeless else ""),
        sent=sent,
        is_final=is_hopeless or not (sent or retry),
        seconds=seconds,
    )


def _timeout(wait: float) -> httpx2.Timeout:
    return httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS, read=wait + ANSWER_SECONDS)


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    while piece := source.read(PIECE_BYTES):
        yield piece


async def _awaited_pieces(source: BinaryIO) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(source.read, PIECE_BYTES):
        yield piece
