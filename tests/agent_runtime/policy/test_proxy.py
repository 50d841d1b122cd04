"""Who comes to the proxy, and how it ends."""

from __future__ import annotations

import asyncio

import pytest
import structlog

from tests.agent_runtime.policy.sites import Names, destination, policy
from tests.agent_runtime.policy.wire import polite, running_proxy, told_site


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say again whatever is said."""
    while content := await reader.read(1000):
        writer.write(content)
        await writer.drain()


async def test_a_tunnel_takes_bytes_both_ways_and_those_that_came_early() -> None:
    async with running_proxy() as proxy, told_site(echo) as site:
        client = await proxy.client()
        client.say(f"CONNECT shop.test:{site.port} HTTP/1.1\nHost: shop.test", b"early")

        assert (await client.head()).startswith("HTTP/1.1 200")
        assert await client.reader.readexactly(5) == b"early"
        client.writer.write(b"\x00late")
        assert await client.reader.readexactly(5) == b"\x00late"


async def test_a_tunnel_ends_when_its_site_hangs_up_and_loses_nothing() -> None:
    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(bytes(1_000_000))
        await writer.drain()

    async with running_proxy() as proxy, told_site(leave) as site:
        client = await proxy.client()
        client.say(f"CONNECT shop.test:{site.port} HTTP/1.1\nHost: x")
        await client.head()

        assert len(await client.rest()) == 1_000_000


async def test_a_tunnel_ends_when_its_client_hangs_up() -> None:
    left = asyncio.Event()

    async def stay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        left.set()

    async with running_proxy() as proxy, told_site(stay) as site:
        client = await proxy.client()
        client.say(f"CONNECT shop.test:{site.port} HTTP/1.1\nHost: x")
        await client.head()
        client.close()

        await left.wait()


async def test_a_closed_site_gets_no_tunnel_and_the_way_out_knows_why() -> None:
    async with running_proxy() as proxy, told_site(echo) as site:
        client = await proxy.client()
        client.say(f"CONNECT CLOSED.test.:{site.port} HTTP/1.1\nHost: x")
        answer = await client.answer()

        assert answer.status == 403
        assert site.connections == 0
        there = destination(f"https://closed.test:{site.port}/")
        found = proxy.obstacles.on_the_way_to(there)
        assert found is not None
        assert found.setting == "--deny-site"


async def test_a_tunnel_into_the_private_network_is_closed_by_any_name_or_number() -> None:
    names = Names()
    async with running_proxy(policy(block_private=True), names) as proxy, told_site(echo) as site:
        for host in ("shop.test", "localhost", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"):
            client = await proxy.client()
            client.say(f"CONNECT {host}:{site.port} HTTP/1.1\nHost: x")
            assert (await client.answer()).status == 403

        assert site.connections == 0


@pytest.mark.parametrize("target", ["shop.test", "shop.test:", "a b:80", "[::1:80", ":80", "x:0"])
async def test_a_tunnel_leads_to_a_host_and_a_port(target: str) -> None:
    async with running_proxy() as proxy:
        client = await proxy.client()
        client.say(f"CONNECT {target} HTTP/1.1\nHost: x")

        # Where there is not even a request, nothing is answered.
        assert (await client.rest())[:12] in (b"HTTP/1.1 400", b"")


async def test_who_speaks_no_http_is_hung_up_on_and_nobody_else_notices() -> None:
    async with running_proxy() as proxy, told_site(polite) as site:
        with structlog.testing.capture_logs() as lines:
            other = await proxy.client()
            other.writer.write(b"\x16\x03\x01 hello\r\n\r\n")
            assert await other.rest() == b""
        client = await proxy.client()
        client.get(site.url())

        assert (await client.answer()).status == 200
        assert lines == []


async def test_at_its_end_it_hangs_up_on_everybody() -> None:
    async with told_site(echo) as site:
        async with running_proxy() as proxy:
            tunnel, idle = await proxy.client(), await proxy.client()
            tunnel.say(f"CONNECT shop.test:{site.port} HTTP/1.1\nHost: x")
            await tunnel.head()

        assert await tunnel.rest() == b""
        assert await idle.rest() == b""
        with pytest.raises(ConnectionRefusedError):
            await proxy.client()
