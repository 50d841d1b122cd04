"""The part of the pages that shows the agents' actions: each is a line, to be opened.

All of it was told by agents, so all of it is text, and escaped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape
from itertools import zip_longest
from typing import Final

from orchestrator.api.announced import (
    EXTENSION,
    actions_of,
    params_of,
    result_of,
)
from orchestrator.api.fragments import meaning, properties, prose, shell, type_of
from orchestrator.api.openapi import Json

_ABOUT: Final = (
    "What the agents that enrolled here can do, as they announced it themselves. One agent may "
    "offer less or more: ask it with `GET /api/agents/{agent_id}/actions`. Actions of your own "
    "packages stand in `/openapi.json` for whoever sends the token, and not for strangers."
)
_NONE: Final = "No agent has announced any action yet."
_LINE: Final = 80
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_-]")


def actions_section(document: Json) -> Iterator[str]:
    """Yield the section; it is there without any action, too, so that links to it lead there."""
    yield f'<section id="actions"><h2>Actions</h2><p>{prose(_ABOUT)}</p>'
    families = _families(document)
    if not families:
        yield f"<p>{_NONE}</p>"
    for family, members in families.items():
        yield f'<article class="family" id="{_family_anchor(family)}">'
        yield f"<h3>{escape(family)}</h3>"
        for name, request in members:
            yield from _action(name, request, document)
        yield "</article>"
    yield "</section>"


def actions_links(document: Json) -> Iterator[str]:
    """Yield the entries of the table of contents."""
    families = _families(document)
    if families:
        yield "<p>Actions</p><ul>"
        for family in families:
            yield f'<li><a href="#{_family_anchor(family)}"><span>{escape(family)}</span></a></li>'
        yield "</ul>"


def _action(name: str, request: Json, document: Json) -> Iterator[str]:
    first, *more = str(request["description"]).split("\n\n")
    told = request[EXTENSION]
    yield f"<details><summary><code>{escape(name)}</code> <span>{prose(first)}</span></summary>"
    # A link to what is within opens it; a link to the element itself would not.
    yield f'<div id="{_anchor(name)}">'
    for paragraph in more:
        yield f"<p>{prose(paragraph)}</p>"
    kind = "It only reads" if told["reads"] else "It writes"
    where = "acts on one page, in turn" if told["on_page"] else "is not held up by any page"
    package = f" It came with the package `{told['package']}`." if told["package"] else ""
    yield f"<p>{prose(f'{kind}, and {where}.{package}')}</p>"
    sides = list(zip_longest(params_of(request, document), result_of(request, document)))
    for number, (params, result) in enumerate(sides, 1):
        version = f" ({number} of {len(sides)})" if len(sides) > 1 else ""
        if params and params.get("properties"):
            yield f"<h4>Params{version}</h4>{properties(params)}"
        yield f"<h4>Result{version}</h4>"
        yield from _result(result or {})
    yield from _example(name, params_of(request, document)[0])
    yield "</div></details>"


def _result(schema: Json) -> Iterator[str]:
    if schema.get("type") == "null":
        yield "<p>Nothing.</p>"
    elif schema.get("properties"):
        yield f"<p>{prose(meaning(schema))}</p>{properties({**schema, 'required': ()})}"
    else:
        yield f'<p><span class="kind">{type_of(schema)}</span> {prose(meaning(schema))}</p>'


def _example(name: str, params: Json) -> Iterator[str]:
    for example in params.get("examples", ())[:1]:
        body = {"action": name, "params": example} if example else {"action": name}
        text = json.dumps(body, ensure_ascii=False)
        if len(text) > _LINE:
            text = json.dumps(body, ensure_ascii=False, indent=2)
        yield f"<h4>Example body</h4>{shell(text)}"


def _families(document: Json) -> dict[str, list[tuple[str, Json]]]:
    families: dict[str, list[tuple[str, Json]]] = {}
    for name, request in actions_of(document):
        families.setdefault(str(request[EXTENSION]["family"]), []).append((name, request))
    return families


def _anchor(name: str) -> str:
    return f"action-{_UNFIT.sub('_', name)}"


def _family_anchor(family: str) -> str:
    return f"family-{_UNFIT.sub('_', family)}"
