"""What was judged is what is connected to."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import structlog

from agent_runtime.policy import UrlPolicy
from agent_runtime.policy.dialer import Dialer
from agent_runtime.policy.errors import BlockedByPolicy, Unreachable
from tests.agent_runtime.policy.sites import Names, destination, policy


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A site at 127.0.0.1, and at no other address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def dialer(limits: UrlPolicy, names: Names) -> Dialer:
    """Return one that knows these names, on a machine that stands in no network."""
    return Dialer(limits, resolve=names.resolve, local=list)


def url(name: str, listening: socket.socket) -> str:
    """Return the address of the site under *name*."""
    return f"http://{name}:{listening.getsockname()[1]}/"


async def test_an_open_site_is_connected_to(listener: socket.socket) -> None:
    open_to_all = dialer(policy(deny=["other.test"]), Names())

    stream = await open_to_all.dial(destination(url("shop.test", listener)))

    assert stream.writer.get_extra_info("peername") == listener.getsockname()
    stream.close()


async def test_a_closed_site_is_not_even_looked_up(listener: socket.socket) -> None:
    names = Names()
    closed = dialer(policy(deny=["shop.test"]), names)
    shop = destination(url("shop.test", listener))

    with structlog.testing.capture_logs() as lines:
        for _ in range(2):
            with pytest.raises(BlockedByPolicy):
                await closed.dial(shop)

    assert names.asked == []
    found = closed.obstacles.on_the_way_to(shop)
    assert found is not None
    assert found.setting == "--deny-site"
    assert [line["event"] for line in lines] == ["blocked"], "once is enough"


async def test_a_name_that_leads_inside_is_closed(listener: socket.socket) -> None:
    closed = dialer(policy(block_private=True), Names())

    with pytest.raises(BlockedByPolicy):
        await closed.dial(destination(url("shop.test", listener)))


async def test_one_address_inside_is_enough(listener: socket.socket) -> None:
    closed = dialer(policy(block_private=True), Names(shop="93.184.215.14 127.0.0.1"))

    with pytest.raises(BlockedByPolicy):
        await closed.dial(destination(url("shop.test", listener)))


async def test_a_name_that_leads_elsewhere_the_next_moment_gains_nothing(
    listener: socket.socket,
) -> None:
    """The address that was judged is the one connected to: the name is not asked for again."""
    names = Names()
    names.lead("shop.test", "127.0.0.1")
    names.lead("shop.test", "127.0.0.2")
    pinned = dialer(policy(allow=["*", "127.0.0.1"], block_private=True), names)

    stream = await pinned.dial(destination(url("shop.test", listener)))
    with pytest.raises(BlockedByPolicy):
        await pinned.dial(destination(url("shop.test", listener)))

    assert stream.writer.get_extra_info("peername") == listener.getsockname()
    assert names.asked == ["shop.test", "shop.test"]
    stream.close()


async def test_a_site_that_cannot_be_reached_is_told_as_a_browser_would() -> None:
    names = Names()
    names.lead("nowhere.test")
    open_to_all = dialer(policy(deny=["other.test"]), names)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        refusing = destination(url("shop.test", taken))

        told = []
        for unreachable in (destination("http://nowhere.test/"), refusing):
            with pytest.raises(Unreachable) as raised:
                await open_to_all.dial(unreachable)
            told.append(raised.value.obstacle.net_error)

    assert told == ["ERR_NAME_NOT_RESOLVED", "ERR_CONNECTION_REFUSED"]
