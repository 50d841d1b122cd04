"""What a target names, and what is said when it cannot be used."""

from __future__ import annotations

from typing import Any

import pytest

from agent_runtime.actions.errors import ActionFailed
from tests.agent_runtime.actions.asking import Asker, code_of, ref_of
from tests.site import Site
from xagent_protocol.outcomes import Effect, OutcomeState

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_nothing_that_matches_is_not_found_within_the_timeout(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/buttons"))

    outcome = await asker.ask("click", target="#nowhere", timeout=0.5)

    assert outcome.state is OutcomeState.FAILED
    assert code_of(outcome) == "selector_not_found"
    assert outcome.effect is Effect.NONE
    assert outcome.duration_ms < 500


async def test_two_matches_are_an_error_that_lists_them(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/buttons"))

    outcome = await asker.ask("click", target="text=Save")

    assert code_of(outcome) == "selector_ambiguous"
    assert outcome.error is not None
    assert outcome.error.details is not None
    assert len(outcome.error.details["matches"]) == 2
    assert "<button>Save</button>" in outcome.error.details["matches"][0]


@pytest.mark.parametrize(
    "target",
    [
        *("[[", "css=", "bogus=x", "role=x[", "xpath=//[", ">> x", "text=/(/"),
        *("role=button[bogus]", 'role=button[level="x"]', "role=button[checked=maybe]"),
    ],
)
async def test_a_selector_that_cannot_be_read_is_invalid(asker: Asker, target: str) -> None:
    outcome = await asker.ask("click", target=target, timeout=2)

    assert code_of(outcome) == "selector_invalid", outcome.error


@pytest.mark.parametrize(
    ("target", "reason"),
    [("#off", "disabled"), ("#covered", "covers it"), ("#hidden", "not visible")],
)
async def test_what_a_person_could_not_click_is_not_clicked(
    asker: Asker, site: Site, target: str, reason: str
) -> None:
    await asker.get("goto", url=site.url("/form"))
    await asker.get(
        "evaluate",
        expression="document.body.insertAdjacentHTML('beforeend', '<i id=hidden hidden>')",
    )

    outcome = await asker.ask("click", target=target, timeout=0.6)

    assert code_of(outcome) == "not_actionable"
    assert outcome.error is not None
    assert reason in outcome.error.message
    assert outcome.effect is Effect.NONE


BUSY = "for (const end = Date.now() + 1500; Date.now() < end;);"
COVERS_ITSELF = """
    <button id=it onmousemove="cover.hidden = false">Go</button>
    <div id=cover hidden style="position: fixed; inset: 0">
"""


@pytest.mark.parametrize(
    ("html", "action", "params"),
    [
        (f'<button id=it onmousedown="{BUSY}">Go</button>', "click", {}),
        (f'<input id=it onkeydown="{BUSY}">', "press", {"key": "a"}),
        (f'<input id=it oninput="{BUSY}">', "fill", {"value": "a"}),
        (COVERS_ITSELF, "click", {}),
    ],
    ids=["click", "press", "fill", "covered when the mouse came"],
)
async def test_what_failed_after_the_page_felt_it_is_partial(
    asker: Asker, html: str, action: str, params: dict[str, str]
) -> None:
    await asker.get("goto", url="about:blank")
    await asker.get("evaluate", expression="html => { document.body.innerHTML = html }", arg=html)

    outcome = await asker.ask(action, target="#it", timeout=0.6, **params)

    assert outcome.error is not None
    assert outcome.effect is Effect.PARTIAL


async def test_a_failure_counts_as_having_acted_unless_its_code_proves_otherwise() -> None:
    assert ActionFailed("out_of_paper", "the printer stopped").effect is Effect.PARTIAL
    assert ActionFailed("invalid_params", "page: no such format").effect is Effect.NONE


async def test_a_frame_narrows_a_selector(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/frames"))

    await asker.get("fill", target="#name", frame="#inner", value="you")
    await asker.get("click", target="#go", frame="#inner")

    assert await asker.get("inner_text", target="#said", frame="#inner") == "hello you"
    missing = await asker.ask("click", target="#go", timeout=0.4)
    assert code_of(missing) == "selector_not_found"


async def test_a_ref_names_the_element_the_snapshot_showed(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    await asker.get("fill", target=await ref_of(asker, "textbox"), value="ref")

    await asker.get("click", target=await ref_of(asker, 'button "Greet"'))

    assert await asker.get("inner_text", target="#said") == "hello ref"


async def test_a_ref_reaches_into_an_iframe(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/frames"))

    await asker.get("click", target=await ref_of(asker, 'button "Greet"'))

    assert await asker.get("inner_text", target="#said", frame="#inner") == "hello"


async def test_a_ref_outlives_other_snapshots_of_the_same_document(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/form"))
    ref = await ref_of(asker, 'button "Greet"')
    await asker.get("snapshot")

    assert code_of(await asker.ask("click", target=ref)) is None


@pytest.mark.parametrize(
    ("meanwhile", "params"),
    [("snapshot", {"target": "#colour"}), ("snapshot", {"depth": 1}), ("find", {"text": "Greet"})],
)
async def test_a_ref_outlives_a_look_at_a_part_of_its_document(
    asker: Asker, site: Site, meanwhile: str, params: dict[str, Any]
) -> None:
    await asker.get("goto", url=site.url("/frames"))
    outside, inside = await ref_of(asker, 'button "Outer"'), await ref_of(asker, 'button "Greet"')
    await asker.get("goto", url=site.url("/form"))
    ref = await ref_of(asker, 'button "Greet"')
    await asker.get(meanwhile, **params)

    assert code_of(await asker.ask("click", target=ref)) is None
    assert code_of(await asker.ask("click", target=outside)) == "stale_ref"
    assert code_of(await asker.ask("click", target=inside)) == "stale_ref"


async def test_a_ref_comes_back_with_its_element(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    ref = await ref_of(asker, 'button "Greet"')
    await asker.get("evaluate", expression="document.getElementById('go').hidden = true; 0")
    await asker.get("snapshot")
    hidden = await asker.ask("click", target=ref)
    await asker.get("evaluate", expression="document.getElementById('go').hidden = false; 0")

    assert code_of(hidden) == "stale_ref"
    assert code_of(await asker.ask("click", target=ref)) is None


async def test_a_ref_of_an_iframe_that_is_gone_is_stale(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/frames"))
    ref = await ref_of(asker, 'button "Greet"')
    await asker.get("evaluate", expression="document.querySelector('#inner').remove(); 0")

    assert code_of(await asker.ask("click", target=ref)) == "stale_ref"


async def test_after_a_navigation_an_old_ref_is_stale(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    ref = await ref_of(asker, 'button "Greet"')
    await asker.get("goto", url=site.url("/form"))

    before = await asker.ask("click", target=ref)
    await asker.get("snapshot")
    after = await asker.ask("click", target=ref)

    assert code_of(before) == "stale_ref"
    assert before.effect is Effect.NONE
    assert code_of(after) == "stale_ref", "a new snapshot must not bring an old ref back to life"


async def test_after_an_iframe_went_elsewhere_its_old_refs_are_stale_and_only_they(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/frames"))
    inside = await ref_of(asker, 'button "Greet"')
    outside = await ref_of(asker, 'button "Outer"')
    await asker.get(
        "evaluate",
        expression="""new Promise(resolve => {
            const inner = document.querySelector("#inner");
            inner.addEventListener("load", () => resolve(), { once: true });
            inner.contentWindow.location.reload();
        })""",
    )
    fresh = await ref_of(asker, 'button "Greet"')

    outcome = await asker.ask("click", target=inside)

    assert inside.partition("f")[2] == fresh.partition("f")[2], "Playwright counts anew"
    assert code_of(outcome) == "stale_ref"
    assert outcome.effect is Effect.NONE
    assert code_of(await asker.ask("click", target=fresh)) is None
    assert code_of(await asker.ask("click", target=outside)) is None


async def test_a_ref_whose_element_is_gone_is_stale_at_once(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    ref = await ref_of(asker, 'button "Greet"')
    await asker.get("evaluate", expression="document.getElementById('go').remove()")

    outcome = await asker.ask("click", target=ref)

    assert code_of(outcome) == "stale_ref"
    assert outcome.duration_ms < 2_000


async def test_a_ref_belongs_to_its_page(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    ref = await ref_of(asker, 'button "Greet"')
    opened = await asker.ask("new_page", url=site.url("/form"))
    assert opened.page is not None

    outcome = await asker.ask("click", page=opened.page.id, target=ref)

    assert code_of(outcome) == "stale_ref"


@pytest.mark.parametrize("target", ["e5", "f1e5", "aria-ref=e5", "p999999s1e5"])
async def test_a_ref_that_no_snapshot_wrote_is_refused(asker: Asker, target: str) -> None:
    assert code_of(await asker.ask("click", target=target)) == "stale_ref"
