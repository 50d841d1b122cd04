"""Traces that run over many commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agent_runtime.actions.asking import Asker, code_of, result_of, running_browser
from tests.agent_runtime.actions.traces import files_left, kept_trace, own_trace
from tests.site import Site
from xagent_protocol.outcomes import Effect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.slow
async def test_a_trace_shows_what_was_done_by_the_names_of_the_actions(
    asker: Asker, site: Site
) -> None:
    started = await asker.get("start_tracing", title="a checkout")
    await asker.get("goto", url=site.url("/form"))
    await asker.get("evaluate", expression="1 + 1")
    outcome = await asker.ask("stop_tracing")

    main = asker.browser.tabs.main
    assert main is not None
    assert started == {"pages": [main.id], "isolated": False}
    (artifact,) = outcome.artifacts
    assert artifact.name == "trace.zip"
    assert result_of(outcome) == {
        "artifact_id": artifact.artifact_id,
        "content_type": "application/zip",
        "size": artifact.size,
    }
    trace = kept_trace(asker, artifact)
    assert trace.title == "a checkout"
    assert trace.named == ["goto", "evaluate"]
    assert "goto" in trace.actions
    assert any(name.startswith("resources/") for name in trace.files)
    assert any(name.startswith("screencast/") for name in trace.files)
    assert files_left(asker) == []


async def test_a_trace_has_only_what_was_asked_for(asker: Asker, site: Site) -> None:
    await asker.get("start_tracing", screenshots=False, snapshots=False)
    await asker.get("goto", url=site.url("/form"))
    outcome = await asker.ask("stop_tracing")

    trace = kept_trace(asker, outcome.artifacts[0])
    assert {name.partition("/")[0] for name in trace.files} <= {
        *("trace.trace", "trace.network", "trace.stacks")
    }


async def test_a_trace_is_started_once_and_stopped_once(asker: Asker) -> None:
    await asker.get("start_tracing")
    again = await asker.ask("start_tracing")
    await asker.get("stop_tracing")
    more = await asker.ask("stop_tracing")

    assert (code_of(again), again.effect) == ("already_recording", Effect.NONE)
    assert (code_of(more), more.effect) == ("not_recording", Effect.NONE)
    assert again.error is not None
    assert "stop_tracing ends it" in again.error.message


@pytest.mark.slow
async def test_an_isolated_page_is_traced_by_itself(asker: Asker, site: Site) -> None:
    page = str((await asker.get("new_page", isolated=True))["id"])  # type: ignore[index]  # JSON

    started = await asker.get("start_tracing", page=page)
    await asker.get("goto", url=site.url("/buttons"))
    await asker.get("goto", page=page, url=site.url("/form"))
    elsewhere = await asker.ask("stop_tracing")
    outcome = await asker.ask("stop_tracing", page=page)

    assert started == {"pages": [page], "isolated": True}
    assert code_of(elsewhere) == "not_recording"
    trace = kept_trace(asker, outcome.artifacts[0])
    assert trace.named == ["goto"]


async def test_a_trace_ends_with_its_isolated_page(asker: Asker) -> None:
    page = str((await asker.get("new_page", isolated=True))["id"])  # type: ignore[index]  # JSON
    await asker.get("start_tracing", page=page)

    await asker.get("close_page", page=page)

    assert not asker.browser.recordings.traces


async def test_a_trace_that_nobody_takes_is_removed(asker: Asker) -> None:
    await asker.get("start_tracing")
    asker.artifacts.is_full = True
    outcome = await asker.ask("stop_tracing")

    assert code_of(outcome) == "artifact_upload_failed"
    assert files_left(asker) == []


@pytest.mark.parametrize("action", ["start_tracing", "stop_tracing"])
async def test_what_starts_and_stops_traces_is_not_traced_itself(asker: Asker, action: str) -> None:
    outcome = await asker.ask(action, record="trace")

    assert (code_of(outcome), outcome.effect) == ("invalid_params", Effect.NONE)
    assert not asker.browser.recordings.traces


async def test_params_are_checked(asker: Asker) -> None:
    assert code_of(await asker.ask("start_tracing", title="x" * 201)) == "invalid_params"
    assert code_of(await asker.ask("start_tracing", screenshots="yes")) == "invalid_params"
    assert code_of(await asker.ask("stop_tracing", title="x")) == "invalid_params"


async def test_a_recorded_command_leaves_no_hole_in_the_trace_that_runs(
    asker: Asker, site: Site
) -> None:
    await asker.get("start_tracing", title="whole")
    await asker.get("goto", url=site.url("/form"))
    recorded = await asker.ask("title", record="trace")
    await asker.get("evaluate", expression="1")
    outcome = await asker.ask("stop_tracing")

    assert own_trace(asker, recorded).named == ["title"]
    whole = kept_trace(asker, outcome.artifacts[0])
    assert whole.named == ["goto", "title", "evaluate"]
    assert whole.title == "whole"
    assert files_left(asker) == []


@pytest.mark.slow
async def test_a_restart_of_the_browser_ends_a_trace_and_says_so(tmp_path: Path) -> None:
    leftover = tmp_path / "recordings" / "leftover.trace"
    leftover.parent.mkdir()
    leftover.write_text("of an agent that was killed")
    async with running_browser(tmp_path) as browser:
        asker = Asker(browser)
        assert not leftover.exists()
        for action in ("start_tracing", "start_har", "start_video"):
            await asker.get(action)

        outcome = await asker.ask("restart_browser")
        stopped = await asker.ask("stop_tracing")

        assert any("recorded is lost: trace, HAR" in notice for notice in outcome.notices)
        assert code_of(stopped) == "not_recording"
        assert stopped.error is not None
        assert "lost with the browser" in stopped.error.message
        assert files_left(asker) == []
        await asker.get("start_tracing")
        assert code_of(await asker.ask("stop_tracing")) is None
    assert not leftover.parent.exists()
