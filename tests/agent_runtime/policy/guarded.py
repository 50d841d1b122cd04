"""A real browser behind the proxy, a site that it may open, and a trap that it may not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from agent_runtime.policy.obstacles import Obstacle
from agent_runtime.policy.proxy import EgressProxy
from agent_runtime.policy.web_url import read_url
from tests.agent_runtime.actions.asking import Asker, running_browser
from tests.agent_runtime.policy.sites import Names, policy
from tests.site import Site


class Trap(asyncio.DatagramProtocol):
    """Notes whatever arrives, by TCP or UDP, at one port of this machine."""

    def __init__(self, port: int = 0) -> None:
        """Nothing is caught before `set`."""
        self.port = port
        self.caught: list[bytes] = []

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Note a datagram."""
        self.caught.append(data)

    async def catch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Note a connection, whatever it says."""
        self.caught.append(await reader.read(100))
        writer.close()


@asynccontextmanager
async def trap_set() -> AsyncIterator[Trap]:
    """Set a trap on both kinds of port under one number."""
    trap = Trap()
    server = await asyncio.start_server(trap.catch, "127.0.0.1", 0)
    trap.port = server.sockets[0].getsockname()[1]
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: trap, ("127.0.0.1", trap.port)
    )
    try:
        yield trap
    finally:
        transport.close()
        server.close()


class Guarded(Asker):
    """Asks a browser that may go anywhere but to the trap, and to names that end in `.closed`."""

    def __init__(self, asker: Asker, egress: EgressProxy, site: Site, trap: Trap) -> None:
        """Share the browser of *asker*."""
        super().__init__(asker.browser)
        self.egress = egress
        self.site = site
        self.trap = trap
        self.page = ""

    async def open(self, url: str, *, isolated: bool = False) -> None:
        """Open a new page, and have `run` run there."""
        opened = await self.get("new_page", url=url, isolated=isolated)
        assert isinstance(opened, dict)
        self.page = opened["id"]

    def url(self, path: str, host: str = "shop.test") -> str:
        """Return the address of *path* on the site, under any name."""
        return f"http://{host}:{self.site.port}{path}"

    def trap_url(self, path: str = "/", *, host: str = "trap.test", scheme: str = "http") -> str:
        """Return an address that leads into the trap."""
        return f"{scheme}://{host}:{self.trap.port}{path}"

    def obstacle(self, url: str, since: float) -> Obstacle | None:
        """Return what was in the way to *url*."""
        destination = read_url(url).destination
        assert destination is not None
        return self.egress.obstacles.on_the_way_to(destination, since)

    async def run(self, script: str, *arguments: Any) -> Any:
        """Run *script*, a function, in the page that `open` opened last."""
        return await self.browser.tabs.named(self.page).page.evaluate(script, *arguments)


@asynccontextmanager
async def guarded_browser(directory: Path) -> AsyncIterator[Guarded]:
    """Run all of it."""
    with Site() as site:
        async with trap_set() as trap:
            here = [f"{host}:{trap.port}" for host in ("127.0.0.1", "[::1]", "*.localhost")]
            limits = policy(deny=["*.closed", "trap.test", "169.254.0.0/16", *here])
            egress = EgressProxy(
                limits, resolve=Names(inside="169.254.169.254").resolve, local=list
            )
            async with running_browser(directory, egress=egress) as browser:
                yield Guarded(Asker(browser), egress, site, trap)
