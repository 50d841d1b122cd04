"""A running proxy, sites that do as they are told, and a client that sees every byte."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from agent_runtime.policy import UrlPolicy
from agent_runtime.policy.proxy import EgressProxy
from tests.agent_runtime.policy.sites import Names, policy

DEADLINE_SECONDS = 10.0

OPEN = policy(deny=["closed.test"])

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class RunningProxy:
    """A proxy, and those who came to it."""

    def __init__(self, proxy: EgressProxy) -> None:
        """Speak of *proxy*, which listens."""
        self.url = proxy.url
        self.obstacles = proxy.obstacles
        self._clients: list[RawClient] = []

    async def client(self) -> RawClient:
        """Connect to it."""
        parts = urlsplit(self.url)
        client = RawClient(*await asyncio.open_connection(parts.hostname, parts.port))
        self._clients.append(client)
        return client

    async def close(self) -> None:
        """Hang up on it, whoever has not yet."""
        for client in self._clients:
            client.close()
            with contextlib.suppress(OSError):
                await client.writer.wait_closed()


@asynccontextmanager
async def running_proxy(
    limits: UrlPolicy = OPEN, names: Names | None = None
) -> AsyncIterator[RunningProxy]:
    """Run a proxy, on a machine that stands in no network."""
    proxy = EgressProxy(limits, resolve=(names or Names()).resolve, local=list)
    proxy.listen()
    running = RunningProxy(proxy)
    try:
        async with asyncio.timeout(DEADLINE_SECONDS), asyncio.TaskGroup() as group:
            serving = group.create_task(proxy.serve())
            yield running
            serving.cancel()
    finally:
        await running.close()
        proxy.close()


@dataclass
class ToldSite:
    """A site on a real socket; each connection is handled as it was told."""

    port: int
    connections: int = 0

    def url(self, path: str = "/", host: str = "shop.test") -> str:
        """Return the address of *path*."""
        return f"http://{host}:{self.port}{path}"


@asynccontextmanager
async def told_site(handle: Handler) -> AsyncIterator[ToldSite]:
    """Run a site; what *handle* raises because the other end is gone is nothing."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        site.connections += 1
        try:
            await handle(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    site = ToldSite(server.sockets[0].getsockname()[1])
    try:
        yield site
    finally:
        server.close()


@dataclass(frozen=True)
class Answer:
    """A whole answer; the names of its headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class RawClient:
    """One connection to a proxy, as a browser has it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak over these."""
        self.reader = reader
        self.writer = writer

    def say(self, head: str, body: bytes = b"") -> None:
        """Send lines, and what follows them."""
        self.writer.write(head.strip().replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)

    def get(self, url: str) -> None:
        """Ask for *url* as Chromium does."""
        host = urlsplit(url).netloc
        self.say(f"GET {url} HTTP/1.1\nHost: {host}\nProxy-Connection: keep-alive\nX-Own: 1")

    async def head(self) -> str:
        """Return the next head, without the end of its last line."""
        return (await self.reader.readuntil(b"\r\n\r\n")).decode().strip()

    async def answer(self, *, of_head: bool = False) -> Answer:
        """Return the next answer."""
        status, *lines = (await self.head()).split("\r\n")
        headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in lines)}
        body = b""
        if not of_head and headers.get("transfer-encoding") == "chunked":
            while size := int(await self.reader.readline(), 16):
                body += (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readline()
        elif not of_head:
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(status.split()[1]), headers, body)

    async def rest(self) -> bytes:
        """Return what comes until the proxy hangs up."""
        return await self.reader.read()

    def close(self) -> None:
        """Hang up."""
        self.writer.close()


async def requests(reader: asyncio.StreamReader) -> AsyncIterator[str]:
    """Give the heads of requests that have no body, one by one."""
    while True:
        try:
            yield (await reader.readuntil(b"\r\n\r\n")).decode().strip()
        except asyncio.IncompleteReadError:
            return


async def polite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer every request with its own head."""
    async for head in requests(reader):
        body = head.encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
