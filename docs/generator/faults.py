"""The fault matrix: what is broken, what is to come of it, and the tests that break it.

A test names its rows in its own name (`test_f28_…`) or at the beginning of its docstring
("F39, F40: …"). A row that no test names is listed as not tested, in the README too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from docs.generator.markdown import table
from docs.generator.source import ROOT

FAULTS: Final = {
    1: (
        "orchestrator killed before a submission is committed",
        "no command; asking again makes one",
    ),
    2: ("… after it, before the answer", "asking again under the same id finds it; begun once"),
    3: ("… before the frame is sent", "the inventory lacks it: back to the queue, begun once"),
    4: ("… while the agent works", "the agent goes on and hands the result in"),
    5: ("… before a result is committed", "no acknowledgement, so it is sent again; recorded once"),
    6: ("… before it is acknowledged", "it is sent again; nothing changes"),
    7: ("… again and again under load", "nothing lost, nothing twice, the database whole"),
    8: ("the plug is pulled", "as F1–F6 with `--durability power`"),
    9: ("agent killed with a command received", "begun once, by the next life"),
    10: ("… begun", "`failed`, `agent_restarted`, effect unknown; idempotent: another attempt"),
    11: ("… done, the result not delivered", "the next life hands it in"),
    12: ("agent gone for good", "`lost` at the deadline and its grace; what was queued expires"),
    13: (
        "an agent's journal deleted or damaged",
        "a new journal; what was open is `lost` or retried",
    ),
    14: ("Chromium killed", "`browser_crashed`; the same profile is back for the next command"),
    15: ("a script that never ends", "`timed_out`; the page is freed, beats go on"),
    16: (
        "a stale lock of the profile",
        "removed only if its process is proven dead, else `profile_busy`",
    ),
    17: ("a connection reset", "back within 2 s; no command changes"),
    18: ("packets dropped both ways", "both ends notice within 40 s; nothing is sent twice"),
    19: ("packets dropped one way", "the command runs once, its result comes after the reconnect"),
    20: ("frames repeated or replayed", "nothing is begun again; an old epoch closes the socket"),
    21: ("garbage from an agent", "closed with the right code; no other agent notices"),
    22: ("the same install connects twice", "the newest wins; what runs is not begun again"),
    23: ("another install under the same name", "refused and said; no command goes to it"),
    24: ("a replica that was stopped for a minute", "its late writes match no row"),
    25: (
        "an agent that was stopped for a minute",
        "shown as lost; on waking it hands in what it ran",
    ),
    26: ("the orchestrator's machine asleep", "no agent is blamed for it"),
    27: ("an agent that reads slowly", "it is read or closed with 1013; memory stays flat"),
    28: ("a client that leaves while it waits", "it is waited for no longer; the command goes on"),
    29: ("a result over the inline limit", "an artifact, or an error that says so; never a loop"),
    30: ("a body over the limit", "413, and no row"),
    31: ("a clock that jumps", "nothing expires early: no decision is made by it"),
    32: (
        "a database that another program holds",
        "503, or the acknowledgement waits; nothing lost",
    ),
    33: ("a full disk", "503, acknowledgements wait; recovers by itself"),
    34: ("a database that is read-only or damaged at start", "refuses to start with one sentence"),
    35: ("PostgreSQL fails over during a commit", "reading back by key decides"),
    36: ("PostgreSQL loses its last second", "epochs come from the agents; orphans are adopted"),
    37: ("NATS is away", "later by a poll; nothing lost"),
    38: ("NATS repeats messages", "no effect"),
    39: ("a client that asks again after its timeout", "attached to the same command; begun once"),
    40: ("50 posts of one id at once", "one command, 50 equal answers"),
    41: ("the same id with another body", "422; nothing changes"),
    42: ("a cancellation that races with the result", "the first to be committed wins, for both"),
    43: ("a cancellation while the agent is away", "kept, and delivered first of all"),
    44: ("a queue for an agent that is away", "in order, each once, its time to live respected"),
    45: (
        "SIGTERM to the orchestrator under load",
        "gone within 15 s; who waits gets 202; none fails",
    ),
    46: ("replicas restarted one by one", "no error for clients that ask again"),
    47: ("a whole fleet that reconnects at once", "all live within 30 s, spread by jitter"),
    48: ("SIGTERM to an agent", "what runs ends and is handed in; beats go on meanwhile"),
    49: (
        "a person takes the wheel during a command",
        "they wait for it or end it, `human_has_control`; never both drive",
    ),
    50: ("a token that is revoked", "its socket is closed within 5 s; results are kept"),
    51: ("no name, no TLS, a proxy's own page", "tried again later, with a clear reason"),
    52: ("an agent of another protocol version", "the newest common one, or refused with 4426"),
}

_IN_NAME: Final = re.compile(r"(?<=_)f(\d+)(?=_)")
_IN_DOCSTRING: Final = re.compile(r"\A(?:I\d+, )*F\d+(?:, F\d+)*(?=[:,. ])")


def table_of_faults() -> str:
    """Every row of the matrix with its tests."""
    rows = []
    for number, (fault, outcome) in FAULTS.items():
        tests = sorted({path.as_posix() for path, row in _named() if row == number})
        links = ", ".join(f"[{Path(one).stem}](../{one})" for one in tests)
        rows.append((f"F{number}", fault, outcome, links or "not tested yet"))
    return table(("row", "fault", "what comes of it", "tested in"), rows)


def summary() -> str:
    """One sentence for the README."""
    tested = {row for _, row in _named()}
    missing = ", ".join(f"F{number}" for number in FAULTS if number not in tested)
    return (
        f"Of the {len(FAULTS)} rows of the [fault matrix](docs/delivery.md#the-fault-matrix), "
        f"{len(tested)} have tests that break just that; not tested yet: {missing}."
    )


@lru_cache(maxsize=1)
def _named() -> frozenset[tuple[Path, int]]:
    found = frozenset(
        (path.relative_to(ROOT), row)
        for path in (ROOT / "tests").rglob("test_*.py")
        for row in _rows_of(path.read_text(encoding="utf-8"))
    )
    unknown = {row for _, row in found} - set(FAULTS)
    if unknown:
        raise ValueError(f"tests name rows that the fault matrix does not have: {unknown}")
    return found


def _rows_of(source: str) -> Iterator[int]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if node.name.startswith("test_"):
                yield from map(int, _IN_NAME.findall(node.name))
                told = _IN_DOCSTRING.match(ast.get_docstring(node) or "")
                yield from map(int, re.findall(r"F(\d+)", told[0]) if told else ())
        elif isinstance(node, ast.Module):
            told = _IN_DOCSTRING.match(ast.get_docstring(node) or "")
            yield from map(int, re.findall(r"F(\d+)", told[0]) if told else ())
