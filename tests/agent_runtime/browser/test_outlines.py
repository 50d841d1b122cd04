"""The outlines that a page remembers."""

from __future__ import annotations

from agent_runtime.browser.outlines import Outlines, Taken


def test_only_the_last_few_are_remembered() -> None:
    outlines = Outlines()

    for number in range(1, 10):
        outlines.keep(Taken(number, (), "- main"))

    assert [n for n in range(1, 10) if outlines.find(n) is not None] == [5, 6, 7, 8, 9]


def test_long_ones_push_out_more_but_the_last_one_stays() -> None:
    outlines = Outlines()

    for number in range(1, 4):
        outlines.keep(Taken(number, (), "x" * 900_000))
    assert [n for n in range(1, 4) if outlines.find(n) is not None] == [2, 3]

    outlines.keep(Taken(4, (), "x" * 3_000_000))
    assert [n for n in range(1, 5) if outlines.find(n) is not None] == [4]


def test_none_outlives_its_document() -> None:
    outlines = Outlines()
    outlines.keep(Taken(1, (), "- main"))

    outlines.forget()

    assert outlines.find(1) is None
