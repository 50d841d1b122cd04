"""For each rule the shortest story that shows what it is for: it holds with it, and breaks without.

`make model MUTANTS=1` finds such stories by chance.
"""

from __future__ import annotations

import pytest

from tests.model import mutants
from tests.model.mutants import MUTANTS, Mutant
from tests.model.process import Place
from tests.model.search import violation_of
from tests.model.steps import (
    BackUp,
    Cut,
    FillDisk,
    Kill,
    KillAt,
    Leave,
    Let,
    Partition,
    Replay,
    Restore,
    Start,
    Step,
    Stop,
    Submit,
    Swallow,
    WipeJournal,
)

CONNECTED = Let(0.01)
DISPATCHED = Let(0.01)
RUNNING = Let(0.1)
HELLO_SAID = Let(0.0015)

STORIES: list[tuple[Mutant, str, list[Step]]] = [
    (
        mutants.NoTaint(),
        "I5",
        [
            *(CONNECTED, Submit(idempotent=True), KillAt("agent", Place.AFTER_BEGIN), DISPATCHED),
            *(Start(), Leave("agent")),
        ],
    ),
    (
        mutants.AbsentReadsAreProof(),
        "I1",
        [
            *(CONNECTED, Submit("read", idempotent=False, seconds=1.0), DISPATCHED),
            *(Kill("agent"), Start()),
        ],
    ),
    (
        mutants.DispatchBeforeInventory(),
        "T2",
        [
            *(CONNECTED, Kill("agent"), Let(0.1), Submit()),
            *(Start(), HELLO_SAID, Stop("agent"), Let(2.0)),
        ],
    ),
    (
        mutants.AckBeforeCommit(),
        "I7",
        [CONNECTED, Submit(seconds=0.02), DISPATCHED, FillDisk(), Let(2.0)],
    ),
    (
        mutants.EffectBeforeJournal(),
        "I1",
        [CONNECTED, Submit(seconds=1.0), DISPATCHED, Kill("agent"), Start()],
    ),
    (
        mutants.TrustAnyJournal(),
        "I1",
        [CONNECTED, Submit(seconds=1.0), DISPATCHED, WipeJournal(), Start()],
    ),
    (
        mutants.NoEpochCheck(),
        "I8",
        [BackUp(), CONNECTED, Restore(), Let(0.6)],
    ),
    (
        mutants.ExpireDispatched(),
        "I5",
        [CONNECTED, Swallow(down=False), Submit(seconds=6.0, ttl=3.0), Let(7.0)],
    ),
    (
        mutants.OverwriteTerminal(),
        "I2",
        [
            *(CONNECTED, Submit(seconds=1.0), DISPATCHED, Partition(), Cut(), Let(45.0)),
            Partition(is_partitioned=False),
        ],
    ),
    (
        mutants.RerunNonIdempotent(),
        "I1",
        [CONNECTED, Submit(seconds=1.0), RUNNING, WipeJournal(), Start()],
    ),
    (
        mutants.NoDedupe(),
        "I1",
        [CONNECTED, Submit(seconds=1.0), DISPATCHED, Replay("command"), Let(2.0)],
    ),
    (
        mutants.NoAttemptFence(),
        "I4",
        [
            *(CONNECTED, Submit("read", seconds=0.02), DISPATCHED, Swallow(down=False), Let(0.1)),
            *(Kill("agent"), Start(), DISPATCHED, Replay("result")),
        ],
    ),
    (
        mutants.EvictionWithoutIdentity(),
        "I13",
        [CONNECTED, Kill("agent", is_silent=True), Start()],
    ),
]


@pytest.mark.parametrize(
    ("mutant", "invariant", "story"), STORIES, ids=[str(mutant) for mutant, _, _ in STORIES]
)
def test_each_rule_is_missed_where_it_is_left_out(
    mutant: Mutant, invariant: str, story: list[Step]
) -> None:
    with_all_rules = violation_of(story)
    without_it = violation_of(story, mutant)

    assert with_all_rules is None
    assert without_it is not None
    assert without_it.invariant == invariant


def test_every_mutant_has_its_story() -> None:
    assert [type(mutant) for mutant, _, _ in STORIES] == [type(mutant) for mutant in MUTANTS]
