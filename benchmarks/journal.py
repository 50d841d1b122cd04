"""What a journal of a million commands costs: each new command, looking back, and starting.

A database is filled as years of use would have filled it, through the real schema; a tenth of it is
older than it is kept, so that retention is at work all the while. Beside it runs an orchestrator
with an empty journal, and both are put under the same load in turns. Then the pages of the history
are asked for: by every filter, those included of which nothing is found for a long way back.

    python -m benchmarks.journal [--rounds N] [--rows N] [--json FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx2

from benchmarks.figures import (
    Json,
    Target,
    median,
    milliseconds,
    percentile,
    ratio,
    table,
    targets_table,
    times,
)
from benchmarks.load import burst
from benchmarks.processes import orchestrator, running
from orchestrator.store.database import FILE_NAME
from orchestrator.store.schema import upgrade

ROWS: Final = 1_000_000
NULL_AGENTS: Final = 100
SECONDS: Final = 2.0
PAGES: Final = 200
"""How often each page is asked for."""

PAST_AGENTS: Final = 100
QUIET: Final = "past-quiet"
"""An agent of few commands, all of them old."""

DAY_MS: Final = 24 * 60 * 60 * 1000
DAYS: Final = 100
"""Retention keeps 90."""

ACTIONS: Final = ("goto", "click", "fill", "inner_text", "evaluate", "screenshot", "title")
OLD_ACTION: Final = "pdf"
"""Asked for in the older half only."""
OLD_STATE: Final = "lost"
"""Likewise."""

_COLUMNS: Final = (
    *("request_id", "agent_id", "action", "params", "timeout", "idempotent", "ttl"),
    *("fingerprint", "state", "attempt", "effect", "tainted", "cancel_requested", "epoch"),
    *("journal_id", "boot_id", "created_at", "dispatched_at", "started_at", "finished_at"),
    *("duration_ms", "result", "page"),
)
_PARAMS: Final = '{"target":"role=button[name=\'Order\']","timeout":5}'
_PAGE: Final = '{"id":"p1","url":"https://shop.example.com/basket","title":"Your basket"}'


def fill(path: Path, rows: int, seed: int = 7) -> None:
    """Write so many commands that are over, oldest first."""
    upgrade(path)
    agents = [*(f"past-{number}" for number in range(PAST_AGENTS)), QUIET]
    places = ", ".join("?" * len(_COLUMNS))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.executemany(
            "INSERT INTO agents (agent_id, install_id, credential_sha256, epoch, created_at, "
            "labels, actions) VALUES (?, ?, ?, 1, 0, '{}', '[]')",
            [(name, f"install-{name}", name) for name in agents],
        )
        connection.executemany(
            f"INSERT INTO commands ({', '.join(_COLUMNS)}) VALUES ({places})",
            _commands(rows, random.Random(seed)),
        )
        connection.execute("INSERT INTO marks (name, seq) VALUES ('open', ?)", (rows,))
        connection.commit()
        connection.execute("PRAGMA journal_mode = WAL")


def _commands(rows: int, chance: random.Random) -> Iterator[tuple[object, ...]]:
    began = round(time.time() * 1000) - DAYS * DAY_MS
    states = ("succeeded",) * 970 + ("failed",) * 20 + ("timed_out",) * 6 + ("cancelled",) * 4
    for number in range(rows):
        at = began + number * DAYS * DAY_MS // rows
        is_old = number < rows // 2
        action, state = chance.choice(ACTIONS), chance.choice(states)
        agent_id = f"past-{chance.randrange(PAST_AGENTS)}"
        if is_old and number % 1000 == 7:
            state = OLD_STATE
        elif is_old and number % 1000 == 8:
            action = OLD_ACTION
        elif is_old and number % 1000 == 9:
            agent_id = QUIET
        result = f'{{"text":"{number:0100}"}}' if state == "succeeded" else None
        yield (
            # Like those that the orchestrator makes, ids grow with time.
            *(f"{at:012x}-{number:020x}", agent_id, action, _PARAMS, 30.0, False, 900.0),
            *(f"{number:064x}", state, 1, "complete", False, False, 1, "journal", "boot"),
            *(at, at + 1, at + 2, at + 40, 38.0, result, _PAGE),
        )


def queries(rows: int) -> dict[str, str]:
    """Return every kind of page by what it is."""
    deep = f"cursor={rows // 3}"
    return {
        "all": "/api/commands?limit=100",
        "all, deep in the past": f"/api/commands?limit=100&{deep}",
        "of an agent": "/api/agents/past-7/commands?limit=100",
        "of an agent, deep": f"/api/agents/past-7/commands?limit=100&{deep}",
        "of an agent long gone": f"/api/agents/{QUIET}/commands?limit=100",
        "that failed": "/api/commands?state=failed&limit=100",
        "that were lost, long ago": f"/api/commands?state={OLD_STATE}&limit=100",
        "that expired, of which there is none": "/api/commands?state=expired&limit=100",
        "that run now": "/api/commands?state=running&limit=100",
        "of an agent, that failed": "/api/agents/past-7/commands?state=failed&limit=100",
        "of an agent, expired, none": "/api/agents/past-7/commands?state=expired&limit=100",
        "of a common action": "/api/commands?action=echo&limit=100",
        "of an action of a while ago": "/api/commands?action=click&limit=100",
        "of an action of long ago": f"/api/commands?action={OLD_ACTION}&limit=100",
        "of an action never asked for": "/api/commands?action=never&limit=100",
        "of an agent and an action": "/api/agents/past-7/commands?action=click&limit=100",
        "of an agent, never asked for": "/api/agents/past-7/commands?action=never&limit=100",
        "of a time long ago": f"/api/commands?{_days_ago(80, 'before')}&limit=100",
        "of an action, in a week long ago": f"/api/commands?action={OLD_ACTION}&"
        f"{_days_ago(87, 'after')}&{_days_ago(80, 'before')}&limit=100",
        "of an action, that failed": "/api/commands?action=click&state=failed&limit=100",
        "of an action, expired, none": "/api/commands?action=click&state=expired&limit=100",
    }


def _days_ago(days: int, bound: str) -> str:
    moment = datetime.now(UTC) - timedelta(days=days)
    return f"created_{bound}={moment:%Y-%m-%dT%H:%M:%SZ}"


@contextlib.contextmanager
def started(directory: Path, name: str) -> Iterator[tuple[str, str, float]]:
    """Run an orchestrator with its null agents; gives URL, token and how long its start took."""
    before = time.perf_counter()
    with orchestrator(directory) as (url, token):
        seconds = time.perf_counter() - before
        count, token_file = str(NULL_AGENTS), str(directory / "token")
        null = ["benchmarks.null_agents", "xagent", url, count, token_file]
        with running(null, log=directory / "agents.log", ready_lines=NULL_AGENTS):
            print(f"journal: the {name} one is up after {seconds:.2f} s", flush=True)
            yield url, token, seconds


def measure(rounds: int, rows: int = ROWS) -> Json:
    """Fill a journal, and compare it with an empty one."""
    with contextlib.ExitStack() as stack:
        top = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        empty, full = top / "empty", top / "full"
        for directory in (empty, full):
            directory.mkdir()
        print(f"journal: writing {rows} commands …", flush=True)
        fill(full / FILE_NAME, rows)
        size = (full / FILE_NAME).stat().st_size
        beside_url, beside_token, beside_start = stack.enter_context(started(empty, "empty"))
        url, token, start = stack.enter_context(started(full, "full"))
        loads: dict[str, Json] = {}
        for number, connections in itertools.product(range(rounds + 1), (1, 64)):
            both = [("empty", beside_url, beside_token), ("full", url, token)]
            for name, where, with_token in both if number % 2 else reversed(both):
                load = burst(
                    where,
                    agents=NULL_AGENTS,
                    token=with_token,
                    connections=connections,
                    seconds=SECONDS if number else 1.0,
                )
                if number:
                    kept = loads.setdefault(f"{name} {connections}", {})
                    for figure in ("per_second", "p50_ms", "p99_ms"):
                        kept.setdefault(figure, []).append(getattr(load, figure))
                    kept["failures"] = kept.get("failures", 0) + load.failures
            if connections == 64 and number:
                print(f"journal: round {number} of {rounds}", flush=True)
        pages = dict(_pages(url, token, rows))
        deleted = rows - _left(full / FILE_NAME, rows)
    return {
        "rows": rows,
        "bytes": size,
        "loads": loads,
        "start_seconds": {"empty": beside_start, "full": start},
        "pages": pages,
        "deleted_meanwhile": deleted,
    }


def _pages(url: str, token: str, rows: int) -> Iterator[tuple[str, Json]]:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=url, headers=headers, timeout=60) as client:
        for name, path in queries(rows).items():
            taken: list[float] = []
            found = 0
            until = time.monotonic() + 10
            while len(taken) < PAGES and time.monotonic() < until:
                before = time.perf_counter()
                answer = client.get(path)
                taken.append((time.perf_counter() - before) * 1000)
                answer.raise_for_status()
                found = len(answer.json()["items"])
            yield name, {"path": path, "found": found, "ms": taken}


def _left(path: Path, rows: int) -> int:
    with closing(sqlite3.connect(path)) as connection:
        (left,) = connection.execute(
            "SELECT count(*) FROM commands WHERE seq <= ?", (rows,)
        ).fetchone()
    return int(left)


def tables(found: Json) -> str:
    """Return what was measured, as Markdown."""
    rows: list[tuple[object, ...]] = []
    for connections in (1, 64):
        full, empty = (found["loads"][f"{name} {connections}"] for name in ("full", "empty"))
        rows.append(
            (
                connections,
                milliseconds(median(empty["p50_ms"])),
                milliseconds(median(full["p50_ms"])),
                times(ratio(full["p50_ms"], empty["p50_ms"])),
                f"{median(empty['per_second']):.0f}",
                f"{median(full['per_second']):.0f}",
                times(ratio(full["per_second"], empty["per_second"])),
            )
        )
    start = found["start_seconds"]
    commands = table(
        ("in flight", "p50, empty", "p50, full", "ratio", "commands/s, empty", "full", "ratio"),
        rows,
    )
    pages = table(
        ("a page of commands", "found", "p50", "p99"),
        [
            (
                name,
                one["found"],
                milliseconds(median(one["ms"])),
                milliseconds(percentile(one["ms"], 99)),
            )
            for name, one in found["pages"].items()
        ],
    )
    return (
        f"{found['rows']} commands, {found['bytes'] / 1e6:.0f} MB; retention took "
        f"{found['deleted_meanwhile']} of them meanwhile. The start took {start['full']:.2f} s, "
        f"with an empty journal {start['empty']:.2f} s.\n\n{commands}\n\n{pages}"
    )


def targets(found: Json) -> list[Target]:
    """Return what was to be shown."""
    full, empty = (found["loads"][f"{name} 1"]["p50_ms"] for name in ("full", "empty"))
    slowest = max(found["pages"].values(), key=lambda one: percentile(one["ms"], 99))
    return [
        Target("p50 of a command beside an empty journal", ratio(full, empty), 1.1),
        Target(
            f"p99 of the slowest page (`{slowest['path']}`)",
            percentile(slowest["ms"], 99),
            20,
            unit="ms",
        ),
        Target("start", found["start_seconds"]["full"], 2, unit="s"),
    ]


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    arguments = parser.parse_args()
    found = measure(arguments.rounds, arguments.rows)
    print("\n" + tables(found) + "\n\n" + targets_table(targets(found)))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
