"""How long a browser stays signed in."""

from __future__ import annotations

import pytest

from orchestrator.access.sign_ins import IDLE_SECONDS, LONGEST_SECONDS, MOST, SignIns


class Clock:
    """A clock that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sign_ins(clock: Clock) -> SignIns:
    return SignIns(clock)


def test_each_browser_holds_a_secret_of_its_own(sign_ins: SignIns) -> None:
    one, other = sign_ins.begin(), sign_ins.begin()

    assert one != other
    assert len(one) >= 43
    assert sign_ins.holds(one)
    assert sign_ins.holds(other)


@pytest.mark.parametrize("secret", ["", "x", "xagent_browser_", "é", "\x00"])
def test_what_was_never_given_out_holds_nothing(sign_ins: SignIns, secret: str) -> None:
    sign_ins.begin()

    assert not sign_ins.holds(secret)


def test_only_digests_are_kept(sign_ins: SignIns) -> None:
    secret = sign_ins.begin()

    assert secret not in repr(vars(sign_ins))


def test_a_browser_that_is_used_stays_signed_in_but_not_for_ever(
    sign_ins: SignIns, clock: Clock
) -> None:
    secret, began = sign_ins.begin(), clock.now

    while clock.now + IDLE_SECONDS - 1 < began + LONGEST_SECONDS:
        clock.now += IDLE_SECONDS - 1
        assert sign_ins.holds(secret)
    clock.now = began + LONGEST_SECONDS

    assert not sign_ins.holds(secret)


def test_a_browser_that_is_not_used_is_signed_out(sign_ins: SignIns, clock: Clock) -> None:
    secret = sign_ins.begin()
    clock.now += IDLE_SECONDS

    assert not sign_ins.holds(secret)
    clock.now -= IDLE_SECONDS
    assert not sign_ins.holds(secret), "what is over stays over"


def test_a_browser_signs_out(sign_ins: SignIns) -> None:
    secret, other = sign_ins.begin(), sign_ins.begin()

    sign_ins.end(secret)
    sign_ins.end(secret)

    assert not sign_ins.holds(secret)
    assert sign_ins.holds(other)


def test_of_too_many_the_one_goes_that_was_used_longest_ago(sign_ins: SignIns) -> None:
    first, second = sign_ins.begin(), sign_ins.begin()
    sign_ins.holds(first)

    for _ in range(MOST - 1):
        sign_ins.begin()

    assert len(sign_ins) == MOST
    assert not sign_ins.holds(second)
    assert sign_ins.holds(first)
