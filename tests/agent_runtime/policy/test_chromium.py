"""Whatever a page tries, Chromium goes through the proxy, and to nobody that is closed.

Each name leads to this machine here, and what would arrive there falls into a trap: the fixture
says so after each test.
"""

from __future__ import annotations

import asyncio
from typing import Final

import pytest
from websockets.asyncio.server import ServerConnection, serve

from tests.agent_runtime.actions.asking import code_of, eventually
from tests.agent_runtime.policy.guarded import Guarded
from tests.agent_runtime.policy.ways import WAYS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

REDIRECTED: Final = ("fetch", "image", "iframe", "location", "popup", "form")


@pytest.mark.parametrize("way", WAYS)
async def test_a_page_reaches_nothing_that_is_closed(guarded: Guarded, way: str) -> None:
    url, since = guarded.trap_url(f"/{way.replace(' ', '-')}"), asyncio.get_running_loop().time()

    await guarded.run(WAYS[way], url)

    await eventually(lambda: guarded.obstacle(url, since) is not None)


@pytest.mark.parametrize("way", REDIRECTED)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_redirect_reaches_nothing_that_is_closed(
    guarded: Guarded, way: str, scheme: str
) -> None:
    url, since = guarded.trap_url(scheme=scheme), asyncio.get_running_loop().time()

    await guarded.run(WAYS[way], guarded.url(f"/redirect?to={url}", "127.0.0.1"))

    await eventually(lambda: guarded.obstacle(url, since) is not None)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "a.localhost",
        "169.254.169.254",
        "trap.test.",
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https", "ws"])
async def test_no_host_is_so_near_that_the_proxy_is_passed_by(
    guarded: Guarded, host: str, scheme: str
) -> None:
    """Chromium goes by itself to this machine and its link, unless it is told not to."""
    url, since = guarded.trap_url(host=host, scheme=scheme), asyncio.get_running_loop().time()
    seen = url.replace("ws:", "http:")

    await guarded.run(WAYS["socket" if scheme == "ws" else "fetch"], url)

    await eventually(lambda: guarded.obstacle(seen, since) is not None)


async def test_an_isolated_page_has_the_same_way_out(guarded: Guarded) -> None:
    url, since = guarded.trap_url(), asyncio.get_running_loop().time()
    await guarded.open(guarded.url("/form"), isolated=True)

    await guarded.run(WAYS["fetch"], url)

    await eventually(lambda: guarded.obstacle(url, since) is not None)


async def test_requests_that_playwright_makes_itself_have_the_same_way_out(
    guarded: Guarded,
) -> None:
    for scheme in ("http", "https"):
        answer = await guarded.browser.context.request.get(guarded.trap_url(scheme=scheme))
        assert answer.status == 403
        assert "may not open" in await answer.text()

    answer = await guarded.browser.context.request.get(guarded.url("/form"))
    assert answer.status == 200


async def test_webrtc_finds_no_way_around(guarded: Guarded) -> None:
    found = await guarded.run(
        """async port => {
            const urls = ['stun:127.0.0.1', 'turn:127.0.0.1', 'stun:trap.test'].map(
                one => `${one}:${port}`
            )
            urls.push(`turn:127.0.0.1:${port}?transport=tcp`)
            const peer = new RTCPeerConnection({
                iceServers: [{urls, username: 'a', credential: 'b'}],
            })
            const found = []
            const complete = new Promise(done => {
                peer.onicecandidate = ({candidate}) =>
                    candidate ? found.push(candidate.candidate) : done()
            })
            peer.createDataChannel('x')
            await peer.setLocalDescription(await peer.createOffer())
            await complete
            peer.close()
            return found
        }""",
        guarded.trap.port,
    )

    assert [one for one in found if one] == []


async def test_webtransport_finds_no_way_around(guarded: Guarded) -> None:
    outcome = await guarded.run(
        """async url => {
            const transport = new WebTransport(url)
            transport.closed.catch(() => {})
            return await transport.ready.then(() => 'open', error => error.name)
        }""",
        guarded.trap_url(scheme="https", host="127.0.0.1"),
    )

    assert outcome == "WebTransportError"


async def test_what_is_open_works_as_ever(guarded: Guarded) -> None:
    await guarded.get("goto", url=guarded.url("/sign-in?user=ann"))
    await guarded.get("goto", url=guarded.url("/redirect?to=/account"))
    downloaded = "fetch('/large?chars=3000000').then(a => a.text()).then(text => text.length)"
    uploaded = "fetch('/count', {method: 'POST', body: 'a'.repeat(1e6)}).then(a => a.status)"

    assert await guarded.get("inner_text", target="#session") == "ann"
    assert await guarded.get("evaluate", expression=downloaded) == 3_000_027
    assert await guarded.get("evaluate", expression=uploaded) == 200


async def test_a_web_socket_to_what_is_open_works_as_ever(guarded: Guarded) -> None:
    async def echo(socket: ServerConnection) -> None:
        async for message in socket:
            await socket.send(message)

    async with serve(echo, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        answer = await guarded.run(
            """url => new Promise((done, fail) => {
                const socket = new WebSocket(url)
                socket.onopen = () => socket.send('hello')
                socket.onmessage = ({data}) => { socket.close(); done(data) }
                socket.onerror = fail
            })""",
            f"ws://shop.test:{port}/",
        )

    assert answer == "hello"


async def test_a_browser_that_is_started_again_has_the_same_way_out(guarded: Guarded) -> None:
    await guarded.get("restart_browser", timeout=30)

    assert code_of(await guarded.ask("goto", url=guarded.trap_url())) == "blocked_by_policy"
    assert await guarded.get("goto", url=guarded.url("/form"))
