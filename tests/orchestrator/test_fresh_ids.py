"""Identifiers that sort by their time."""

from __future__ import annotations

import time
from uuid import UUID

from orchestrator.fresh_ids import new_request_id, uuid7
from xagent_protocol.ids import is_request_id


def test_they_are_uuids_of_version_7_with_the_time_in_front() -> None:
    before = time.time_ns() // 1_000_000
    made = [UUID(uuid7()) for _ in range(1000)]
    after = time.time_ns() // 1_000_000

    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}
    assert all(before <= one.int >> 80 <= after for one in made)
    assert len(set(made)) == 1000


def test_each_kind_is_one() -> None:
    assert is_request_id(new_request_id())
