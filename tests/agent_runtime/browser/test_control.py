"""Leases to drive a page by hand."""

from __future__ import annotations

import asyncio

import pytest

from agent_runtime.browser.control import Control, HandBack
from agent_runtime.browser.errors import HumanHasControl, NotInControl, TokenUsed


@pytest.fixture
def control() -> Control:
    """A page that nobody drives."""
    return Control()


async def test_one_person_at_a_time(control: Control) -> None:
    control.take("Ada", "a", 60)

    with pytest.raises(HumanHasControl, match="Ada has control for another 60 s"):
        control.take("Eve", "e", 60)


async def test_who_asks_again_keeps_what_they_have(control: Control) -> None:
    first = control.take("Ada", "a", 60)
    again = control.take("Ada", "a", 90)

    assert (again.number, again.digest) == (first.number, "a")
    assert again.seconds_left > 60


async def test_an_earlier_token_opens_nothing_and_gets_nothing_any_more(control: Control) -> None:
    first = control.take("Ada", "a", 60)
    control.give_back("a")
    second = control.take("Ada", "b", 60)

    assert first.number < second.number
    assert not control.holds("a")
    with pytest.raises(NotInControl):
        control.check("a")
    control.give_back("b")
    with pytest.raises(TokenUsed):
        control.take("Ada", "a", 60)


async def test_a_lease_ends_by_itself(control: Control) -> None:
    control.take("Ada", "a", 0.0)

    assert control.lease is None
    with pytest.raises(NotInControl):
        control.renew("a")
    control.take("Eve", "e", 60)


async def test_a_lease_is_renewed_by_its_holder_only(control: Control) -> None:
    control.take("Ada", "a", 1)

    with pytest.raises(NotInControl):
        control.renew("guess", 60)
    assert control.renew("a", 60).seconds_left > 50
    assert control.renew("a").seconds_left > 50
    assert control.check("a").holder == "Ada"


async def test_each_change_is_told() -> None:
    told: list[str | None] = []

    def note() -> None:
        told.append(None if one.lease is None else one.lease.holder)

    one = Control(note)
    one.take("Ada", "a", 60)
    one.renew("a")
    one.give_back("a", "done")

    assert told == ["Ada", None]
    assert one.last == HandBack("Ada", "done")


@pytest.mark.parametrize("how", ["handed back", "over by itself"])
async def test_whoever_waits_goes_on_when_the_page_is_free(control: Control, how: str) -> None:
    control.take("Ada", "a", 60 if how == "handed back" else 0.05)

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(control.wait_until_free())
        await asyncio.sleep(0)
        assert not waiting.done()
        if how == "handed back":
            control.give_back("a")

    assert control.lease is None


async def test_nobody_waits_for_a_page_that_is_free(control: Control) -> None:
    await control.wait_until_free()
