"""What the SDK's generated verbs return, from a real agent with a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.fleet import Fleet
from xagent_client import Client, SelectorNotFound, results
from xagent_client.client import AgentHandle

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LINES = "".join(f"<p>line {number} of a long page</p>" for number in range(2000))


@pytest.fixture
def alpha(fleet: Fleet) -> Iterator[AgentHandle]:
    """An agent, by the SDK."""
    with Client(fleet.url, data_dir=fleet.data_dir) as client:
        yield client.agent("alpha")


def test_text_that_was_cut_comes_whole(alpha: AgentHandle) -> None:
    alpha.set_content(LINES)

    assert alpha.inner_text().endswith("line 1999 of a long page")
    assert "line 1999" in alpha.content()
    assert alpha.inner_text(max_chars=10).startswith("line 0 of \n[cut")


def test_a_text_within_a_result_comes_whole(alpha: AgentHandle) -> None:
    """The agent notes at its end which artifact has the whole, and the SDK reads the note."""
    alpha.set_content(LINES)

    assert "line 1999" in alpha.snapshot().snapshot
    assert "line 1999" not in alpha.snapshot(max_chars=1000).snapshot


def test_a_result_that_does_not_fit_into_the_answer_comes_whole(alpha: AgentHandle) -> None:
    assert len(alpha.evaluate("'x'.repeat(400000)")) == 400_000


def test_results_are_frozen_values(alpha: AgentHandle) -> None:
    alpha.set_content("<title>Here</title><h1>Hello</h1>")

    page = alpha.pages().pages[0]
    steps = alpha.batch([{"action": "title"}, {"action": "inner_text", "params": {"target": "h1"}}])

    assert isinstance(page, results.PageSummary)
    assert page.title == "Here"
    assert [step.result for step in steps.steps] == ["Here", "Hello"]
    with pytest.raises(SelectorNotFound):
        alpha.click("#nowhere", timeout=0.5)
