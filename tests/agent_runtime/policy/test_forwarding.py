"""Plain HTTP through the proxy, byte by byte."""

from __future__ import annotations

import asyncio

import pytest

from tests.agent_runtime.actions.asking import eventually
from tests.agent_runtime.policy.sites import Names
from tests.agent_runtime.policy.wire import (
    polite,
    requests,
    running_proxy,
    told_site,
)


async def test_a_request_is_passed_on_as_a_browser_says_it_to_a_site() -> None:
    async with running_proxy() as proxy, told_site(polite) as site:
        client = await proxy.client()
        client.say(
            f"GET {site.url('/a?b=c', host='SHOP.test')} HTTP/1.1\n"
            "Host: other.test\n"
            "Proxy-Connection: keep-alive, X-Once\n"
            "X-Once: 1\n"
            "Proxy-Authorization: Basic c2VjcmV0\n"
            "User-Agent: Somebody\n"
            "sec-ch-ua: kept\n"
            "ACCEPT: */*"
        )

        answer = await client.answer()

        assert answer.body.decode().split("\r\n") == [
            "GET /a?b=c HTTP/1.1",
            f"Host: shop.test:{site.port}",
            "Connection: keep-alive",
            "User-Agent: Somebody",
            "sec-ch-ua: kept",
            "ACCEPT: */*",
        ]


async def test_one_connection_serves_many_requests() -> None:
    async with running_proxy() as proxy, told_site(polite) as site:
        client = await proxy.client()
        for _ in range(3):
            client.get(site.url())
            assert (await client.answer()).status == 200

        assert site.connections == 1


async def test_each_request_goes_to_its_own_site() -> None:
    async with running_proxy() as proxy, told_site(polite) as one, told_site(polite) as other:
        client = await proxy.client()
        for site in (one, other, one):
            client.get(site.url())
            assert f"shop.test:{site.port}" in (await client.answer()).body.decode()

        client.get(one.url(host="closed.test"))
        assert (await client.answer()).status == 403


async def test_a_site_that_hung_up_meanwhile_is_connected_to_again() -> None:
    hung_up = asyncio.Event()

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async for _ in requests(reader):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            writer.close()
            await writer.wait_closed()
            hung_up.set()

    async with running_proxy() as proxy, told_site(once) as site:
        client = await proxy.client()
        client.get(site.url())
        await client.answer()
        await hung_up.wait()
        client.get(site.url())

        # If the news of the end is still on its way, a browser is hung up on, and asks again.
        answered = await client.reader.read(12)
        assert answered in (b"HTTP/1.1 200", b"")


