"""Links by which somebody may look at one agent."""

from __future__ import annotations

import pytest

from orchestrator.access.principal import PrincipalKind
from orchestrator.access.shares import MOST, Shares
from orchestrator.errors import ShareUnknown
from tests.orchestrator.access.test_sign_ins import Clock, Kept
from xagent_protocol.ids import AgentId

ALPHA = AgentId("alpha")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shares(clock: Clock) -> Shares:
    return Shares(clock)


def test_a_share_is_of_one_agent_and_only_to_look(shares: Shares) -> None:
    secret, share = shares.make(ALPHA, 60)

    visitor = shares.principal_of(secret)

    assert visitor is not None
    assert (visitor.kind, visitor.agent_id) == (PrincipalKind.SHARE, ALPHA)
    assert visitor.expires_at == share.expires_at == share.created_at + 60_000
    assert visitor.may_see(ALPHA)
    assert not visitor.may_see(AgentId("beta"))
    assert not visitor.may_see(None)
    assert not visitor.may_control(ALPHA)


def test_a_share_ends_with_its_time(shares: Shares, clock: Clock) -> None:
    secret, _ = shares.make(ALPHA, 60)
    visitor = shares.principal_of(secret)
    assert visitor is not None

    clock.now += 59.5
    assert visitor.lasts()
    assert shares.find(secret) is not None
    clock.now += 0.5

    assert not visitor.lasts()
    assert shares.principal_of(secret) is None
    assert shares.find(secret) is None
    assert shares.all() == []


def test_ending_a_share_ends_what_it_opened(shares: Shares) -> None:
    secret, share = shares.make(ALPHA, 60)
    other, _ = shares.make(ALPHA, 60)
    visitor = shares.principal_of(secret)
    assert visitor is not None

    assert shares.end(share.share_id) == share

    assert not visitor.lasts()
    assert shares.principal_of(secret) is None
    assert shares.principal_of(other) is not None
    with pytest.raises(ShareUnknown):
        shares.end(share.share_id)


def test_shares_are_listed_newest_first_without_their_secrets(shares: Shares) -> None:
    made = [shares.make(ALPHA, 60) for _ in range(3)]

    assert shares.all() == [share for _, share in reversed(made)]
    for secret, _ in made:
        assert secret not in repr(shares.all())
        assert secret not in repr(vars(shares))


def test_a_shares_id_opens_nothing(shares: Shares) -> None:
    _, share = shares.make(ALPHA, 60)

    assert shares.principal_of(share.share_id) is None


def test_of_too_many_the_oldest_goes(shares: Shares) -> None:
    first, _ = shares.make(ALPHA, 60)

    for _ in range(MOST):
        shares.make(ALPHA, 60)

    assert shares.principal_of(first) is None
    assert len(shares.all()) == MOST


def test_a_share_outlives_a_restart_until_it_is_ended(clock: Clock) -> None:
    kept = Kept()
    shares = Shares(clock, kept)
    secret, share = shares.make(ALPHA, 60)
    ended, other = shares.make(ALPHA, 60)
    shares.end(other.share_id)

    next_life = Shares(clock, kept)
    next_life.load(kept.rows.items())

    assert next_life.all() == [share]
    assert next_life.principal_of(secret) is not None
    assert next_life.principal_of(ended) is None
