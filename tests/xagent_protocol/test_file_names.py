"""Names that strangers give to files."""

from __future__ import annotations

import pytest

from xagent_protocol.file_names import LONGEST, file_name


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..", "artifact"),
        ("", "artifact"),
        (" . ", "artifact"),
        (".hidden", "hidden"),
        ("C:\\Windows\\evil.exe", "evil.exe"),
        ("a\x00b.txt", "ab.txt"),
        ("a\r\nSet-Cookie: b", "aSet-Cookie: b"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("a\u200f\u2066b.txt", "ab.txt"),
        ("half \ud800 pair", "half  pair"),
        ("ünï 文.png", "ünï 文.png"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("console.txt", "console.txt"),
    ],
)
def test_what_is_left_of_a_name_can_harm_nothing(given: str, left: str) -> None:
    assert file_name(given) == left


def test_a_long_name_keeps_its_suffix() -> None:
    name = file_name("n" * 300 + ".pdf")

    assert len(name) == LONGEST
    assert name.endswith("nnn.pdf")


@pytest.mark.parametrize("given", ["n" * 300, "n" * 300 + "." + "x" * 100, "." * 300 + "n" * 300])
def test_what_is_no_suffix_is_cut_like_the_rest(given: str) -> None:
    assert 0 < len(file_name(given)) <= LONGEST


def test_of_nothing_is_left_what_the_caller_says() -> None:
    assert file_name("/", otherwise="download") == "download"
