"""Putting files into a page."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from agent_runtime.actions import Performer, standard_registry
from agent_runtime.actions.artifacts import Fetched
from tests.agent_runtime.actions.asking import Asker, MemoryArtifacts, code_of, eventually
from tests.site import Site
from xagent_protocol.ids import ArtifactId, RequestId
from xagent_protocol.outcomes import Effect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_LARGE_BYTES = 200 * 1024 * 1024


class _LargeArtifacts(MemoryArtifacts):
    """Has one artifact, of many zeros that are in no memory."""

    async def fetch(self, artifact_id: str, directory: Path) -> Fetched:
        path = directory / artifact_id
        with path.open("wb") as file:
            file.truncate(_LARGE_BYTES)
        return Fetched(path, "large.bin", "application/octet-stream", _LARGE_BYTES)


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def nothing_lies_there(asker: Asker) -> None:
    """Let what the test before has chosen be gone."""
    await asker.get("goto", url="about:blank")
    await eventually(lambda: not _lying_at(asker))


async def _kept(asker: Asker, name: str, content: bytes = b"content") -> ArtifactId:
    artifact = await asker.artifacts.put(
        content, content_type="text/plain", name=name, request_id=RequestId("r")
    )
    return artifact.artifact_id


def _lying_at(asker: Asker) -> list[str]:
    # Unlike Path.rglob, it is not disturbed by a directory that goes meanwhile.
    found = os.walk(asker.browser.settings.uploads)
    return sorted(name for _, _, names in found for name in names)


async def test_a_page_reads_its_files_long_after_the_command_is_over(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/fields"))
    first = await _kept(asker, "first.txt", b"one")
    second = await _kept(asker, "zweite Datei ü.txt", b"two")

    names = await asker.get("set_input_files", target="#many", artifact_ids=[first, second])
    await asker.get("evaluate", expression="location.hash = 'same document'")
    await asker.get("click", target="#send")

    assert names == ["first.txt", "zweite Datei ü.txt"]
    arrived = await asker.get("inner_text", target="ul")
    assert arrived == "\n".join(
        [
            f"many first.txt 3 {hashlib.sha256(b'one').hexdigest()}",
            f"many zweite Datei ü.txt 3 {hashlib.sha256(b'two').hexdigest()}",
        ]
    )


async def test_files_are_gone_once_their_page_is_on_another_document(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/fields"))
    await asker.get("set_input_files", target="#one", artifact_ids=[await _kept(asker, "a.txt")])
    await asker.get("evaluate", expression="history.pushState(0, '', '/fields?same')")
    assert _lying_at(asker) == ["a.txt"]

    await asker.get("goto", url=site.url("/form"))

    await eventually(lambda: not _lying_at(asker))


async def test_files_are_gone_once_their_page_is_closed(asker: Asker, site: Site) -> None:
    opened = await asker.get("new_page", url=site.url("/fields"))
    assert isinstance(opened, dict)
    artifact_ids = [await _kept(asker, "a.txt")]
    await asker.get("set_input_files", page=opened["id"], target="#one", artifact_ids=artifact_ids)
    assert _lying_at(asker) == ["a.txt"]

    await asker.get("close_page", page=opened["id"])

    await eventually(lambda: not _lying_at(asker))


async def test_two_files_may_have_one_name(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/fields"))
    artifact_ids = [await _kept(asker, "a.txt", b"1"), await _kept(asker, "a.txt", b"2")]

    names = await asker.get("set_input_files", target="#many", artifact_ids=artifact_ids)

    assert names == ["a.txt", "a.txt"]
    read = "Promise.all([...many.files].map(file => file.text()))"
    assert await asker.get("evaluate", expression=read) == ["1", "2"]


async def test_a_name_chooses_no_path(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/fields"))
    artifact_ids = [await _kept(asker, "../../escaped.txt")]

    names = await asker.get("set_input_files", target="#one", artifact_ids=artifact_ids)

    assert names == [".._.._escaped.txt"]
    assert _lying_at(asker) == names


async def test_an_empty_list_clears(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/fields"))
    await asker.get("set_input_files", target="#one", artifact_ids=[await _kept(asker, "a.txt")])

    assert await asker.get("set_input_files", target="#one", artifact_ids=[]) == []

    assert await asker.get("evaluate", expression="one.files.length") == 0


@pytest.mark.parametrize("target", ["#attach", "text=Many", "#chooser"])
async def test_a_label_and_what_opens_a_chooser_stand_for_the_input(
    asker: Asker, site: Site, target: str
) -> None:
    await asker.get("goto", url=site.url("/fields"))

    await asker.get("set_input_files", target=target, artifact_ids=[await _kept(asker, "a.txt")])

    chosen = "[...one.files, ...many.files].map(file => file.name)"
    assert await asker.get("evaluate", expression=chosen) == ["a.txt"]


@pytest.mark.parametrize(
    ("target", "names", "code", "effect"),
    [
        ("#one", ["a", "b"], "invalid_params", Effect.NONE),
        ("#one", ["unknown"], "artifact_unavailable", Effect.NONE),
        ("#folder", ["a"], "not_supported", Effect.NONE),
        ("#words", [], "not_actionable", Effect.NONE),
        ("#words", ["a"], "not_actionable", Effect.PARTIAL),
        ("#nowhere", ["a"], "selector_not_found", Effect.NONE),
        ("input", ["a"], "selector_ambiguous", Effect.NONE),
    ],
)
async def test_files_that_cannot_be_chosen_are_not_left_behind(
    asker: Asker, site: Site, target: str, names: list[str], code: str, effect: Effect
) -> None:
    await asker.get("goto", url=site.url("/fields"))
    known = [await _kept(asker, name) if name != "unknown" else name for name in names]

    outcome = await asker.ask("set_input_files", target=target, artifact_ids=known, timeout=0.4)

    assert code_of(outcome) == code
    assert outcome.effect is effect
    assert _lying_at(asker) == []


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"target": "#one"}, "artifact_ids"),
        ({"target": "#one", "artifact_ids": "a"}, "$.artifact_ids"),
        ({"target": "#one", "artifact_ids": [""]}, "$.artifact_ids[0]"),
        ({"artifact_ids": []}, "target"),
    ],
)
async def test_bad_params_are_named(asker: Asker, params: dict[str, Any], named: str) -> None:
    outcome = await asker.ask("set_input_files", **params)

    assert code_of(outcome) == "invalid_params"
    assert outcome.error is not None
    assert named in outcome.error.message


@pytest.mark.slow
async def test_a_file_of_200_mb_goes_through_no_memory_of_ours(asker: Asker, site: Site) -> None:
    performer = Performer(asker.browser, standard_registry(), _LargeArtifacts())
    await asker.get("goto", url=site.url("/fields"))

    command = asker.command("set_input_files", target="#one", artifact_ids=["large"])
    outcome = await performer.perform(command)
    await asker.get("click", target="#send", timeout=30)

    assert outcome.error is None
    arrived = await asker.get("inner_text", target="ul", timeout=30)
    assert str(arrived).startswith(f"one large.bin {_LARGE_BYTES} ")
