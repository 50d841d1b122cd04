"""Finding something on a page by what it says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.agent_runtime.actions.asking import Asker, code_of
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_an_element_is_found_by_its_text_with_a_ref_that_works(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/shop"))

    found = await find(asker, text="DETAILS")

    (match,) = found["matches"]
    assert found["total"] == 1
    assert match["ref"].startswith(found["snapshot_id"])
    assert match["line"] == "generic: Details"
    assert match["within"] == "main"
    await asker.get("click", target=match["ref"])
    assert await asker.get("inner_text", target="#note") == "clicked"


async def test_what_is_found_says_what_it_is_in(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/shop"))

    departments = await find(asker, text="tea")
    offer = await find(asker, text="Offer of the day")

    assert departments["matches"][0]["line"] == 'link "Tea"'
    assert departments["matches"][0]["within"] == ('navigation "Departments" > list > listitem')
    (heading,) = offer["matches"]
    assert heading["line"] == 'heading "Offer of the day" [level=3]'
    assert heading["within"].startswith("main > link [ref="), "the link is what can be clicked"


async def test_the_innermost_of_a_role_is_found(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/shop"))

    row = await find(asker, text="pears", role="row")
    link = await find(asker, text="Plums", role="link")
    nothing = await find(asker, text="Plums", role="button")

    assert [match["line"] for match in row["matches"]] == ["row: Pears 4 Remove"]
    assert [match["line"] for match in link["matches"]] == [
        "link: Offer of the day Plums, half price"
    ]
    assert (nothing["matches"], nothing["total"]) == ([], 0)


async def test_values_placeholders_and_text_in_several_pieces_are_found(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/reading"))
    await asker.get(
        "evaluate",
        expression="""email.placeholder = 'you@example.com';
            greeting.innerHTML = 'All <a href=/x>in</a> pieces'""",
    )

    value = await find(asker, text="ada@")
    placeholder = await find(asker, text="you@")
    pieces = await find(asker, text="all in   pieces")

    assert value["matches"][0]["line"].startswith('textbox "Email"')
    assert placeholder["matches"] == value["matches"] or placeholder["total"] == 1
    assert pieces["matches"][0]["line"] == "paragraph: All in pieces"


@pytest.mark.parametrize(
    ("regex", "lines"),
    [
        (r"^Fr.it$", ['link "Fruit"']),
        (r"^fruit$", []),
        (r"(?i:^fruit$)", ['link "Fruit"']),
        (r"^\p{Lu}ay$", ['button "Pay" [disabled]']),
        (r"half\-?\sprice", ["paragraph: Plums, half price"]),
    ],
)
async def test_a_regular_expression_finds_what_it_matches(
    asker: Asker, site: Site, regex: str, lines: list[str]
) -> None:
    await asker.get("goto", url=site.url("/shop"))

    found = await find(asker, regex=regex)

    assert [match["line"] for match in found["matches"]] == lines


async def test_a_page_cannot_change_what_a_regular_expression_finds(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/strict"))
    await asker.get(
        "evaluate",
        expression=r"""RegExp.prototype.test = () => true; Array.prototype.push = () => 0;
            document.body.textContent = 'half \ud800 pair'; 0""",
    )

    assert (await find(asker, regex="pair$"))["total"] == 1
    assert (await find(asker, regex="nothing"))["total"] == 0


async def test_only_as_many_are_answered_as_were_asked_for(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/elements?count=500"))

    found = await find(asker, text="Buy", max=3)

    assert [match["line"] for match in found["matches"]] == [f'button "Buy {n}"' for n in range(3)]
    assert found["total"] == 45


async def test_what_is_in_an_iframe_is_found(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/frames"))

    found = await find(asker, text="greet")

    await asker.get("click", target=found["matches"][0]["ref"])
    assert await asker.get("inner_text", target="#said", frame="#inner") == "hello"


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "exactly one"),
        ({"text": "a", "regex": "a"}, "exactly one"),
        ({"text": " "}, "text"),
        ({"text": "a", "role": "a button"}, "role"),
        ({"text": "a", "max": 0}, "max"),
        ({"regex": "("}, "regex: Invalid regular expression: /(/"),
    ],
)
async def test_what_makes_no_sense_is_invalid(
    asker: Asker, site: Site, params: dict[str, Any], said: str
) -> None:
    await asker.get("goto", url=site.url("/shop"))

    outcome = await asker.ask("find", **params)

    assert code_of(outcome) == "invalid_params"
    assert outcome.error is not None
    assert said in outcome.error.message


@pytest.mark.slow
async def test_a_regular_expression_without_end_stops_and_nothing_else_does(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/form"))
    await asker.get("evaluate", expression=f"said.textContent = '{'a' * 40}!'; 0")

    outcome = await asker.ask("find", regex="^(a+)+$", timeout=3)

    assert code_of(outcome) == "invalid_params"
    assert outcome.error is not None
    assert "takes too long" in outcome.error.message
    assert await asker.get("evaluate", expression="1") == 1


async def find(asker: Asker, **params: Any) -> dict[str, Any]:
    """Return what a search that must succeed found."""
    found = await asker.get("find", **params)
    assert isinstance(found, dict)
    return found
