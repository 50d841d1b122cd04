"""Python with Playwright in the agent."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.actions import Performer, standard_registry
from agent_runtime.actions.agent_permissions import Permissions
from agent_runtime.agent import drive_chromium
from agent_runtime.settings import Settings
from agent_runtime.work.artifacts import ArtifactTransfers
from tests.agent_runtime.actions.asking import Asker, code_of, eventually, result_of
from tests.site import Site
from xagent_protocol.ids import InstallId
from xagent_protocol.outcomes import Effect, Outcome, OutcomeState

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def _allowed(asker: Asker) -> Performer:
    return Performer(
        asker.browser,
        standard_registry(),
        asker.artifacts,
        permissions=Permissions(code=True),
    )


async def _run(
    asker: Asker, code: str, *, page: str | None = None, timeout: float = 10, **more: Any
) -> Outcome:
    command = asker.command("run_code", code=code, page=page, timeout=timeout, **more)
    return await _allowed(asker).perform(command)


async def test_it_is_not_allowed_unless_the_agents_own_settings_allow_it(asker: Asker) -> None:
    outcome = await asker.ask("run_code", code="1 / 0")

    assert code_of(outcome) == "not_allowed"
    assert outcome.effect is Effect.NONE
    assert outcome.error is not None
    assert "--allow-code" in outcome.error.message
    assert "XAGENT_ALLOW_CODE" in outcome.error.message


@pytest.mark.parametrize("is_allowed", [True, False])
async def test_the_setting_reaches_the_action(tmp_path: Path, is_allowed: bool) -> None:
    settings = Settings.read(["shop-1", *["--allow-code"] * is_allowed], {})
    uploads = ArtifactTransfers.__new__(ArtifactTransfers)

    drive = drive_chromium(settings, tmp_path, InstallId("i"), lambda: None, uploads)

    assert isinstance(drive.performer, Performer)
    assert drive.performer.permissions.code is is_allowed


async def test_code_uses_the_page_and_returns_json(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    code = """
    await page.fill("#name", arg["name"])
    await page.click("#go")
    print("pages:", len(context.pages))
    return {"said": await page.inner_text("#said"), "url": page.url}
    """

    outcome = await _run(asker, _dedented(code), arg={"name": "Ada"})

    assert result_of(outcome) == {
        "value": {"said": "hello Ada", "url": site.url("/form")},
        "printed": "pages: 1\n",
    }


async def test_code_makes_artifacts_and_gets_them(asker: Asker) -> None:
    code = """
    kept = await call.keep(b"bytes", content_type="text/plain", name="b.txt")
    fetched = await call.fetch(kept.artifact_id)
    return fetched.path.read_text()
    """

    outcome = await _run(asker, _dedented(code))

    assert result_of(outcome) == {"value": "bytes", "printed": ""}
    assert [artifact.name for artifact in outcome.artifacts] == ["b.txt"]


async def test_what_playwright_raises_comes_with_the_line_of_the_code(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/form"))

    outcome = await _run(asker, "x = 1\nawait page.click('#nowhere', timeout=50)")

    assert code_of(outcome) == "evaluation_failed"
    assert outcome.effect is Effect.PARTIAL
    assert outcome.error is not None
    assert "Timeout 50ms exceeded" in outcome.error.message
    assert outcome.error.details is not None
    stack = outcome.error.details["stack"]
    assert "line 2, in main\n    await page.click('#nowhere', timeout=50)" in stack
    assert "agent_runtime" not in stack
    assert "site-packages" not in stack


@pytest.mark.parametrize(
    "code", ["return page", "return {(1, 2): 3}", "a = []; a.append(a); return a"]
)
async def test_what_json_has_no_word_for_is_no_result(asker: Asker, code: str) -> None:
    outcome = await _run(asker, code)

    assert code_of(outcome) == "evaluation_failed"
    assert outcome.error is not None
    assert "JSON has no word for" in outcome.error.message


async def test_half_a_surrogate_pair_is_no_reason_to_fail(asker: Asker) -> None:
    outcome = await _run(asker, r"print('\ud800'); return '\ud800'")

    assert result_of(outcome) == {"value": "�", "printed": "�\n"}


@pytest.mark.parametrize("code", ["await asyncio.sleep(60)", "while True:\n    pass"])
async def test_the_deadline_stops_it(asker: Asker, code: str) -> None:
    outcome = await _run(asker, code, timeout=0.2)

    assert outcome.state is OutcomeState.TIMED_OUT
    assert outcome.effect is Effect.PARTIAL
    assert outcome.duration_ms < 1500


async def test_a_cancellation_stops_it(asker: Asker) -> None:
    main = asker.browser.tabs.main
    assert main is not None
    async with asyncio.TaskGroup() as group:
        running = group.create_task(_run(asker, "await asyncio.sleep(60)"))
        await eventually(main.turn.locked)
        running.cancel()

    assert running.cancelled()


async def test_code_that_loses_its_page_is_told_so(asker: Asker, site: Site) -> None:
    opened = await asker.get("new_page", url=site.url("/form"))
    assert isinstance(opened, dict)

    outcome = await _run(asker, "await page.close()\nawait page.title()", page=opened["id"])

    assert code_of(outcome) == "page_closed"


@pytest.mark.parametrize(
    ("params", "named"), [({}, "code"), ({"code": ""}, "$.code"), ({"code": "x ="}, "line 1")]
)
async def test_bad_params_are_named(asker: Asker, params: dict[str, Any], named: str) -> None:
    outcome = await _allowed(asker).perform(asker.command("run_code", **params))

    assert code_of(outcome) == "invalid_params"
    assert outcome.effect is Effect.NONE
    assert outcome.error is not None
    assert named in outcome.error.message


def _dedented(code: str) -> str:
    return "\n".join(line.removeprefix("    ") for line in code.strip("\n").splitlines())