@pytest.mark.parametrize("together", [True, False])
async def test_what_a_site_says_unasked_answers_nothing(together: bool) -> None:
    answered = asyncio.Event()
    is_said = asyncio.Event()

    async def impatient(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        if not together:
            await answered.wait()
        writer.write(b"HTTP/1.1 408 Timeout\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        is_said.set()
        await reader.read()

    async with running_proxy() as proxy, told_site(impatient) as site:
        client = await proxy.client()
        client.get(site.url())
        await client.answer()
        answered.set()
        await is_said.wait()
        client.get(site.url())

        assert (await client.answer()).status == 200


async def test_an_answer_comes_piece_by_piece() -> None:
    go_on = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async for _ in requests(reader):
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
            await go_on.wait()
            writer.write(b"3\r\ntwo\r\n0\r\n\r\n")

    async with running_proxy() as proxy, told_site(slow) as site:
        client = await proxy.client()
        client.get(site.url())
        head = await client.head()
        first = await client.reader.readexactly(8)
        go_on.set()

        assert "transfer-encoding: chunked" in head.lower()
        assert first == b"3\r\none\r\n"
        assert await client.reader.readexactly(13) == b"3\r\ntwo\r\n0\r\n\r\n"


async def test_a_body_is_passed_on_piece_by_piece() -> None:
    arrived: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        arrived.append(await reader.readexactly(3))
        arrived.append(await reader.readexactly(3))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()

    async with running_proxy() as proxy, told_site(take) as site:
        client = await proxy.client()
        client.say(f"POST {site.url()} HTTP/1.1\nHost: x\nContent-Length: 6", b"one")
        await eventually(lambda: arrived == [b"one"])
        client.writer.write(b"two")

        assert (await client.answer()).status == 204
        assert arrived == [b"one", b"two"]


async def test_what_nobody_reads_is_not_read_from_its_site_either() -> None:
    sent = 0
    stuck = asyncio.Event()

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            try:
                async with asyncio.timeout(0.5):
                    writer.write(bytes(100_000))
                    await writer.drain()
            except TimeoutError:
                stuck.set()
                return
            sent += 100_000

    async with running_proxy() as proxy, told_site(pour) as site:
        client = await proxy.client()
        client.get(site.url())
        await stuck.wait()

        assert sent < 30_000_000, "what sockets and our own buffers hold"


async def test_when_a_client_leaves_its_site_is_left_too() -> None:
    left = asyncio.Event()

    async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        await reader.read()
        left.set()

    async with running_proxy() as proxy, told_site(stream) as site:
        client = await proxy.client()
        client.get(site.url())
        await client.head()
        client.close()

        await left.wait()


async def test_a_site_that_breaks_off_is_seen_to_break_off() -> None:
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")

    async with running_proxy() as proxy, told_site(break_off) as site:
        client = await proxy.client()
        client.get(site.url())
        await client.head()

        assert await client.rest() == b"half"


async def test_an_answer_without_a_length_gets_an_end() -> None:
    async def old(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\nSet-Cookie: a=1\r\nSET-COOKIE: b=2\r\n\r\nuntil the end")

    async with running_proxy() as proxy, told_site(old) as site:
        client = await proxy.client()
        client.get(site.url())
        answer = await client.answer()

        assert answer.body == b"until the end"
        client.get(site.url())
        head = await client.head()
        assert "Set-Cookie: a=1\r\nSET-COOKIE: b=2" in head


async def test_an_early_answer_to_a_long_body_arrives() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()

    async with running_proxy() as proxy, told_site(refuse) as site:
        client = await proxy.client()
        client.say(f"POST {site.url()} HTTP/1.1\nHost: x\nContent-Length: 9000000", bytes(100_000))

        assert (await client.answer()).status == 413


async def test_a_client_that_waits_for_leave_to_go_on_gets_it() -> None:
    async def lenient(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(4)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" + body)

    async with running_proxy() as proxy, told_site(lenient) as site:
        client = await proxy.client()
        client.say(f"PUT {site.url()} HTTP/1.1\nHost: x\nContent-Length: 4\nExpect: 100-continue")
        assert (await client.head()).startswith("HTTP/1.1 100")
        client.writer.write(b"body")

        assert (await client.answer()).body == b"body"


@pytest.mark.parametrize(
    "nonsense",
    [
        b"hello\r\n\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 407 Give Me\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 600_000,
    ],
    ids=["no head", "silence", "two lengths", "proxy's password", "another protocol", "too much"],
)
async def test_what_is_no_answer_is_told_by_us(nonsense: bytes) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(nonsense)
        await writer.drain()

    async with running_proxy() as proxy, told_site(babble) as site:
        client = await proxy.client()
        client.get(site.url())

        answer = await client.answer()

        assert answer.status == 502
        assert b"no answer that can be understood" in answer.body
        assert "proxy-authenticate" not in answer.headers


async def test_a_closed_site_is_answered_for_and_asked_nothing() -> None:
    async with running_proxy() as proxy, told_site(polite) as site:
        client = await proxy.client()
        url = site.url(host="closed.test")
        client.say(f"POST {url} HTTP/1.1\nHost: x\nContent-Length: 5", b"hello")
        answer = await client.answer()
        client.say(f"HEAD {url} HTTP/1.1\nHost: x")
        of_head = await client.answer(of_head=True)
        client.get(site.url())
        after = await client.answer()

        assert answer.status == of_head.status == 403
        assert b"may not open" in answer.body
        assert "sandbox" in answer.headers["content-security-policy"]
        assert of_head.headers["content-length"] == str(len(answer.body))
        assert after.status == 200
        assert site.connections == 1


async def test_a_name_that_leads_nowhere_is_answered_for() -> None:
    names = Names()
    names.lead("nowhere.test")
    async with running_proxy(names=names) as proxy:
        client = await proxy.client()
        client.get("http://nowhere.test/")
        answer = await client.answer()

        assert answer.status == 502
        assert b"ERR_NAME_NOT_RESOLVED" in answer.body


@pytest.mark.parametrize(
    "target", ["/", "https://shop.test/", "http://exa%20mple.test/", "http:///", "ftp://shop.test/"]
)
async def test_who_takes_the_proxy_for_a_site_is_told(target: str) -> None:
    """So does a page of another browser on this machine, which can ask for nothing else."""
    async with running_proxy() as proxy:
        client = await proxy.client()
        client.say(f"GET {target} HTTP/1.1\nHost: 127.0.0.1")

        assert (await client.answer()).status == 400
