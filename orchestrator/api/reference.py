"""The pages' HTML: every operation, every error and every type of the OpenAPI document.

Whatever stands in the document is text and is escaped; only backticks mean something in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from orchestrator.api.announced import is_of_an_action, without_actions
from orchestrator.api.bulk import LINES
from orchestrator.api.fragments import fields, properties, prose, shell, type_of
from orchestrator.api.openapi import Json
from orchestrator.api.reference_actions import actions_links, actions_section
from orchestrator.api.stylesheet import STYLESHEET
from orchestrator.errors import Refusal

_PLACEHOLDER: Final = re.compile(r"{(\w+)}")
_BASE_URL: Final = "http://127.0.0.1:8000"
_PROBLEM: Final = "application/problem+json"

_AUTHENTICATION: Final = (
    "Every call but the health checks and these pages needs a token, on this machine too, "
    "because any web page can reach it. The orchestrator made yours at its first start: "
    "`xagent token` prints it. It goes into a header, never into a URL."
)
_CONVENTIONS: Final = (
    "JSON in, JSON out. Times are RFC 3339 in UTC, durations are seconds. An unknown field is "
    "refused with the name that was probably meant. Lists come in pages: hand `next_cursor` back "
    "as `cursor`. A command keeps its `request_id` for ever: send the same one again and you are "
    "attached to the first command, so a retry after a lost answer never acts twice."
)
_ERRORS: Final = (
    "A refusal is a problem document (RFC 9457) of the media type `application/problem+json`. "
    "Programs look at `code`, which never changes; people read `detail`; `errors` names the "
    "fields at fault. A command that was taken but did not succeed is no refusal: it is answered "
    "with 200, and its `state` and `error` say what happened."
)


def render(document: Json, refusals: Sequence[type[Refusal]]) -> str:
    """Return the whole page."""
    information = document["info"]
    title = f"{information['title']} {information['version']}"
    return "".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{escape(title)} · API</title><style>{STYLESHEET}</style></head><body>",
            '<a class="skip" href="#content">Skip to content</a>',
            '<a class="upwards" href="#contents">Contents</a>',
            *_navigation(document),
            '<main id="content">',
            *_overview(document),
            *(part for tag in document["tags"] for part in _section(tag, document)),
            *actions_section(document),
            *_errors(refusals),
            *_types(document),
            "</main></body></html>",
        ]
    )


def _navigation(document: Json) -> Iterator[str]:
    links = "".join(_navigation_links(document))
    yield '<aside id="contents"><a class="brand" href="#content">'
    yield '<span class="mark" aria-hidden="true"></span>Xagent <small>API</small></a>'
    yield f'<nav class="wide" aria-label="Contents">{links}</nav>'
    yield f'<details class="narrow"><summary>Contents</summary><nav>{links}</nav></details>'
    yield "</aside>"


def _navigation_links(document: Json) -> Iterator[str]:
    yield '<p>Basics</p><ul><li><a href="#authentication">Authentication</a></li>'
    yield '<li><a href="#conventions">Conventions</a></li>'
    yield '<li><a href="#errors">Errors</a></li><li><a href="#types">Types</a></li></ul>'
    for tag in document["tags"]:
        yield f"<p>{escape(tag['name'])}</p><ul>"
        for method, _, operation in _operations(document, tag["name"]):
            yield f'<li><a href="#{operation["operationId"]}">{_verb(method)}'
            yield f"<span>{escape(operation['summary'])}</span></a></li>"
        yield "</ul>"
    yield from actions_links(document)


def _overview(document: Json) -> Iterator[str]:
    information = document["info"]
    yield f'<header class="hero"><p class="eyebrow">Version {escape(information["version"])}</p>'
    yield f"<h1>{escape(information['summary'])}</h1>"
    yield f'<p class="lead">{prose(information["description"])}</p>'
    yield '<p class="actions"><a class="button" href="#submit_command">Ask an agent to act</a>'
    yield '<a class="button quiet" href="/openapi.json">OpenAPI document</a></p></header>'
    yield f'<section id="authentication"><h2>Authentication</h2><p>{prose(_AUTHENTICATION)}</p>'
    yield shell(
        f'export XAGENT_TOKEN="$(xagent token)"\n'
        f'curl {_BASE_URL}/api/agents \\\n  -H "Authorization: Bearer $XAGENT_TOKEN"'
    )
    yield '</section><section id="conventions"><h2>Conventions</h2>'
    yield f"<p>{prose(_CONVENTIONS)}</p></section>"


def _section(tag: Json, document: Json) -> Iterator[str]:
    yield f"<section><h2>{escape(tag['name'])}</h2>"
    yield f'<p class="about">{prose(tag["description"])}</p>'
    for method, path, operation in _operations(document, tag["name"]):
        yield from _operation(method, path, operation, document)
    yield "</section>"


def _operation(method: str, path: str, operation: Json, document: Json) -> Iterator[str]:
    name = operation["operationId"]
    yield f'<article id="{name}"><h3><a href="#{name}">{escape(operation["summary"])}</a></h3>'
    shown = _PLACEHOLDER.sub(r"<i>{\1}</i>", escape(path).replace("/", "/<wbr>"))
    yield f'<p class="call">{_verb(method)}<code>{shown}</code>'
    yield f'<span class="key">{_key(operation)}</span></p>'
    yield f"<p>{prose(operation['description'])}</p>"
    if parameters := operation.get("parameters"):
        yield "<h4>Parameters</h4>"
        yield fields(
            (each["name"], each["schema"], each["required"], each.get("description", ""), where)
            for each in parameters
            for where in [each["in"]]
        )
    content = operation.get("requestBody", {}).get("content", {})
    if schema := content.get("application/json", {}).get("schema"):
        yield "<h4>Body</h4>"
        yield properties(_resolve(without_actions(schema, document), document))
    yield f"<h4>Example</h4>{shell(_curl(method, path, operation))}"
    yield f"<h4>Answers</h4>{''.join(_answers(operation, document))}</article>"


def _answers(operation: Json, document: Json) -> Iterator[str]:
    yield '<dl class="answers">'
    for status, response in operation["responses"].items():
        [(media_type, content)] = response["content"].items()
        yield f'<dt class="s{status[0]}">{status}</dt><dd>{prose(response["description"])}'
        if media_type != _PROBLEM:
            kind = f"<code>{escape(media_type)}</code>"
            if "schema" in content:
                kind = type_of(without_actions(content["schema"], document))
            yield f' <span class="kind">{kind}</span>'
        yield "</dd>"
    yield "</dl>"


def _errors(refusals: Sequence[type[Refusal]]) -> Iterator[str]:
    yield f'<section id="errors"><h2>Errors</h2><p>{prose(_ERRORS)}</p>'
    yield '<div class="fields">'
    for refusal in sorted(refusals, key=lambda each: (each.status, each.code)):
        meaning = (refusal.__doc__ or "").partition("\n")[0]
        yield f'<div class="field" id="{refusal.code}"><div><code>{refusal.code}</code>'
        yield f'<span class="kind">{refusal.status}</span></div><p>{prose(meaning)}</p></div>'
    yield "</div></section>"


def _types(document: Json) -> Iterator[str]:
    yield '<section id="types"><h2>Types</h2>'
    for name, schema in document["components"]["schemas"].items():
        if is_of_an_action(name):
            continue
        yield f'<article id="type-{name}"><h3><a href="#type-{name}">{escape(name)}</a></h3>'
        yield f"<p>{prose(schema.get('description', ''))}</p>"
        # What is answered is always there, so only what is asked for says "required".
        is_asked = name.endswith("Request")
        shown = schema if is_asked else {**schema, "required": ()}
        yield properties(shown) if "properties" in schema else f"<p>{type_of(schema)}</p>"
        yield "</article>"
    yield "</section>"


def _curl(method: str, path: str, operation: Json) -> str:
    examples = {
        each["name"]: each["schema"].get("examples", ["…"])[0]
        for each in operation.get("parameters", ())
        if each["in"] == "path"
    }
    url = _BASE_URL + _PLACEHOLDER.sub(lambda match: str(examples[match[1]]), path)
    lines = [f"curl {url}" if method == "get" else f"curl -X {method.upper()} {url}"]
    for scheme in [name for option in operation["security"][:1] for name in option]:
        token = "$XAGENT_TOKEN" if scheme == "user" else "$ENROLMENT_TOKEN"
        lines.append(f'-H "Authorization: Bearer {token}"')
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        lines.append('-H "Content-Type: application/json"')
        lines.append(f"-d '{json.dumps(content['application/json'].get('example', {}))}'")
    elif LINES in content:
        lines += [f'-H "Content-Type: {LINES}"', "--data-binary @commands.ndjson"]
    elif content:
        lines += ['-H "Content-Type: image/png"', "--data-binary @shot.png"]
    return " \\\n  ".join(lines)


def _operations(document: Json, tag: str) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation["tags"]:
                yield method, path, operation


def _resolve(schema: Json, document: Json) -> Json:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    resolved: Json = document["components"]["schemas"][reference.rpartition("/")[2]]
    return resolved


def _key(operation: Json) -> str:
    names = [name for option in operation["security"] for name in option]
    return f"{' or '.join(names)} token" if names else "no token"


def _verb(method: str) -> str:
    return f'<b class="verb {method}">{method.upper()}</b>'
