"""What is known of a command's effect."""

from __future__ import annotations

import itertools

import pytest

from xagent_protocol.outcomes import Effect, join_effects

PAIRS = list(itertools.product(Effect, repeat=2))


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_the_order_of_attempts_does_not_matter(one: Effect, other: Effect) -> None:
    assert join_effects(one, other) is join_effects(other, one)


@pytest.mark.parametrize(("one", "two", "three"), list(itertools.product(Effect, repeat=3)))
def test_nor_does_their_grouping(one: Effect, two: Effect, three: Effect) -> None:
    left = join_effects(join_effects(one, two), three)
    right = join_effects(one, join_effects(two, three))

    assert left is right


@pytest.mark.parametrize("effect", Effect)
def test_an_attempt_that_never_began_adds_nothing_and_a_repetition_neither(effect: Effect) -> None:
    assert join_effects(effect, Effect.NONE) is effect
    assert join_effects(effect, effect) is effect


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_none_needs_every_attempt(one: Effect, other: Effect) -> None:
    assert (join_effects(one, other) is Effect.NONE) is (one is other is Effect.NONE)


def test_what_disagrees_is_unknown() -> None:
    assert join_effects(Effect.COMPLETE, Effect.PARTIAL) is Effect.UNKNOWN
    assert join_effects(Effect.COMPLETE, Effect.UNKNOWN) is Effect.UNKNOWN
