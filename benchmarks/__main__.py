"""`make bench`: every suite in turn, each with its baselines in the same minutes.

    python -m benchmarks [--only relay,browser] [--rounds N] [--json FILE] [--write PAGE]
    python -m benchmarks --from FILE --write docs/performance.md

Prints what was measured as Markdown and keeps every figure of every round as JSON, under
`benchmarks/results/` if no other place is named. The exit status says whether all was measured, not
whether a bound was met: a machine that is busy or slow is no mistake.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Final

from benchmarks import browser, journal, machine, many, relay, report, scale
from benchmarks.figures import Json
from benchmarks.processes import end_all, running

RESULTS: Final = Path("benchmarks/results")
ROUNDS: Final = 5
BURST_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Suite:
    """One benchmark: *measure* takes the number of rounds."""

    name: str
    measure: Callable[[int], Json]


def _live(_rounds: int) -> Json:
    """Run what tells its tables itself."""
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "live.log"
        with running(["benchmarks.live"], log=log, tells=True) as process:
            assert process.stdout is not None
            told = process.stdout.read()
            if process.wait() != 0:
                raise RuntimeError(log.read_text()[-2000:])
    return {"markdown": told.strip()}


SUITES: Final = (
    Suite("relay", lambda rounds: relay.measure(rounds, BURST_SECONDS)),
    Suite("browser", browser.measure),
    Suite("many", many.measure),
    Suite("scale", lambda _rounds: scale.measure()),
    Suite("journal", journal.measure),
    *([Suite("live", _live)] if find_spec("benchmarks.live") else ()),
)


def run(names: Sequence[str], rounds: int) -> Json:
    """Run the suites of these names; one that fails is told, and the others go on."""
    found: Json = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": _command(names, rounds),
        "machine": machine.describe(),
        "rounds": rounds,
        "seconds": {},
        "suites": {},
        "failed": {},
    }
    for number, suite in enumerate(each for each in SUITES if each.name in names):
        started = time.monotonic()
        print(f"\n[{number + 1}/{len(names)}] {suite.name} …", flush=True)
        try:
            found["suites"][suite.name] = suite.measure(rounds)
        except Exception as error:
            if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
                # What shares our terminal, as a driver of Playwright, was interrupted, too.
                raise KeyboardInterrupt from error
            traceback.print_exc()
            found["failed"][suite.name] = f"{type(error).__name__}: {error}".partition("\n")[0]
        found["seconds"][suite.name] = round(time.monotonic() - started, 1)
        if suite.name in found["suites"]:
            print("\n" + report.section(suite.name, found), flush=True)
    return found


def main() -> int:
    """Return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=_summary())
    names = [suite.name for suite in SUITES]
    parser.add_argument("--only", help=f"some of {', '.join(names)}; with commas between them")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path, help="where to keep the figures")
    parser.add_argument("--from", type=Path, dest="kept", help="measure nothing: read figures")
    parser.add_argument("--write", type=Path, help="write the tables into this page, too")
    arguments = parser.parse_args()
    if arguments.write and not arguments.write.is_file():
        parser.error(f"--write: there is no page {arguments.write}, such as docs/performance.md")
    if arguments.kept:
        found = json.loads(arguments.kept.read_text())
    else:
        wanted = arguments.only.split(",") if arguments.only else names
        if unknown := set(wanted) - set(names):
            parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(names)}")
        found = run(wanted, arguments.rounds)
        _keep(found, arguments.json)
    print("\n" + report.summary(found))
    if arguments.write:
        report.write(arguments.write, found)
        print(f"\n{arguments.write} written")
    return 1 if found["failed"] else 0


def _command(names: Sequence[str], rounds: int) -> str:
    """Return what measures the same again, wherever the figures are then kept."""
    all_of_them = set(names) == {suite.name for suite in SUITES}
    only = "" if all_of_them else f" --only {','.join(names)}"
    return f"python -m benchmarks{only} --rounds {rounds}"


def _keep(found: Json, path: Path | None) -> None:
    if path is None:
        path = RESULTS / f"{found['at'][:10]}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n")
    print(f"\nevery figure is in {path}")


def _summary() -> str:
    return (__doc__ or "").partition("\n")[0]


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # Once is enough: whoever presses again would only interrupt the ending of our processes.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _interrupt)
    try:
        status = main()
    except KeyboardInterrupt:
        print("\ninterrupted; nothing was written", file=sys.stderr)
        status = 130
    finally:
        end_all()
    sys.exit(status)
