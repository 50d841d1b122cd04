"""How long a browser stays signed in."""

from __future__ import annotations

import pytest

from orchestrator.access.principal import PrincipalKind
from orchestrator.access.sign_ins import (
    IDLE_SECONDS,
    LONGEST_SECONDS,
    MOST,
    NOTED_SECONDS,
    SignIns,
)


class Clock:
    """A clock that a test moves."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Kept:
    """What a database would keep."""

    def __init__(self) -> None:
        self.rows: dict[str, str] = {}
        self.puts = 0

    def put(self, name: str, content: str, *, ends_at: int) -> None:
        self.rows[name] = content
        self.puts += 1

    def drop(self, name: str) -> None:
        self.rows.pop(name, None)


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


def test_a_browser_has_a_name_that_lasts_and_is_no_part_of_its_secret(clock: Clock) -> None:
    kept = Kept()
    sign_ins, later = SignIns(clock, kept), SignIns(clock, kept)
    one, other = sign_ins.begin(), sign_ins.begin()
    later.load(kept.rows.items())

    names = [name_of(sign_ins, one), name_of(sign_ins, other), name_of(later, one)]

    assert names[0] == names[2] != names[1]
    assert names[0].startswith("sign-in ")
    assert names[0].removeprefix("sign-in ") not in one


def name_of(sign_ins: SignIns, secret: str) -> str:
    """Return what the browser that holds *secret* is called."""
    principal = sign_ins.principal_of(secret)
    assert principal is not None
    assert principal.name is not None
    return principal.name


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


@pytest.mark.parametrize("can_control", [True, False])
def test_a_browser_may_do_what_it_signed_in_for(
    sign_ins: SignIns, clock: Clock, can_control: bool
) -> None:
    person = sign_ins.principal_of(sign_ins.begin(can_control=can_control))

    assert person is not None
    assert person.kind is PrincipalKind.PERSON
    assert person.can_control is can_control
    assert person.agent_id is None
    assert person.expires_at is not None
    assert person.expires_at / 1000 == clock.now + LONGEST_SECONDS
    assert sign_ins.principal_of("x") is None


def test_a_sign_in_outlives_a_restart_and_a_sign_out_does_too(clock: Clock) -> None:
    kept = Kept()
    sign_ins = SignIns(clock, kept)
    looks, gone = sign_ins.begin(can_control=False), sign_ins.begin()
    sign_ins.end(gone)

    next_life = SignIns(clock, kept)
    next_life.load(kept.rows.items())

    person = next_life.principal_of(looks)
    assert person is not None
    assert not person.can_control
    assert not next_life.holds(gone)


def test_use_is_recorded_now_and_then(clock: Clock) -> None:
    kept = Kept()
    sign_ins = SignIns(clock, kept)
    secret = sign_ins.begin()

    clock.now += NOTED_SECONDS - 1
    assert sign_ins.holds(secret)
    assert kept.puts == 1, "not with each request"
    clock.now += 1
    assert sign_ins.holds(secret)
    assert kept.puts == 2

    clock.now += IDLE_SECONDS - 1
    next_life = SignIns(clock, kept)
    next_life.load(kept.rows.items())
    assert next_life.holds(secret)


def test_what_a_browser_began_knows_that_it_signed_out(sign_ins: SignIns, clock: Clock) -> None:
    secret = sign_ins.begin()
    person = sign_ins.principal_of(secret)
    assert person is not None

    clock.now += IDLE_SECONDS - 1
    assert person.lasts()
    clock.now += IDLE_SECONDS - 1
    assert person.lasts(), "a page that is open is in use"
    sign_ins.end(secret)

    assert not person.lasts()
