"""Runs the proof, or judges a history that was kept.

python -m chaos [--minutes N] [--seed S] [--only FAULT]… [--every SECONDS] [--json FILE]
                [--to-the-end] [--keep]
python -m chaos --check DIRECTORY
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

import msgspec

from chaos import leash
from chaos.checker import check
from chaos.disk import SmallDisk
from chaos.evidence import Evidence
from chaos.history import FILE_NAME as HISTORY_NAME, History, read
from chaos.plan import FaultName
from chaos.records import FinalState
from chaos.remains import FILE_NAME as FINAL_NAME
from chaos.report import Report, make_report, written
from chaos.run import Course, Run

_SUMMARY: Final = "Hurt a real fleet under load, and hold what came of it against the promises."
EVERY_SECONDS: Final = 3.0
NO_DISK: Final = "disk-full: a small file system could not be mounted (it takes root on Linux)"


def main() -> int:
    """Run or check; returns 0 if nothing was wrong, 1 after an anomaly, 130 after Ctrl-C."""
    arguments = _arguments()
    if arguments.check is not None:
        return _judge(arguments.check, arguments.json)
    directory = Path(tempfile.mkdtemp(prefix="xagent-chaos-"))
    # Before any thread is started, which would stay outside.
    disk = SmallDisk.mount(directory / "disk")
    leash.adopt_orphans()
    course = Course(
        seconds=arguments.minutes * 60,
        seed=arguments.seed,
        every_seconds=arguments.every,
        only=tuple(arguments.only),
        goes_on=arguments.to_the_end,
    )
    print(f"seed {course.seed}, in {directory}", flush=True)
    return _run(course, directory, disk, arguments)


def _run(
    course: Course, directory: Path, disk: SmallDisk | None, arguments: argparse.Namespace
) -> int:
    with History(directory / HISTORY_NAME) as history:
        run = Run(course, directory, history, disk, lambda line: print(line, flush=True))
        final = asyncio.run(run.execute())
        evidence = Evidence(history.records, final)
    if final is not None:
        (directory / FINAL_NAME).write_bytes(msgspec.json.encode(final))
    report = make_report(
        evidence,
        check(evidence),
        left_out=() if disk else (NO_DISK,),
        orchestrator_mb=run.orchestrator_mb,
    )
    _show(report, arguments.json)
    if report.anomalies:
        print(f"\n{report.anomalies} anomalies with seed {course.seed}; all is in {directory}")
        return 1
    if not arguments.keep:
        if disk is not None:
            disk.unmount()
        shutil.rmtree(directory)
    return 0 if final is not None else 130


def _judge(directory: Path, file: Path | None) -> int:
    final = directory / FINAL_NAME
    evidence = Evidence(
        read(directory / HISTORY_NAME),
        msgspec.json.decode(final.read_bytes(), type=FinalState) if final.exists() else None,
    )
    report = make_report(evidence, check(evidence))
    _show(report, file)
    return 1 if report.anomalies else 0


def _show(report: Report, file: Path | None) -> None:
    print("\n" + written(report), flush=True)
    if file is not None:
        file.write_bytes(msgspec.json.format(msgspec.json.encode(report)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=_SUMMARY)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long faults are injected")
    parser.add_argument("--seed", type=int, help="left out, one is chosen, and printed")
    parser.add_argument(
        "--only",
        type=FaultName,
        action="append",
        default=[],
        metavar="FAULT",
        help=f"only this fault, at equal intervals; repeatable: {', '.join(FaultName)}",
    )
    parser.add_argument(
        "--every", type=float, default=EVERY_SECONDS, metavar="SECONDS", help="between two faults"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there too")
    parser.add_argument(
        "--to-the-end", action="store_true", help="go on after an anomaly, to find others"
    )
    parser.add_argument("--keep", action="store_true", help="keep the directory in any case")
    parser.add_argument("--check", type=Path, metavar="DIRECTORY", help="judge what was kept")
    arguments = parser.parse_args()
    if arguments.seed is None:
        arguments.seed = secrets.randbelow(1_000_000)
    return arguments


if __name__ == "__main__":
    sys.exit(main())
