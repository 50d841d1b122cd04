"""What browsers hold, over a restart."""

from __future__ import annotations

import asyncio

from orchestrator.clock import now_ms
from orchestrator.store.passes import PassStore
from tests.orchestrator.conftest import Database


async def test_they_are_there_again_by_their_ends_until_dropped_or_over(database: Database) -> None:
    store = PassStore(database.writer, database.readers, "share", token_sha256="t")
    other = PassStore(database.writer, database.readers, "sign_in", token_sha256="t")
    later = now_ms() + 60_000
    for name, ends_at in (("b", later + 1), ("a", later), ("gone", later), ("over", 1)):
        store.put(name, f"of {name}", ends_at=ends_at)
    other.put("c", "another", ends_at=later)
    store.put("b", "of b, anew", ends_at=later + 2)
    store.drop("gone")

    assert await store.load() == [("a", "of a"), ("b", "of b, anew")]


async def test_under_another_token_there_are_none(database: Database) -> None:
    PassStore(database.writer, database.readers, "share", token_sha256="t").put(
        "a", "x", ends_at=now_ms() + 60_000
    )

    renewed = PassStore(database.writer, database.readers, "share", token_sha256="u")

    assert await renewed.load() == []


async def test_what_was_ended_stays_ended_whatever_shares_its_commit(database: Database) -> None:
    store = PassStore(database.writer, database.readers, "share", token_sha256="t")
    later = now_ms() + 60_000
    for name in ("a", "b"):
        store.put(name, "x", ends_at=later)
    await store.load()

    store.drop("a")
    store.put("b", "used", ends_at=later)
    store.drop("b")
    await asyncio.sleep(0)  # these three are committed, and nothing with them

    assert await store.load() == []
