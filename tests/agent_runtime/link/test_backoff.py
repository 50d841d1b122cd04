"""The waits between dials."""

from __future__ import annotations

import random

from hypothesis import given, settings, strategies as st

from agent_runtime.link.backoff import FIRST_SECONDS, LONGEST_SECONDS, Backoff


def _longest(low: float, high: float) -> float:
    return high


def test_the_first_dial_after_a_loss_goes_at_once() -> None:
    assert Backoff(_longest).next_seconds() == 0.0


def test_the_bound_doubles_until_it_is_reached() -> None:
    backoff = Backoff(_longest)

    waits = [backoff.next_seconds() for _ in range(10)]

    assert waits == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


@settings(deadline=None)  # a busy machine is no counter-example
@given(seed=st.integers(), failures=st.integers(1, 3000), at_least=st.floats(0, 300))
def test_a_wait_is_never_below_what_was_asked_nor_above_the_bound(
    seed: int, failures: int, at_least: float
) -> None:
    backoff = Backoff(random.Random(seed).uniform)
    for _ in range(failures):
        backoff.next_seconds()

    wait = backoff.next_seconds(at_least=at_least)

    assert at_least <= wait <= at_least + LONGEST_SECONDS


def test_the_jitter_is_full() -> None:
    asked: list[tuple[float, float]] = []

    def remember(low: float, high: float) -> float:
        asked.append((low, high))
        return high

    backoff = Backoff(remember)
    backoff.next_seconds()
    backoff.next_seconds()
    backoff.next_seconds()

    assert asked == [(0.0, FIRST_SECONDS), (0.0, 2 * FIRST_SECONDS)]


def test_a_wait_that_was_asked_for_is_obeyed_even_the_first_time_and_spread() -> None:
    assert Backoff(_longest).next_seconds(at_least=5.0) == 5.5


def test_after_a_reset_it_begins_again() -> None:
    backoff = Backoff(_longest)
    for _ in range(5):
        backoff.next_seconds()

    backoff.reset(at_once=True)
    steady = backoff.next_seconds()
    backoff.reset(at_once=False)
    brief = backoff.next_seconds()

    assert (steady, brief) == (0.0, FIRST_SECONDS)
