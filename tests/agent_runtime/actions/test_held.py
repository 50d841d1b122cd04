"""Which keys a chord is made of; what becomes of held ones is tried with the actions that hold."""

from __future__ import annotations

import pytest

from agent_runtime.actions.held import keys_of


@pytest.mark.parametrize(
    ("chord", "keys"),
    [
        ("a", ["a"]),
        ("Control+Shift+a", ["Control", "Shift", "a"]),
        ("+", ["+"]),
        ("Control++", ["Control", "+"]),
        ("Control+", ["Control"]),
    ],
)
def test_a_chord_is_its_keys(chord: str, keys: list[str]) -> None:
    assert keys_of(chord) == keys
