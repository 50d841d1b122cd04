"""The arithmetic that every table rests on."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from benchmarks.figures import (
    Target,
    median,
    milliseconds,
    percentile,
    ratio,
    table,
    targets_table,
)


def test_a_ratio_is_taken_within_each_round() -> None:
    """The machine was ten times slower in the second round, for both."""
    ours, theirs = [2.0, 20.0, 2.0], [1.0, 10.0, 4.0]

    assert ratio(ours, theirs) == 2.0
    assert median(ours) / median(theirs) != ratio(ours, theirs)


def test_rounds_that_have_no_counterpart_are_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        ratio([1.0], [1.0, 2.0])


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile(range(1, 101), 99) == 99
    assert percentile([5.0], 99) == 5.0
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 99)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(1, 100))
def test_no_more_than_so_many_percent_are_below(values: list[float], percent: int) -> None:
    found = percentile(values, percent)

    assert found in values
    assert sum(value < found for value in values) < len(values) * percent / 100
    assert sum(value <= found for value in values) >= len(values) * percent / 100


def test_a_table_is_markdown_and_its_cells_keep_their_bars() -> None:
    assert table(("a", "b"), [(1, "x|y")]) == "| a | b |\n|---|---|\n| 1 | x\\|y |"
    with pytest.raises(ValueError, match="cells"):
        table(("a", "b"), [(1,)])


def test_small_durations_have_more_digits() -> None:
    assert milliseconds(0.128) == "0.13 ms"
    assert milliseconds(12.34) == "12.3 ms"


def test_a_target_is_met_on_its_own_side_of_the_bound() -> None:
    assert Target("p50", 1.4, 1.4).is_met
    assert not Target("p50", 1.41, 1.4).is_met
    assert Target("commands/s", 3.0, 3.0, at_most=False).is_met
    assert not Target("commands/s", 2.9, 3.0, at_most=False).is_met
    assert "| commands/s | ≥ 3 × | 2.90 × | **no** |" in targets_table(
        [Target("commands/s", 2.9, 3.0, at_most=False)]
    )
