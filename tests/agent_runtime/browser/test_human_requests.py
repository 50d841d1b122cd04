"""What waits for a person."""

from __future__ import annotations

from agent_runtime.browser.human_requests import HumanRequests, Release
from xagent_protocol.ids import PageId, RequestId


async def test_a_request_is_open_as_long_as_somebody_waits_and_its_id_is_never_used_again() -> None:
    changes: list[tuple[str, ...]] = []
    requests = HumanRequests(lambda: changes.append(tuple(one.id for one in requests.open)))

    async with requests.asked("a", PageId("p1"), RequestId("ra")) as first:
        async with requests.asked("b", PageId("p2"), RequestId("rb")):
            pass
        async with requests.asked("c", PageId("p2"), RequestId("rc")) as third:
            assert requests.open == (first, third)

    assert changes == [("h1",), ("h1", "h2"), ("h1",), ("h1", "h3"), ("h1",), ()]


async def test_only_the_first_release_counts() -> None:
    requests = HumanRequests(lambda: None)

    async with requests.asked("a", PageId("p1"), RequestId("ra")) as request:
        request.release(Release("first"))
        request.release(Release("second"))

        assert await request.wait() == Release("first")
