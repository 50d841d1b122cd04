"""Whether coming back makes sense."""

from __future__ import annotations

import pytest

from xagent_protocol.close_codes import (
    DUPLICATE_AGENT,
    STALE_EPOCH,
    SUPERSEDED,
    CloseCode,
    may_come_back,
)

POINTLESS = {CloseCode.UNAUTHORIZED, CloseCode.FORBIDDEN, CloseCode.UNSUPPORTED_PROTOCOL}


@pytest.mark.parametrize("code", CloseCode)
def test_only_a_refusal_for_good_keeps_an_agent_away(code: CloseCode) -> None:
    assert may_come_back(code) is (code not in POINTLESS)


@pytest.mark.parametrize("code", [1000, 1006, 1011, 3000, 4999])
def test_a_code_that_is_not_ours_is_no_refusal(code: int) -> None:
    assert may_come_back(code)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (SUPERSEDED, False),
        (f"{SUPERSEDED}: by a newer connection", False),
        (DUPLICATE_AGENT, True),
        (STALE_EPOCH, True),
        ("", True),
    ],
)
def test_a_conflict_ends_the_older_connection_only(reason: str, expected: bool) -> None:
    assert may_come_back(CloseCode.CONFLICT, reason) is expected
