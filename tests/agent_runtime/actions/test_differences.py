"""What changed between two outlines."""

from __future__ import annotations

from random import Random
from time import perf_counter

from agent_runtime.actions.differences import differences
from agent_runtime.actions.outline import Outline

BEFORE = """
- main [ref=e1]:
  - heading "Cart" [level=1] [ref=e2]
  - list [ref=e3]:
    - listitem [ref=e4]: Apples
    - listitem [ref=e5]: Pears
  - paragraph [ref=e6]: 2 things
  - text: and more
""".strip("\n")


def changes(before: str, after: str) -> str:
    """Return the differences, with refs of snapshot p1s2."""
    return differences(Outline.read(before), Outline.read(after), "p1s2")


def test_nothing_changed_is_told_by_nothing() -> None:
    assert changes(BEFORE, BEFORE) == ""


def test_a_line_that_is_gone_and_a_new_one_are_told_under_their_places() -> None:
    after = BEFORE.replace("- listitem [ref=e4]: Apples", "- listitem [ref=e7]: Plums")

    assert changes(BEFORE, after) == (
        """
  - main [ref=p1s2e1]
    - list [ref=p1s2e3]
-     - listitem: Apples
+     - listitem [ref=p1s2e7]: Plums
""".strip("\n")
    )


def test_an_element_that_says_something_else_is_told_before_and_after() -> None:
    after = BEFORE.replace("2 things", "1 thing").replace("and more", "and less")

    assert changes(BEFORE, after) == (
        """
  - main [ref=p1s2e1]
-   - text: and more
-   - paragraph: 2 things
+   - paragraph [ref=p1s2e6]: 1 thing
+   - text: and less
""".strip("\n")
    )


def test_what_moved_is_told_where_it_was_and_where_it_is() -> None:
    apples, pears = BEFORE.splitlines()[3:5]
    after = BEFORE.replace(f"{apples}\n{pears}", f"{pears}\n{apples}")

    assert changes(BEFORE, after) == (
        """
  - main [ref=p1s2e1]
    - list [ref=p1s2e3]
+     - listitem [ref=p1s2e5]: Pears
-     - listitem: Pears
""".strip("\n")
    )


def test_where_a_line_stands_and_how_deep_is_no_change() -> None:
    wrapped = "- generic [ref=e9]:\n" + "\n".join(f"  {line}" for line in BEFORE.splitlines())

    assert changes(BEFORE, wrapped) == "+ - generic [ref=p1s2e9]"


def test_the_place_is_not_compared_but_written() -> None:
    before = Outline.read("- main [ref=e1] [box=0,0,1,1]:\n  - text: a")
    after = Outline.read("- main [ref=e1] [box=0,9,1,1]:\n  - text: b")

    told = differences(before, after, "p1s2", with_boxes=True)

    assert told == "  - main [ref=p1s2e1]\n-   - text: a\n+   - text: b"


def test_the_lines_with_a_plus_lead_from_the_one_to_the_other() -> None:
    """Whatever is done to an outline, no line that is there now goes untold."""
    chance = Random(7)
    for _ in range(200):
        before = [f"- listitem [ref=e{n}]: {chance.randint(0, 3)}" for n in range(12)]
        after = [*before, *(f"- listitem [ref=e{n}]: new" for n in range(12, 15))]
        chance.shuffle(after)
        after = after[chance.randint(0, 6) :]

        told = changes("\n".join(before), "\n".join(after)).splitlines()

        gone = [line for line in told if line.startswith("- ")]
        new = [line for line in told if line.startswith("+ ")]
        assert len(told) == len(gone) + len(new)
        assert len(before) - len(gone) == len(after) - len(new)


def test_ten_thousand_lines_in_the_opposite_order_are_compared_soon() -> None:
    lines = [f"- listitem [ref=e{n}]: {n}" for n in range(10_000)]
    before, after = Outline.read("\n".join(lines)), Outline.read("\n".join(lines[::-1]))

    began = perf_counter()
    told = differences(before, after, "p1s2")

    assert told.count("\n") == 2 * 9_999 - 1
    assert perf_counter() - began < 5, "it must not grow with the square"
