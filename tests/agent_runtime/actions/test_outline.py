"""An outline, line by line."""

from __future__ import annotations

import pytest

from agent_runtime.actions.box import Box
from agent_runtime.actions.outline import Outline, as_yaml, with_refs_of

YAML = r"""
- main [active] [ref=e1] [box=0,-8,100,20]:
  - heading "Cart" [level=1] [ref=e2]
  - textbox "Name" [disabled] [ref=f1e3] [cursor=pointer]: as typed
  - link [ref=e4]:
    - /url: /x
    - text: "yes"
  - 'button "it''s: \"so\" [ref=e9]" [checked=mixed] [ref=e5]': z
  - generic [ref=e6]: "a [ref=e1] \"b\" \x07 \\x41"
  - option "red" [selected]
""".strip("\n")


def test_a_line_is_known_by_its_role_name_states_ref_and_text() -> None:
    main, heading, textbox, *_ = Outline.read(YAML).lines

    assert (main.role, main.name, main.head) == ("main", "", "main [active]")
    assert main.box == Box(0, -8, 100, 20)
    assert (heading.role, heading.name, heading.ref) == ("heading", "Cart", "e2")
    assert (textbox.text, textbox.ref, textbox.is_pointer) == ("as typed", "f1e3", True)


def test_a_line_belongs_to_the_one_that_it_stands_below() -> None:
    outline = Outline.read(YAML)

    assert [line.parent for line in outline.lines] == [-1, 0, 0, 0, 3, 3, 0, 0, 0]
    assert outline.ancestors(5) == [0, 3]
    assert [line.is_element for line in outline.lines[3:6]] == [True, False, False]


def test_what_a_page_says_is_no_ref_whatever_it_looks_like() -> None:
    button, generic, option = Outline.read(YAML).lines[6:]

    assert button.name == 'it\'s: "so" [ref=e9]'
    assert button.ref == "e5"
    assert generic.text == 'a [ref=e1] "b" \x07 \\x41'
    assert option.ref is None


def test_refs_become_those_of_a_snapshot_and_nothing_else_changes() -> None:
    rewritten = with_refs_of("p7s3", YAML)

    assert rewritten.count("p7s3") == 6
    assert rewritten.replace("p7s3", "") == YAML
    assert Outline.read(YAML).written("p7s3", with_boxes=True) == rewritten


def test_a_line_can_be_written_without_its_place_and_its_ref() -> None:
    line = Outline.read(YAML).lines[0]

    assert line.written("p1s1") == "main [active] [ref=p1s1e1]"
    assert line.written(None) == "main [active]"


@pytest.mark.parametrize("odd", ["", "no line", "- ", "-- x", "      - generic: too deep"])
def test_what_is_no_line_does_no_harm(odd: str) -> None:
    assert len(Outline.read(f"- main\n{odd}\n- form").lines) in (2, 3)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Apples 3 €", "Apples 3 €"),
        ("red | green [selected]", "red | green [selected]"),
        ("a: b", '"a: b"'),
        ("- a", '"- a"'),
        ("3", '"3"'),
        ("", '""'),
    ],
)
def test_a_text_is_quoted_where_yaml_could_misread_it(text: str, written: str) -> None:
    assert as_yaml(text) == written
