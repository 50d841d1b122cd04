"""Leases to drive a page by hand."""

from __future__ import annotations

import asyncio

import pytest

from agent_runtime.browser.control import Control, Tokens
from agent_runtime.browser.errors import HumanHasControl, NotInControl


@pytest.fixture
def control() -> Control:
    """A page that nobody drives."""
    return Control(Tokens())


async def test_one_person_at_a_time(control: Control) -> None:
    control.take("Ada", 60)

    with pytest.raises(HumanHasControl, match="Ada has control for another 60 s"):
        control.take("Eve", 60)


async def test_a_later_token_is_above_an_earlier_one(control: Control) -> None:
    first = control.take("Ada", 60)
    control.give_back(first.token)
    second = control.take("Ada", 60)

    assert int(first.token.split("-")[0]) < int(second.token.split("-")[0])
    with pytest.raises(NotInControl):
        control.check(first.token)
    assert control.check(second.token) is second


async def test_a_lease_ends_by_itself(control: Control) -> None:
    lease = control.take("Ada", 0.0)

    assert control.lease is None
    with pytest.raises(NotInControl):
        control.extend(lease.token, 60)
    control.take("Eve", 60)


async def test_a_lease_is_extended_by_its_holder_only(control: Control) -> None:
    lease = control.take("Ada", 1)

    with pytest.raises(NotInControl):
        control.extend("1-guess", 60)
    assert control.extend(lease.token, 60).seconds_left > 50
    assert control.check(lease.token).holder == "Ada"


@pytest.mark.parametrize("how", ["handed back", "over by itself"])
async def test_whoever_waits_goes_on_when_the_page_is_free(control: Control, how: str) -> None:
    lease = control.take("Ada", 60 if how == "handed back" else 0.05)

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(control.wait_until_free())
        await asyncio.sleep(0)
        assert not waiting.done()
        if how == "handed back":
            control.give_back(lease.token)

    assert control.lease is None


async def test_nobody_waits_for_a_page_that_is_free(control: Control) -> None:
    await control.wait_until_free()
