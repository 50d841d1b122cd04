"""What makes two submissions the same."""

from __future__ import annotations

import msgspec
import pytest

from orchestrator.dispatch.submission import Submission
from xagent_protocol.ids import AgentId, RequestId

ASKED = Submission(AgentId("alpha"), "goto", msgspec.Raw(b"{}"))


def fingerprint(**changes: object) -> str:
    """Return the fingerprint of what is asked with *changes*."""
    return msgspec.structs.replace(ASKED, **changes).fingerprint({"url": "x"})


def test_a_fingerprint_is_that_of_the_releases_before() -> None:
    """Otherwise a repetition across an upgrade would be taken for another command."""
    assert fingerprint() == "760a1941afe88c764c9a0fac426452dfc34273d4e61fc5ce3ad945d8e177357c"


def test_the_id_is_no_part_of_it() -> None:
    assert fingerprint(request_id=RequestId("r1")) == fingerprint()


def test_who_asks_is_no_part_of_it() -> None:
    assert fingerprint(requested_by="token") == fingerprint()


@pytest.mark.parametrize(
    "changes",
    [
        {"agent_id": "beta"},
        {"action": "title"},
        {"page": "p2"},
        {"timeout": 5.0},
        {"idempotent": True},
        {"if_offline": "queue"},
        {"ttl": 1.0},
        {"record": "trace"},
        {"if_controlled": "wait"},
        {"control_digest": "0f"},
    ],
)
def test_whatever_else_is_asked_makes_it_another(changes: dict[str, object]) -> None:
    assert fingerprint(**changes) != fingerprint()
