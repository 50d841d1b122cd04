"""Names that are safe in a path, a file name and a host."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

from xagent_protocol.ids import (
    AGENT_ID_PATTERN,
    REQUEST_ID_PATTERN,
    is_agent_id,
    is_request_id,
)


@pytest.mark.parametrize("name", ["a", "shop-1", "0.x_y-z", "a" * 63])
def test_a_slug_names_an_agent(name: str) -> None:
    assert is_agent_id(name)


@pytest.mark.parametrize(
    "name", ["", "A", "-a", ".a", "a/b", "a b", "é", "a\n", "a" * 64, "..", "a\x00"]
)
def test_anything_else_does_not(name: str) -> None:
    assert not is_agent_id(name)


@pytest.mark.parametrize("name", ["r", "01A20634-0797:x._y", "R" * 128])
def test_a_request_may_be_named_so(name: str) -> None:
    assert is_request_id(name)


@pytest.mark.parametrize("name", ["", ":r", "r r", "r/../s", "r\n", "R" * 129])
def test_a_request_may_not_be_named_so(name: str) -> None:
    assert not is_request_id(name)


@given(st.text())
def test_the_published_patterns_say_the_same_of_any_line(text: str) -> None:
    line = text.replace("\n", "")

    assert is_agent_id(line) is (re.search(AGENT_ID_PATTERN, line) is not None)
    assert is_request_id(line) is (re.search(REQUEST_ID_PATTERN, line) is not None)
