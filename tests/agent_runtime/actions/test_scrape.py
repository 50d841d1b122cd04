"""What a page says, taken away in one piece."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.agent_runtime.actions.asking import Asker, code_of, ref_of
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MARKDOWN = """
[Home](/) [Form](/form) Nothing

# The *whole* of it

A paragraph with **strong**, *emphatic* and `code` words, a [link](/buttons?a=%281%29), \
a [place](#notes) and
a second line.

Not \\* a list, nor_a_trick, but \\_this\\_ is \\<b> plain.

1\\. is no list, and

\\# is no heading

- One
- Two **words**
  3. Inner
  4. Next

1. First

   with more

2. Second

> Said
>
> twice

````python
def f():
    return "``` *"
````

![A picture]()

**Prices**

| Fruit | Price kg | Price piece |
| --- | --- | --- |
| Apple | 2\\|3 | 1 |
| Apple | [four](/x) | 2 |

Laid out

side by side

## [Offer](/offer)

Cheap

---

**Term**

What it means

**More**

From the shadow, and the light

[Deep](/shadow)

Name Send
""".strip("\n")

TASKS = "- [x] Done\n\n- [ ] Due"
NESTED = "- a\n  - b\n\n    ```\n    c\n      d\n    ```"


async def test_markdown_reads_like_the_page(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/article"))

    scraped = await scrape(asker)

    assert scraped["text"].replace(site.url(""), "") == MARKDOWN


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>a<b> b </b>c", "a **b** c"),
        ("<p>a <b><i></i></b>c", "a c"),
        ("<b>a <strong>b</strong></b>", "**a b**"),
        ("<p>one <code>`tick`</code>", "one `` `tick` ``"),
        ("<h2><b>Bold</b><br>title</h2>", "## Bold title"),
        ("<div role=heading aria-level=4>Four</div>", "#### Four"),
        ("<li><input type=checkbox checked> Done<li><input type=checkbox> Due", TASKS),
        ("<ul><li>a<ul><li>b<pre>c\n  d</pre></ul></ul>", NESTED),
        ("<ul><li>a</li><ul><li>b</li></ul></ul>", "- a\n  - b"),
        ("<a href='/x'><img alt=Logo></a>", "[Logo](/x)"),
        ("<a href='/x' aria-label=Close></a><a href='/y'></a>", "[Close](/x)"),
        ("<a href='data:text/html,x'>data</a>", "data"),
        ("<span>a<div>b</div>c</span>", "a\n\nb\n\nc"),
        ("<div style='display:contents'><p>a</p>b</div>", "a\n\nb"),
        ("a&nbsp; b<wbr>c <q>d</q> <del>e</del>", 'a bc "d" ~~e~~'),
        ("<svg aria-label=Chart></svg>", "![Chart]()"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "|  |  |\n| --- | --- |\n| a | b |\n| c |  |"),
        ("C:\\dir \\* &amp;lt; [a](b)", "C:\\dir \\\\\\* \\&lt; \\[a](b)"),
        ("<p>+ no<br>- list<br>&gt; here", "\\+ no\n\\- list\n\\> here"),
        ("<details open><summary>S</summary>in</details>", "**S**\n\nin"),
        ("", ""),
    ],
)
async def test_each_kind_of_element_has_its_markdown(
    asker: Asker, site: Site, html: str, markdown: str
) -> None:
    await show(asker, site, html)

    scraped = await scrape(asker, format="markdown")

    assert scraped["text"].replace(site.url(""), "") == markdown


async def test_text_is_what_a_person_reads_and_html_what_it_is_made_of(
    asker: Asker, site: Site
) -> None:
    await show(
        asker,
        site,
        """<style>p{}</style><p class=x onclick=y>a <span>b</span> <i hidden>c</i></p>
        <pre>d\n  e</pre><img src=/i.png alt="&quot;"><table><tr><td><td>f</table>
        <input type=password value=secret><a href="javascript:x()">g</a>""",
    )

    text = await scrape(asker, format="text")
    html = await scrape(asker, format="html")

    assert text["text"].startswith("a b\n\nd\n  e")
    assert html["text"].replace(site.url(""), "") == (
        '<body><p>a b </p> <pre>d\n  e</pre><img src="/i.png" alt="&quot;">'
        "<table><tbody><tr><td></td><td>f</td></tr></tbody></table> "
        '<input type="password"><a>g</a></body>'
    )


async def test_links_are_whole_and_told_once(asker: Asker, site: Site) -> None:
    await show(
        asker,
        site,
        """<a href=x>One</a><a href=x>One</a><a href="?b"><img alt=Two></a>
        <a href="javascript:x()">No</a><a name=y>No</a><a hidden href="#z">Hidden</a>""",
    )

    assert (await scrape(asker, format="links"))["links"] == [
        {"text": "One", "url": site.url("/x")},
        {"text": "Two", "url": site.url("/index?b")},
        {"text": "Hidden", "url": site.url("/index#z")},
    ]


async def test_tables_come_with_their_headers_and_what_spans_is_repeated(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/article"))

    assert (await scrape(asker, format="tables"))["tables"] == [
        {
            "caption": "Prices",
            "headers": ["Fruit", "Price kg", "Price piece"],
            "rows": [["Apple", "2|3", "1"], ["Apple", "four", "2"]],
        }
    ]


async def test_a_table_may_be_without_headers_or_made_of_roles(asker: Asker, site: Site) -> None:
    await show(
        asker,
        site,
        """<table><tr><td>a<td><input value=b><tr hidden><td>no<td>no</table>
        <div role=grid aria-label=Grid>
          <div role=row><span role=columnheader>x</span><span role=columnheader>y</span></div>
          <div role=row><span role=gridcell>1</span><span role=gridcell>2</span></div>
        </div>""",
    )

    assert (await scrape(asker, format="tables"))["tables"] == [
        {"caption": None, "headers": [], "rows": [["a", "b"]]},
        {"caption": "Grid", "headers": ["x", "y"], "rows": [["1", "2"]]},
    ]


async def test_selectors_return_values_by_name(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/article"))

    scraped = await scrape(
        asker,
        selectors={
            "title": "h1",
            "first": {"selector": "nav a", "attribute": "href"},
            "nav": {"selector": "nav a", "all": True},
            "field": "input",
            "chosen": "select",
            "shadow": ".inner",
            "nothing": "#nowhere",
            "none": {"selector": "#nowhere", "all": True},
            "items": {
                "selector": "main > ul > li:not([hidden])",
                "all": True,
                "fields": {"bold": "b", "start": {"selector": "ol", "attribute": "start"}},
            },
        },
    )

    assert scraped == {
        "values": {
            "title": "The whole of it",
            "first": site.url("/"),
            "nav": ["Home", "Form", "Nothing"],
            "field": "ada",
            "chosen": "green",
            "shadow": "From the shadow, and the light",
            "nothing": None,
            "none": [],
            "items": [{"bold": None, "start": None}, {"bold": "words", "start": "3"}],
        }
    }


async def test_a_password_is_no_text_that_anybody_sees(asker: Asker, site: Site) -> None:
    await show(asker, site, "<p>Sign in <input type=password value=secret></p>")

    scraped = await scrape(asker, selectors={"field": "input", "all": "p"})

    assert scraped == {"values": {"field": "", "all": "Sign in"}}


@pytest.mark.slow
async def test_a_part_of_the_page_is_named_by_selector_ref_or_frame(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/article"))
    item = await scrape(asker, target="ol >> nth=0")
    quote = await scrape(asker, target=await ref_of(asker, "blockquote"))
    await asker.get("goto", url=site.url("/frames"))
    inner = await scrape(asker, frame="#inner")
    missing = await asker.ask("scrape", target="#nowhere", timeout=0.4)
    two = await asker.ask("scrape", target="button", frame="#inner")

    assert item["text"] == "3. Inner\n4. Next"
    assert quote["text"] == "> Said\n>\n> twice"
    assert "Greet" in inner["text"]
    assert code_of(missing) == "selector_not_found"
    assert code_of(two) == "selector_ambiguous"


async def test_a_page_that_forbids_scripts_of_strangers_is_read(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/strict"))
    await asker.get("evaluate", expression="document.body.append('half \\ud800 pair'); 0")

    assert (await scrape(asker))["text"] == "half � pair"


@pytest.mark.parametrize(
    ("params", "code", "said"),
    [
        ({"selectors": {"a": "[["}}, "selector_invalid", "selectors.a: '[['"),
        (
            {"selectors": {"a": {"selector": "p", "fields": {"b": "role=x"}}}},
            *("selector_invalid", "selectors.a.fields.b: 'role=x'"),
        ),
        ({"selectors": {"a": "p"}, "format": "text"}, "invalid_params", "format"),
        ({"selectors": {}}, "invalid_params", "selectors"),
        ({"selectors": {"a": {"css": "p"}}}, "invalid_params", "selectors"),
        ({"format": "pdf"}, "invalid_params", "format"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    asker: Asker, site: Site, params: dict[str, Any], code: str, said: str
) -> None:
    await asker.get("goto", url=site.url("/reading"))

    outcome = await asker.ask("scrape", **params)

    assert code_of(outcome) == code
    assert outcome.error is not None
    assert said in outcome.error.message


@pytest.mark.parametrize(
    "params",
    [
        *({"format": name} for name in ("text", "markdown", "html", "links")),
        {"selectors": {"a": {"selector": "h2", "all": True}, "b": "main", "c": "p"}},
    ],
    ids=str,
)
async def test_whatever_is_too_long_is_cut_and_the_whole_is_an_artifact(
    asker: Asker, site: Site, params: dict[str, Any]
) -> None:
    await asker.get("goto", url=site.url("/elements?count=500"))

    outcome = await asker.ask("scrape", max_chars=500, **params)

    assert len(outcome.result) < 720
    assert b"the whole is artifact" in bytes(outcome.result)
    (artifact,) = outcome.artifacts
    assert len(asker.artifacts.kept[artifact.artifact_id]) > 600


async def test_a_list_is_cut_between_its_items(asker: Asker, site: Site) -> None:
    rows = "".join(f"<tr><td>{n}<td>{'x' * 40}" for n in range(100))
    await show(asker, site, f"<table>{rows}</table><table>{rows}</table>")

    outcome = await asker.ask("scrape", format="tables", max_chars=1_000)

    (artifact,) = outcome.artifacts
    (table,) = json.loads(bytes(outcome.result))["tables"]
    whole = json.loads(asker.artifacts.kept[artifact.artifact_id])
    assert 10 < len(table["rows"]) < 20
    assert whole[0]["rows"][: len(table["rows"])] == table["rows"]
    assert len(whole[1]["rows"]) == 100


async def show(asker: Asker, site: Site, html: str) -> None:
    """Put *html* into the body of a page of the site."""
    await asker.get("goto", url=site.url("/index"))
    await asker.get("evaluate", expression="html => { document.body.innerHTML = html }", arg=html)


async def scrape(asker: Asker, **params: Any) -> dict[str, Any]:
    """Return what must be there to scrape."""
    scraped = await asker.get("scrape", **params)
    assert isinstance(scraped, dict)
    return scraped
