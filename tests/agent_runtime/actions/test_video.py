"""Videos of a page."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.agent_runtime.actions.asking import Asker, code_of, result_of
from tests.agent_runtime.actions.traces import files_left
from tests.site import Site
from xagent_protocol.outcomes import Effect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_video_of_the_page_is_handed_over(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))

    started = await asker.get("start_video", format="avi", fps=25)
    await asker.get("evaluate", expression="document.body.style.background = 'red'")
    outcome = await asker.ask("stop_video")

    assert started == {"format": "avi"}
    (artifact,) = outcome.artifacts
    assert (artifact.name, artifact.content_type) == ("video.avi", "video/x-msvideo")
    answer = result_of(outcome)
    assert isinstance(answer, dict)
    assert answer["artifact_id"] == artifact.artifact_id
    assert answer["seconds"] > 0
    assert answer["cut"] is False
    content = asker.artifacts.kept[artifact.artifact_id]
    assert content[:4] == b"RIFF"
    assert content[8:12] == b"AVI "
    assert b"\xff\xd8\xff" in content
    assert files_left(asker) == []


@pytest.mark.slow
async def test_a_video_lasts_as_long_as_it_was_recorded(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    await asker.get("start_video", format="avi", fps=10, size={"width": 320, "height": 200})
    await asker.get("wait_for", milliseconds=1000)
    answer = await asker.get("stop_video")

    assert isinstance(answer, dict)
    assert 0.8 <= answer["seconds"] <= 3
    content = asker.artifacts.kept[answer["artifact_id"]]
    width = int.from_bytes(content[64:68], "little")
    assert 0 < width <= 320


async def test_a_video_is_started_once_and_stopped_once(asker: Asker) -> None:
    await asker.get("start_video", format="avi")
    again = await asker.ask("start_video", format="avi")
    await asker.get("stop_video")
    more = await asker.ask("stop_video")

    assert (code_of(again), again.effect) == ("already_recording", Effect.NONE)
    assert (code_of(more), more.effect) == ("not_recording", Effect.NONE)


async def test_a_page_that_somebody_else_watches_stays_with_them(asker: Asker) -> None:
    main = asker.browser.tabs.main
    assert main is not None
    seen = asyncio.Event()
    await main.page.screencast.start(on_frame=lambda frame: seen.set())

    outcome = await asker.ask("start_video", format="avi")

    assert code_of(outcome) == "already_recording"
    async with asyncio.timeout(5):
        await seen.wait()
    await main.page.screencast.stop()


async def test_a_video_is_lost_with_its_page(asker: Asker) -> None:
    page = str((await asker.get("new_page"))["id"])  # type: ignore[index]  # JSON
    await asker.get("start_video", page=page, format="avi")

    await asker.get("close_page", page=page)

    assert code_of(await asker.ask("stop_video", page=page)) == "page_closed"
    assert not asker.browser.recordings.videos
    await asker.get("start_video", format="avi")
    await asker.get("stop_video")
    assert files_left(asker) == []


async def test_without_an_encoder_a_webm_is_refused_and_says_how_to_get_one(asker: Asker) -> None:
    outcome = await asker.ask("start_video", format="webm")
    if outcome.error is None:
        await asker.get("stop_video")
        pytest.skip("Playwright's ffmpeg is installed here")

    assert (outcome.error.code, outcome.effect) == ("not_supported", Effect.NONE)
    assert "playwright install ffmpeg" in outcome.error.message
    assert await asker.get("start_video") == {"format": "avi"}
    await asker.get("stop_video")


@pytest.mark.parametrize(
    "params",
    [{"format": "gif"}, {"fps": 0}, {"fps": 26}, {"quality": 0}, {"size": {"width": 5}}],
)
async def test_params_are_checked(asker: Asker, params: dict[str, Any]) -> None:
    assert code_of(await asker.ask("start_video", **params)) == "invalid_params"
