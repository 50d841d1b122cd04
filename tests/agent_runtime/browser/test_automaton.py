"""The matcher that never goes back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

from agent_runtime.browser.automaton import (
    Automaton,
    Edge,
    Either,
    One,
    Part,
    Repeat,
    Row,
    TooManyStates,
)

Both = tuple[Part, str]
"""The same to the automaton and to Python."""

_COUNTS: list[tuple[int, int | None]] = [(0, None), (1, None), (0, 1), (2, 3)]


def one(source: str) -> Both:
    """One character."""
    return One(re.compile(source)), source


def row(some: list[Both]) -> Both:
    """One after the other."""
    return Row(tuple(part for part, _ in some)), "".join(source for _, source in some)


def either(some: list[Both]) -> Both:
    """One or the other."""
    sources = "|".join(source for _, source in some)
    return Either(tuple(part for part, _ in some)), f"(?:{sources})"


def repeated(part: Both, least: int, most: int | None) -> Both:
    """The same so many times."""
    count = f"{{{least},{'' if most is None else most}}}"
    return Repeat(part[0], least, most), f"(?:{part[1]}){count}"


_edges: list[Both] = [(Edge.START, "^"), (Edge.END, "$")]
_leaves = st.sampled_from([*map(one, ("a", "b", "[ab]", ".")), *_edges])
_some = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(row),
        st.lists(inner, min_size=2, max_size=3).map(either),
        st.builds(lambda part, count: repeated(part, *count), inner, st.sampled_from(_COUNTS)),
    ),
    max_leaves=8,
)


@given(_some, st.text("abc", max_size=6))
def test_it_agrees_with_a_matcher_that_goes_back(both: Both, text: str) -> None:
    part, source = both

    assert Automaton(part).matches(text) is (re.fullmatch(source, text) is not None)


def test_what_keeps_others_busy_for_ever_is_nothing_to_it() -> None:
    many = Repeat(Row((Repeat(One(re.compile("a")), 1, None),)), 1, None)

    assert not Automaton(many).matches("a" * 4_000 + "b")


def test_what_comes_after_a_long_text_is_not_looked_at() -> None:
    assert Automaton(Repeat(One(re.compile("a")), 0, None)).matches("a" * 4_096 + "b")


def test_parts_that_repeat_too_much_are_refused() -> None:
    with pytest.raises(TooManyStates):
        Automaton(Repeat(Repeat(One(re.compile("a")), 100, 100), 100, 100))


def test_texts_of_many_characters_are_not_remembered_for_ever() -> None:
    automaton = Automaton(Repeat(One(re.compile("[^x]")), 0, None))

    assert automaton.matches("".join(map(chr, range(0x100, 0x1000))))
    assert not automaton.matches("abx")
