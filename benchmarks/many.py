"""What a program with thousands of commands gets done: one by one, and in bulk.

A hundred null agents, one client process. *Calls* are `run` of the SDK, as many at a time as the
bulk may have in hand; *bulk* is `run_many`; *lines* is the endpoint itself, asked by a client that
costs next to nothing.

    python -m benchmarks.many [--rounds N] [--commands N] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psutil
import uvloop

from benchmarks.figures import Json, Target, median, ratio, table, targets_table, times
from benchmarks.processes import orchestrator, running
from xagent_client import Asked, AsyncClient

AGENTS: Final = 100
IN_HAND: Final = 64
COMMANDS: Final = 3000

CALLS: Final = "SDK, a call each"
BULK: Final = "SDK, `run_many`"
LINES: Final = "`POST /api/bulk`, lines written by hand"


@contextlib.contextmanager
def server() -> Iterator[tuple[str, str, psutil.Process]]:
    """Run an orchestrator with its agents; gives URL, token and process."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with orchestrator(directory) as (url, token):
            null = ["benchmarks.null_agents", "xagent", url, str(AGENTS), str(directory / "token")]
            with running(null, log=directory / "agents.log", ready_lines=AGENTS):
                pid = int(json.loads((directory / "orchestrator.json").read_text())["pid"])
                yield url, token, psutil.Process(pid)


async def by_calls(url: str, token: str, commands: int) -> None:
    """Call `run` for each, so many at a time."""
    left = iter(range(commands))

    async def call_on() -> None:
        for number in left:
            command = await client.agent(f"null-{number % AGENTS}").run("echo", text="hello")
            if not command.succeeded:
                raise RuntimeError(f"it did not succeed: {command}")

    async with AsyncClient(url, token) as client, asyncio.TaskGroup() as tasks:
        for _ in range(IN_HAND):
            tasks.create_task(call_on())


async def in_bulk(url: str, token: str, commands: int) -> None:
    """Hand all over at once."""
    asked = (Asked(f"null-{n % AGENTS}", "echo", {"text": "hello"}) for n in range(commands))
    async with AsyncClient(url, token) as client:
        async for answered in client.run_many(asked, concurrency=IN_HAND):
            if answered.error is not None:
                raise answered.error


async def by_lines(url: str, token: str, commands: int) -> None:
    """Write all lines into one request while its answer is read."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = (
        f"POST /api/bulk?concurrency={IN_HAND} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/x-ndjson\r\n"
    )
    body = "".join(
        f'{{"agent_id":"null-{n % AGENTS}","action":"echo","params":{{"text":"hello"}}}}\n'
        for n in range(commands)
    ).encode()
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    heard = 0
    while heard < commands:
        heard += (await reader.read(1 << 20)).count(b'"state":"succeeded"')
    writer.close()


WAYS: Final[dict[str, Callable[[str, str, int], Awaitable[None]]]] = {
    CALLS: by_calls,
    BULK: in_bulk,
    LINES: by_lines,
}


def measure(rounds: int, commands: int = COMMANDS) -> Json:
    """Go all ways in turns."""
    found: dict[str, Json] = {way: {"per_second": [], "cpu_ms": []} for way in WAYS}
    with server() as (url, token, process):
        for number in range(rounds + 1):
            for way, go in WAYS.items():
                before, started = process.cpu_times(), time.perf_counter()
                uvloop.run(go(url, token, commands if number else commands // 10))  # type: ignore[arg-type]
                elapsed, after = time.perf_counter() - started, process.cpu_times()
                if number:
                    spent = after.user + after.system - before.user - before.system
                    found[way]["per_second"].append(commands / elapsed)
                    found[way]["cpu_ms"].append(spent * 1000 / commands)
            print(f"many: round {number} of {rounds}", flush=True)
    return {"commands": commands, "in_hand": IN_HAND, "ways": found}


def tables(found: Json) -> str:
    """Return what was measured, as Markdown."""
    calls = found["ways"][CALLS]["per_second"]
    rows = [
        (
            way,
            f"{median(one['per_second']):.0f}",
            times(ratio(one["per_second"], calls)),
            f"{median(one['cpu_ms']) * 1000:.0f} µs",
        )
        for way, one in found["ways"].items()
    ]
    return table(("way", "commands/s", "× calls", "orchestrator's CPU each"), rows)


def targets(found: Json) -> list[Target]:
    """Return what is to be shown: that it is worth it."""
    ways = found["ways"]
    beside = ratio(ways[BULK]["per_second"], ways[CALLS]["per_second"])
    return [Target("`run_many` beside a call each", beside, 2.0, at_most=False)]


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--commands", type=int, default=COMMANDS)
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    arguments = parser.parse_args()
    found = measure(arguments.rounds, arguments.commands)
    print("\n" + tables(found) + "\n\n" + targets_table(targets(found)))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
