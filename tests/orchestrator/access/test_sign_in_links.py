"""Links that sign in once."""

from __future__ import annotations

import pytest

from orchestrator.access.sign_in_links import LIFETIME_SECONDS, MOST, SignInLinks
from tests.orchestrator.access.test_sign_ins import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def links(clock: Clock) -> SignInLinks:
    return SignInLinks(clock)


@pytest.mark.parametrize("can_control", [True, False])
def test_a_link_is_used_once_and_says_for_what(links: SignInLinks, can_control: bool) -> None:
    code, _ = links.make(can_control=can_control)

    assert links.is_good(code)
    assert links.is_good(code), "to look at it does not use it up"
    assert links.use(code) is can_control
    assert links.use(code) is None
    assert not links.is_good(code)


def test_a_link_ends_after_five_minutes(links: SignInLinks, clock: Clock) -> None:
    code, _ = links.make(can_control=True)
    clock.now += LIFETIME_SECONDS

    assert not links.is_good(code)
    assert links.use(code) is None


@pytest.mark.parametrize("code", ["", "x", "é", "\x00"])
def test_what_was_never_given_out_signs_nobody_in(links: SignInLinks, code: str) -> None:
    links.make(can_control=True)

    assert not links.is_good(code)
    assert links.use(code) is None


def test_only_digests_are_kept(links: SignInLinks) -> None:
    code, _ = links.make(can_control=True)

    assert code not in repr(vars(links))


def test_of_too_many_the_oldest_goes(links: SignInLinks) -> None:
    first, second = (links.make(can_control=True)[0] for _ in range(2))

    for _ in range(MOST - 1):
        links.make(can_control=True)

    assert not links.is_good(first)
    assert links.is_good(second)
