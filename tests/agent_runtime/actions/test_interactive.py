"""What stays of an outline when only what can be acted on is asked for."""

from __future__ import annotations

from agent_runtime.actions.interactive import interactive_only
from agent_runtime.actions.outline import Outline


def condensed(yaml: str) -> str:
    """Return what stays, with refs of snapshot p1s1."""
    return interactive_only(Outline.read(yaml.strip("\n"))).written("p1s1")


def test_what_can_be_acted_on_stays_with_its_places_and_headings() -> None:
    assert condensed(
        """
- generic [ref=e1]:
  - banner [ref=e2]:
    - paragraph [ref=e3]: Welcome
  - main [ref=e4]:
    - heading "Shop" [level=1] [ref=e5]
    - heading "Empty" [level=2] [ref=e6]
    - paragraph [ref=e7]: Nothing.
    - heading "Tea" [level=2] [ref=e8]
    - group [ref=e9]:
      - link "Green" [ref=e10] [cursor=pointer]:
        - /url: /green
    - group "Payment" [ref=e11]:
      - textbox "Card" [ref=e12]:
        - /placeholder: Digits
"""
    ) == (
        """
- main [ref=p1s1e4]:
  - heading "Shop" [level=1] [ref=p1s1e5]
  - heading "Tea" [level=2] [ref=p1s1e8]
  - link "Green" [ref=p1s1e10]
  - group "Payment" [ref=p1s1e11]:
    - textbox "Card" [ref=p1s1e12]:
      - /placeholder: Digits
""".strip("\n")
    )


def test_a_row_or_an_item_stays_with_what_it_says() -> None:
    assert condensed(
        """
- table [ref=e1]:
  - rowgroup [ref=e2]:
    - row [ref=e3]:
      - cell "Apples" [ref=e4]
      - cell "3" [ref=e5]
      - cell [ref=e6]:
        - button "Remove" [ref=e7]
    - row [ref=e8]:
      - cell "Nothing to do here" [ref=e9]
- list [ref=e10]:
  - listitem [ref=e11]:
    - link "Home" [ref=e12]
"""
    ) == (
        """
- row [ref=p1s1e3]:
  - text: Apples 3
  - button "Remove" [ref=p1s1e7]
- link "Home" [ref=p1s1e12]
""".strip("\n")
    )


def test_what_has_no_name_is_called_by_what_it_holds() -> None:
    assert condensed(
        """
- link [ref=e1] [cursor=pointer]:
  - heading "Offer" [level=3] [ref=e2]
  - paragraph [ref=e3]: Plums
- combobox "Colour" [ref=e4]:
  - option "red"
  - option "green" [selected]
- generic [ref=e5] [cursor=pointer]: Details
"""
    ) == (
        """
- link [ref=p1s1e1]: Offer Plums
- combobox "Colour" [ref=p1s1e4]: red | green [selected]
- generic [ref=p1s1e5] [cursor=pointer]: Details
""".strip("\n")
    )


def test_what_is_hidden_or_inert_has_no_ref_and_goes() -> None:
    assert condensed('- main [ref=e1]:\n  - button "Later"') == ""


def test_what_is_said_is_cut_short() -> None:
    (line,) = condensed(f"- textbox [ref=e1]: {'x' * 500}").splitlines()

    assert len(line) < 130
    assert line.endswith("…")
