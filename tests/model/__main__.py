"""`make model`: thousands of histories on all cores, and the shortest story of what went wrong.

SEEDS=10000 says how many; SEED=7 tells one of them; MUTANTS=1 leaves out one rule at a time and
counts how many histories it takes until that is noticed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice

from tests.model.history import Violation
from tests.model.mutants import MUTANTS, Mutant
from tests.model.search import first_caught, shortest, violation_of
from tests.model.steps import Step, schedule

CHUNK = 50
PROGRESS_SECONDS = 10.0
ENOUGH_FAILURES = 5
MUTANT_SEEDS = 20_000
LONGEST_LINE = 200

Failure = tuple[int, Violation]


def main(arguments: Sequence[str]) -> int:
    """Do what is asked; returns 1 if an invariant was broken, or a mutant was not caught."""
    parser = argparse.ArgumentParser(prog="make model", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--mutants", action="store_true")
    asked = parser.parse_args(arguments)
    if asked.seed is not None:
        return _tell_one(asked.seed)
    return _try_mutants() if asked.mutants else _try_seeds(asked.seeds)


def _try_seeds(count: int) -> int:
    began, told, done = time.monotonic(), time.monotonic(), 0
    failures: list[Failure] = []
    chunks = [range(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK)]
    with ProcessPoolExecutor(_processes()) as pool:
        for chunk, found in zip(chunks, pool.map(_failures, chunks), strict=True):
            done += len(chunk)
            failures += found
            if time.monotonic() - told > PROGRESS_SECONDS or done == count:
                told = time.monotonic()
                rate = done / (told - began)
                print(f"{done} of {count} histories, {rate:.0f}/s, {len(failures)} broken")
            if len(failures) >= ENOUGH_FAILURES:
                pool.shutdown(cancel_futures=True)
                break
    for seed, violation in islice(failures, ENOUGH_FAILURES):
        print(f"\nseed {seed}: {violation}")
    if failures:
        seed, violation = failures[0]
        _tell_shortest(seed, violation)
        return 1
    print(f"no invariant was broken; the chance of it is below {3 / count:.2%} a history (95 %)")
    return 0


def _failures(seeds: Iterable[int]) -> list[Failure]:
    found = ((seed, violation_of(schedule(seed))) for seed in seeds)
    return [(seed, violation) for seed, violation in found if violation is not None]


def _tell_one(seed: int) -> int:
    steps = schedule(seed)
    violation = violation_of(steps, tell=_print_line)
    if violation is None:
        return 0
    _tell_shortest(seed, violation)
    return 1


def _tell_shortest(seed: int, violation: Violation, mutant: Mutant | None = None) -> None:
    steps: Sequence[Step] = shortest(schedule(seed), violation.invariant, mutant)
    print(f"\nThe shortest story of seed {seed}, {violation.invariant}:\n")
    violation_of(steps, mutant, _print_line)


def _print_line(line: str) -> None:
    if '"type":"beat"' not in line:
        print(line[:LONGEST_LINE])


def _try_mutants() -> int:
    print("| left out | histories until it is noticed | by |\n|---|---:|---|")
    is_every_one_caught = True
    with ProcessPoolExecutor(_processes()) as pool:
        for mutant, caught in zip(MUTANTS, pool.map(_caught, range(len(MUTANTS))), strict=True):
            count, violation = caught or (f"not in {MUTANT_SEEDS}", None)
            is_every_one_caught &= caught is not None
            print(f"| {mutant.name} | {count} | {violation.invariant if violation else ''} |")
            sys.stdout.flush()
    return 0 if is_every_one_caught else 1


def _caught(index: int) -> tuple[int, Violation] | None:
    return first_caught(MUTANTS[index], range(MUTANT_SEEDS))


def _processes() -> int:
    return os.cpu_count() or 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
