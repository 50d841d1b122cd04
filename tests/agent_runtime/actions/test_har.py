"""The network as an archive."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import msgspec
import pytest

from tests.agent_runtime.actions.asking import Asker, code_of, result_of
from tests.agent_runtime.actions.traces import files_left
from tests.site import Site
from xagent_protocol.outcomes import Effect, Outcome

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def archive(asker: Asker, outcome: Outcome) -> dict[str, Any]:
    """Return the log of the archive that was handed over."""
    content = asker.artifacts.kept[outcome.artifacts[0].artifact_id]
    if outcome.artifacts[0].content_type == "application/zip":
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            content = file.read("har.har")
    log: dict[str, Any] = msgspec.json.decode(content)["log"]
    return log


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        ("attach", "har.zip", "application/zip"),
        ("embed", "network.har", "application/json"),
        ("omit", "network.har", "application/json"),
    ],
)
async def test_the_archive_has_what_was_asked_with_its_bodies_where_they_were_wanted(
    asker: Asker, site: Site, content: str, name: str, media_type: str
) -> None:
    await asker.get("start_har", content=content)
    await asker.get("goto", url=site.url("/form"))
    outcome = await asker.ask("stop_har")

    (artifact,) = outcome.artifacts
    assert (artifact.name, artifact.content_type) == (name, media_type)
    assert result_of(outcome) == {
        "artifact_id": artifact.artifact_id,
        "content_type": media_type,
        "size": artifact.size,
    }
    (entry,) = archive(asker, outcome)["entries"]
    assert entry["request"]["url"] == site.url("/form")
    body = entry["response"]["content"]
    assert ("text" in body) is (content == "embed")
    assert ("_file" in body) is (content == "attach")
    assert files_left(asker) == []


async def test_only_what_the_filter_lets_through_is_in_it(asker: Asker, site: Site) -> None:
    await asker.get("start_har", content="omit", mode="minimal", url_filter="**/buttons")
    await asker.get("goto", url=site.url("/form"))
    await asker.get("goto", url=site.url("/buttons"))
    outcome = await asker.ask("stop_har")

    entries = archive(asker, outcome)["entries"]
    assert [entry["request"]["url"] for entry in entries] == [site.url("/buttons")]
    assert "pageref" not in entries[0]


async def test_an_archive_is_started_once_and_stopped_once(asker: Asker) -> None:
    await asker.get("start_har")
    again = await asker.ask("start_har")
    await asker.get("stop_har")
    more = await asker.ask("stop_har")

    assert (code_of(again), again.effect) == ("already_recording", Effect.NONE)
    assert (code_of(more), more.effect) == ("not_recording", Effect.NONE)


async def test_an_archive_and_a_trace_do_not_disturb_each_other(asker: Asker, site: Site) -> None:
    await asker.get("start_har", content="omit")
    recorded = await asker.ask("goto", record="trace", url=site.url("/form"))
    outcome = await asker.ask("stop_har")

    assert recorded.artifacts
    assert len(archive(asker, outcome)["entries"]) == 1
    assert files_left(asker) == []


@pytest.mark.parametrize(
    "params", [{"content": "all"}, {"mode": "tiny"}, {"url_filter": ""}, {"path": "/tmp/x"}]
)
async def test_params_are_checked(asker: Asker, params: dict[str, Any]) -> None:
    assert code_of(await asker.ask("start_har", **params)) == "invalid_params"
