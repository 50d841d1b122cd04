"""The documentation says what the code says, and every link in it leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from docs.generator.__main__ import stale_pages
from docs.generator.advice import COMMAND_CODES, HTTP_CODES
from docs.generator.blocks import UnclosedBlock, render
from docs.generator.pages import BLOCKS, PAGES, ROOT
from orchestrator.errors import Refusal
from orchestrator.metrics import Metrics
from xagent_protocol.errors import ErrorCode

PAGES_BY_HAND: Final = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_CODE: Final = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_HEADING: Final = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def test_no_generated_block_is_stale() -> None:
    """If it is: `.venv/bin/python -m docs.generator`."""
    assert stale_pages() == []


def test_every_block_is_on_a_page() -> None:
    text = "".join((ROOT / page).read_text(encoding="utf-8") for page in PAGES)

    assert sorted(re.findall(r"<!-- generated: ([a-z-]+) -->", text)) == sorted(BLOCKS)


def test_every_error_code_has_its_advice() -> None:
    assert set(COMMAND_CODES) == set(ErrorCode)
    assert set(HTTP_CODES) == {kind.code for kind in _all_refusals(Refusal)}


def test_every_error_code_is_explained() -> None:
    page = (ROOT / "docs/errors.md").read_text(encoding="utf-8")

    assert [code for code in (*HTTP_CODES, *ErrorCode) if f"| `{code}` |" not in page] == []


def test_every_metric_is_explained() -> None:
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    scraped = Metrics().render(agents=0, connected=0, in_flight=0, queued=0).decode()
    names = re.findall(r"^# TYPE (xagent_\w+)", scraped, re.MULTILINE)

    assert len(names) > 10
    assert [name for name in names if not name.endswith("_created") and name not in page] == []


@pytest.mark.parametrize("page", PAGES_BY_HAND, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    text = _CODE.sub(_blank, page.read_text(encoding="utf-8"))

    dead = [link for link in _LINK.findall(text) if "://" not in link and not _leads(page, link)]

    assert dead == []


def test_a_block_without_an_end_is_refused() -> None:
    with pytest.raises(UnclosedBlock):
        render("<!-- generated: effects -->\nnothing ends this\n", str)


def _all_refusals(of: type[Refusal]) -> set[type[Refusal]]:
    return {one for kind in of.__subclasses__() for one in (kind, *_all_refusals(kind))}


def _blank(match: re.Match[str]) -> str:
    # A link may stand around code, so its text goes and its brackets stay.
    return "" if match[0].startswith("```") else "code"


def _leads(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = page if not path else (page.parent / path).resolve()
    if not target.exists():
        return False
    return not anchor or anchor in _anchors(target)


def _anchors(page: Path) -> set[str]:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    plain = (re.sub(r"[^\w -]", "", heading.lower()) for heading in _HEADING.findall(text))
    return {heading.replace(" ", "-") for heading in plain}
