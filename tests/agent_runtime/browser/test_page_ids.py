"""Page ids, which name one page for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_runtime.browser.errors import BrowserUnavailable
from agent_runtime.browser.page_ids import PageIds
from agent_runtime.errors import DirectoryUnusable


def test_no_id_is_given_twice_even_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "next_page"
    first = PageIds(file)
    assert [first.take(), first.take()] == ["p1", "p2"]

    again = PageIds(file)

    assert again.take() == "p3"


def test_the_number_to_come_is_on_disk_before_an_id_is_given(tmp_path: Path) -> None:
    file = tmp_path / "next_page"

    PageIds(file).take()

    assert file.read_text() == "2\n"
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("text", "was_given"),
    [("p1", True), ("p2", False), ("p0", False), ("p01", False), ("1", False), ("p1\n", False)],
)
def test_an_id_of_the_past_is_told_from_one_that_never_was(
    tmp_path: Path, text: str, was_given: bool
) -> None:
    ids = PageIds(tmp_path / "next_page")
    ids.take()

    assert ids.was_given(text) is was_given


@pytest.mark.parametrize("content", ["", "seven", "\0\0"])
def test_a_garbled_file_is_refused_for_its_ids_might_come_again(
    tmp_path: Path, content: str
) -> None:
    file = tmp_path / "next_page"
    file.write_text(content)

    with pytest.raises(DirectoryUnusable, match="next_page does not hold the number"):
        PageIds(file)


def test_an_id_that_cannot_be_written_down_is_not_given(tmp_path: Path) -> None:
    file = tmp_path / "next_page"
    ids = PageIds(file)
    draft = tmp_path / ".next_page.new"
    draft.mkdir()

    with pytest.raises(BrowserUnavailable, match="cannot be written"):
        ids.take()

    draft.rmdir()
    assert ids.take() == "p1"
