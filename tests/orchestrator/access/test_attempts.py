"""How often somebody may try."""

from __future__ import annotations

from orchestrator.access.attempts import ADDRESSES, MOST, WINDOW_SECONDS, Attempts
from tests.orchestrator.access.test_sign_ins import Clock


def test_an_address_may_try_a_few_times_a_minute() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(MOST):
        assert attempts.wait_seconds("a") == 0
        attempts.failed("a")
        clock.now += 1

    assert attempts.wait_seconds("a") == WINDOW_SECONDS - MOST
    assert attempts.wait_seconds("b") == 0
    clock.now += WINDOW_SECONDS - MOST
    assert attempts.wait_seconds("a") == 0
    attempts.failed("a")
    assert attempts.wait_seconds("a") == 1


def test_who_knows_the_token_begins_anew() -> None:
    attempts = Attempts(Clock())
    for _ in range(MOST):
        attempts.failed("a")

    attempts.succeeded("a")
    attempts.succeeded("nobody")

    assert attempts.wait_seconds("a") == 0


def test_addresses_are_not_kept_for_ever() -> None:
    attempts = Attempts(Clock())
    for number in range(ADDRESSES + 1):
        for _ in range(MOST):
            attempts.failed(str(number))

    assert attempts.wait_seconds("0") == 0
    assert attempts.wait_seconds("1") > 0
