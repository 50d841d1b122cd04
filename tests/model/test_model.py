"""Hypothesis chooses what happens to the real cores, step by step, and tells it in short."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.model.mutants import NoDedupe
from tests.model.search import shortest, violation_of
from tests.model.steps import (
    WEIGHTS,
    Cut,
    Let,
    Look,
    Replay,
    Step,
    Submit,
    schedule,
    values_of,
)
from tests.model.world import Broken, World

WEIGHT_OF_A_RULE = 9
"""Hypothesis gives all rules the same chance, so what is frequent has several."""


class Model(RuleBasedStateMachine):
    """A world in which anything may happen at any time; a rule is added for each kind of step."""

    def __init__(self) -> None:
        """Begin with everybody alive."""
        super().__init__()
        self._world = World()
        self._world.__enter__()
        self._is_broken = False

    def take(self, step: Step) -> None:
        """Let something happen; raises `Broken`."""
        try:
            step.take(self._world)
            self._world.check()
        except Broken:
            self._is_broken = True
            raise

    def teardown(self) -> None:
        """Mend everything, and check what has to be true in the end."""
        try:
            if not self._is_broken:
                self._world.heal_and_check()
        finally:
            self._world.__exit__()


def _rule(kind: type[Step]) -> Callable[..., None]:
    values = {name: st.sampled_from(choices) for name, choices in values_of(kind).items()}

    @rule(step=st.builds(kind, **values))
    def take(model: Model, step: Step) -> None:
        model.take(step)

    return take


for _kind, _weight in WEIGHTS.items():
    for _number in range(1 + _weight // WEIGHT_OF_A_RULE):
        setattr(Model, f"{_kind.__name__.lower()}_{_number}", _rule(_kind))

TestModel = Model.TestCase
TestModel.settings = settings(
    max_examples=100,
    stateful_step_count=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_a_history_is_the_same_whenever_it_is_told() -> None:
    """So a seed is all that has to be kept of what went wrong."""
    told: list[list[str]] = [[], []]

    for lines in told:
        violation_of(schedule(7), tell=lambda line, lines=lines: lines.append(line[:40]))  # type: ignore[misc]

    assert len(told[0]) > 50
    assert told[0] == told[1]


def test_the_shortest_story_has_only_what_it_needs() -> None:
    steps = [Let(0.01), Cut(), Let(2.0), Submit(seconds=1.0), Let(0.01), Replay("command"), Look()]

    story = shortest(steps, "I1", NoDedupe())

    assert [type(step) for step in story] == [Let, Submit, Let, Replay]
