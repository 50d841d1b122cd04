"""Numbers that name one thing for ever; page ids are made of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_runtime.browser.numbers import Numbers
from agent_runtime.errors import DirectoryUnusable


def test_no_number_is_given_twice_even_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "next_download"
    first = Numbers(file, of="download")
    assert [first.take(), first.take()] == [1, 2]

    again = Numbers(file, of="download")

    assert again.was_given(2)
    assert not again.was_given(3)
    assert again.take() == 3


def test_a_number_that_cannot_be_noted_is_not_given(tmp_path: Path) -> None:
    numbers = Numbers(tmp_path / "gone" / "next", of="download")

    with pytest.raises(FileNotFoundError):
        numbers.take()

    assert not numbers.was_given(1)


def test_a_garbled_file_says_of_what_it_lost_count(tmp_path: Path) -> None:
    file = tmp_path / "next_download"
    file.write_text("seven")

    with pytest.raises(DirectoryUnusable, match="the number of the next download"):
        Numbers(file, of="download")
