"""Running JavaScript in the page."""

from __future__ import annotations

import pytest

from tests.agent_runtime.actions.asking import Asker, code_of, result_of
from tests.site import Site
from xagent_protocol.outcomes import Effect, OutcomeState

_REFS = ["ref: <Node>", "ref: <Document>", "ref: <Window>"]
_HALF_READ = {"a": None, "b": 1, "toString": None}

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 1", 2),
        ("'text'", "text"),
        ("undefined", None),
        ("NaN", None),
        ("Promise.resolve([1, {a: null}])", [1, {"a": None}]),
        ("() => 'called'", "called"),
        ("function (x) { return typeof x }", "object"),
        ("async function () { return this === window }", True),
        ("let once = 1; once", 1),
        ("let once = 2; once", 2),
        ("new Date(0)", "1970-01-01T00:00:00.000Z"),
        ("new Date(NaN)", None),
        ("7n", 7),
        ("10n ** 30n", str(10**30)),
        ("[1, () => 1, Symbol('s')]", [1, None, None]),
        ("[/a+/g, document.body, document, window]", ["a+", *_REFS]),
        ("new Float32Array([1, 0.5])", [1, 0.5]),
        ("({get a() { throw 1 }, b: 1, toString() { throw 1 }})", _HALF_READ),
        ("Array.prototype.toJSON = () => 'trap'; [1]", [1]),
        ("new URL('http://example.com/x')", "http://example.com/x"),
        (r"'half \ud800 pair'", "half � pair"),
        ("const a = {}; a.a = a; a", {"a": None}),
    ],
)
async def test_a_value_comes_back_as_json(asker: Asker, expression: str, value: object) -> None:
    assert await asker.get("evaluate", expression=expression) == value


@pytest.mark.parametrize(
    "trap",
    [
        "Array.from = () => 'trap'",
        "Array.prototype.includes = () => true",
        "delete String.prototype.toWellFormed",
        "var Node = 3, Date = undefined, Error = undefined",
        "var RegExp = {}, ArrayBuffer = undefined",
    ],
)
async def test_what_a_page_does_to_its_globals_does_not_change_an_answer(
    asker: Asker, site: Site, trap: str
) -> None:
    await asker.get("goto", url=site.url("/form"))
    await asker.get("evaluate", expression=f"{trap}; 0")

    assert await asker.get("evaluate", expression="[{a: [1, 2], b: 'x'}, 'y', 3]") == [
        {"a": [1, 2], "b": "x"},
        "y",
        3,
    ]
    await asker.get("goto", url=site.url("/account"))


async def test_a_script_runs_in_whatever_document_the_page_is_on_by_then(
    asker: Asker, site: Site
) -> None:
    for path in ("/form", "/account", "/form"):
        await asker.get("goto", url=site.url(path))
        assert await asker.get("evaluate", expression="location.pathname") == path
    await asker.get("go_back")
    assert await asker.get("evaluate", expression="location.pathname") == "/account"
    await asker.get("goto", url="about:blank")
    assert await asker.get("evaluate", expression="location.href") == "about:blank"


async def test_a_page_that_forbids_scripts_of_strangers_runs_ours(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/strict"))

    assert await asker.get("evaluate", expression="() => document.title") == "Strict"


async def test_a_value_that_shares_its_parts_without_end_is_refused(asker: Asker) -> None:
    outcome = await asker.ask(
        "evaluate", expression="let x = {}; for (let i = 0; i < 40; i++) x = {a: x, b: x}; x"
    )

    assert code_of(outcome) == "evaluation_failed"
    assert outcome.error is not None
    assert "more than 1,000,000 values" in outcome.error.message


async def test_a_function_gets_its_argument(asker: Asker) -> None:
    arg = {"list": [1, 2.5, "x", None, True]}

    assert await asker.get("evaluate", expression="arg => arg", arg=arg) == arg


async def test_what_a_script_throws_comes_back_with_its_stack(asker: Asker) -> None:
    outcome = await asker.ask(
        "evaluate", expression="() => { function deep() { throw new TypeError('boom') } deep() }"
    )

    assert code_of(outcome) == "evaluation_failed"
    assert outcome.effect is Effect.PARTIAL
    assert outcome.error is not None
    assert "TypeError: boom" in outcome.error.message
    assert outcome.error.details is not None
    assert "at deep" in outcome.error.details["stack"]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("x y", "SyntaxError"),
        ("() => { throw 'text' }", "text"),
        ("() => { throw null }", "null"),
        ("() => { throw Symbol('q') }", "Symbol(q)"),
        ("Promise.reject()", "undefined"),
        ("Promise.reject(1)", "1"),
    ],
)
async def test_anything_else_a_script_fails_with_has_the_same_code(
    asker: Asker, expression: str, said: str
) -> None:
    outcome = await asker.ask("evaluate", expression=expression)

    assert code_of(outcome) == "evaluation_failed"
    assert outcome.error is not None
    assert f"the script failed: {said}" in outcome.error.message


async def test_a_script_runs_inside_a_frame(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/frames"))

    outcome = await asker.get(
        "evaluate", expression="x => location.pathname + x", arg="!", frame="#inner"
    )

    assert outcome == "/form!"


async def test_a_result_too_large_for_the_answer_is_an_artifact(asker: Asker) -> None:
    """F29: ten times over the limit."""
    outcome = await asker.ask("evaluate", expression="'x'.repeat(3000000)")

    (artifact,) = outcome.artifacts
    assert result_of(outcome) == {
        "truncated": True,
        "artifact_id": artifact.artifact_id,
        "size": 3_000_002,
    }
    assert asker.artifacts.kept[artifact.artifact_id] == b'"' + b"x" * 3_000_000 + b'"'


async def test_a_result_too_deep_for_the_wire_is_an_artifact(asker: Asker) -> None:
    outcome = await asker.ask(
        "evaluate", expression="let a = 1; for (let i = 0; i < 100; i++) a = [a]; a"
    )

    assert len(outcome.artifacts) == 1


async def test_a_script_that_never_ends_times_out_and_the_page_goes_on(
    asker: Asker, site: Site
) -> None:
    """F15: the renderer hangs, and is freed."""
    await asker.get("goto", url=site.url("/form"))

    outcome = await asker.ask("evaluate", expression="while (true) {}", timeout=0.3)

    assert outcome.state is OutcomeState.TIMED_OUT
    assert outcome.effect is Effect.PARTIAL
    assert await asker.get("evaluate", expression="location.pathname") == "/form"


async def test_a_promise_that_never_settles_times_out_and_the_page_goes_on(asker: Asker) -> None:
    outcome = await asker.ask("evaluate", expression="new Promise(() => {})", timeout=0.3)

    assert outcome.state is OutcomeState.TIMED_OUT
    assert outcome.duration_ms < 800
    assert await asker.get("evaluate", expression="1") == 1


async def test_a_script_whose_page_goes_away_says_so(asker: Asker, site: Site) -> None:
    url = site.url("/account?next")
    outcome = await asker.ask(
        "evaluate", expression="url => { location = url; return new Promise(() => {}) }", arg=url
    )

    assert code_of(outcome) == "evaluation_failed"
    assert outcome.error is not None
    assert "another document" in outcome.error.message
    await asker.get("wait_for", url=url, load_state="load")
