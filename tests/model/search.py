"""Many histories by chance, and the shortest that tells of what went wrong in one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.model.history import Violation
from tests.model.mutants import Mutant
from tests.model.steps import Step, schedule
from tests.model.world import Broken, World


def violation_of(
    steps: Sequence[Step],
    mutant: Mutant | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> Violation | None:
    """Let a history happen in a new world, and return the first invariant that it broke."""
    with World(mutant, tell) as world:
        try:
            for step in steps:
                tell(f"--- {step}")
                step.take(world)
                world.check()
            tell("--- everything is mended")
            world.heal_and_check()
        except Broken as broken:
            return broken.violation
    return None


def shortest(steps: Sequence[Step], invariant: str, mutant: Mutant | None = None) -> Sequence[Step]:
    """Leave steps out as long as the same invariant is broken; then make what is left plain."""

    def is_broken(candidate: Sequence[Step]) -> bool:
        found = violation_of(candidate, mutant)
        return found is not None and found.invariant == invariant

    size = len(steps) // 2
    while size:
        start = 0
        while start < len(steps):
            candidate = [*steps[:start], *steps[start + size :]]
            if is_broken(candidate):
                steps = candidate
            else:
                start += size
        size //= 2
    return _plainest(list(steps), is_broken)


def _plainest(steps: list[Step], is_broken: Callable[[Sequence[Step]], bool]) -> list[Step]:
    for index, step in enumerate(steps):
        plain = type(step)()
        candidate = [*steps[:index], plain, *steps[index + 1 :]]
        if plain != step and is_broken(candidate):
            steps = candidate
    return steps


def first_caught(mutant: Mutant, seeds: Sequence[int]) -> tuple[int, Violation] | None:
    """Return how many histories it took to catch *mutant*, and how it was caught."""
    for count, seed in enumerate(seeds, 1):
        if found := violation_of(schedule(seed), mutant):
            return count, found
    return None
