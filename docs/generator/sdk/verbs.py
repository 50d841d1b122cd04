"""One action as a method of the SDK: its signature, its contract, and how its answer is read."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator, Mapping
from typing import Final, get_type_hints

from docs.generator.schemas import Schema, description
from docs.generator.sdk.types import ParamTypes, ResultTypes, camel, identifier
from xagent_client.asking import How
from xagent_protocol.messages import ActionSpec

WIDTH: Final = 100

_BYTES: Final = frozenset({"screenshot", "pdf"})
"""What their callers want is the bytes; of any other action, the artifact's id."""

_FOLLOWING: Final = frozenset({"value", "arg"})
"""Params that stand behind the required ones, though they may be left out."""

_TAKEN: Final = frozenset({"self", "how", "results", *get_type_hints(How)})
"""Names that a method has for itself, or takes for every action."""

_IN_ONE_LINE: Final = 4
"""How many parameters are still read at a glance, `self` and the keywords of all included."""

_RAISES: Final[Mapping[str, Mapping[str, str]]] = {
    "wait_until": {"NavigationFailed": "with the browser's own network error."},
    "target": {
        "SelectorNotFound": "nothing matches.",
        "SelectorAmbiguous": "more than one element does.",
        "StaleRef": "the ref's document is gone.",
    },
    "expression": {"EvaluationFailed": "it threw; the details have the stack."},
}
"""What to expect of an action that has a param of this name."""


class UnfitName(Exception):
    """A param or an action is called like something that every method has already."""


def method(
    spec: ActionSpec, params: ParamTypes, results: ResultTypes, told_once: Collection[str]
) -> str:
    """Return the source of the method for *spec*, whose types are declared on both sides.

    Descriptions of params among *told_once* stand elsewhere.

    Raises:
        UnfitName: a param cannot be called as it is.
    """
    for name in spec.params.get("properties", {}):
        if name in _TAKEN or identifier(name) != name:
            raise UnfitName(f"the param {name!r} of {spec.name}: every verb of the SDK has that")
    returns, how_read, kind = _answer(spec, results)
    given = ", ".join(f'"{name}": {name}' for name in spec.params.get("properties", {}))
    arguments = [f'"{spec.name}"', f"{{{given}}}", "how", *([kind] if kind else [])]
    parameters = list(_parameters(spec, params))
    # A comma at the end has the formatter put each on a line of its own.
    comma = "," if len(parameters) > _IN_ONE_LINE else ""
    lines = [
        "@verb",
        f"def {spec.name}({', '.join(parameters)}{comma}) -> Call[{returns}]:",
        textwrap.indent(docstring(_contract(spec, params, told_once), 2), "    "),
        f"    return self.{how_read}({', '.join(arguments)})",
    ]
    return "\n".join(lines)


def docstring(text: str, depth: int) -> str:
    """Return *text* as a docstring that stands *depth* levels deep."""
    quoted = text.replace('"""', "'''").strip()
    if "\\" in quoted:
        mark = 'r"""'
    else:
        mark = '"""'
    summary, *rest = quoted.split("\n\n")
    # A summary is one line, however long; the linter is told so.
    summary = " ".join(summary.splitlines())
    wrapped = "\n\n".join([summary, *(_wrapped(part, WIDTH - 4 * depth) for part in rest)])
    if wrapped.endswith('"'):
        wrapped += " "
    return f'{mark}{wrapped}\n"""' if "\n" in wrapped else f'{mark}{wrapped}"""'


def _parameters(spec: ActionSpec, types: ParamTypes) -> Iterator[str]:
    properties: Mapping[str, Schema] = spec.params.get("properties", {})
    required = [name for name in properties if name in spec.params.get("required", ())]
    optional = [name for name in properties if name not in required]
    yield "self"
    for name in required:
        yield f"{name}: {types.annotation(properties[name], _hint(spec, name), 'params.')}"
    by_position = _by_position(spec, required, optional)
    if by_position is not None:
        optional.remove(by_position)
        optional.insert(0, by_position)
    for place, name in enumerate(optional):
        if place == (by_position is not None):
            yield "*"
        kind = types.optional(properties[name], _hint(spec, name), "params.")
        yield f"{name}: {kind} = None"
    yield "**how: Unpack[How]"


def _by_position(spec: ActionSpec, required: list[str], optional: list[str]) -> str | None:
    """Return the one param that may be left out, and yet is meant when it is not named."""
    if not optional:
        return None
    first = optional[0]
    if required:
        return first if first in _FOLLOWING else None
    return first if _takes_free_text(spec.params["properties"][first]) else None


def _takes_free_text(schema: Schema) -> bool:
    kinds = [schema, *schema.get("anyOf", ())]
    return any(each.get("type") == "string" and "enum" not in each for each in kinds)


def _answer(spec: ActionSpec, types: ResultTypes) -> tuple[str, str, str]:
    """Return what the method returns, what reads it, and the type that it is read as."""
    if spec.name in _BYTES:
        return "bytes", "_bytes", ""
    kind = types.annotation(spec.result, camel(spec.name), "results.")
    is_cut = _is_cut(spec)
    match kind:
        case "None":
            return kind, "_nothing", ""
        case "Any":
            return kind, "_value", ""
        case "str" if is_cut:
            return kind, "_text", ""
    if " | " in kind or kind.startswith("Literal"):
        # No class, so what reads it cannot tell a type checker what comes of it.
        return kind, "_any_of", kind
    return kind, "_uncut" if is_cut and kind.startswith("results.") else "_result", kind


def _contract(spec: ActionSpec, types: ParamTypes, told_once: Collection[str]) -> str:
    parts = [spec.description]
    properties: Mapping[str, Schema] = spec.params.get("properties", {})
    if spec.name in _BYTES:
        parts.append(
            f"It returns the bytes; `run({spec.name!r})` leaves them at the orchestrator and "
            "tells their `ArtifactRef`.".replace("'", '"')
        )
    if _is_cut(spec):
        parts.append("It comes whole, however long, unless *max_chars* says where to cut it.")
    told = {
        name: " ".join(text.split())
        for name, text in ((name, description(each)) for name, each in properties.items())
        if text and text not in told_once and not types.says(text)
        if not (name == "max_chars" and _is_cut(spec))
    }
    if told:
        parts.append(_listed("Args:", told))
    raised = {error: why for name in properties for error, why in _RAISES.get(name, {}).items()}
    if raised:
        parts.append(_listed("Raises:", raised))
    return "\n\n".join(parts)


def _is_cut(spec: ActionSpec) -> bool:
    """Say whether its text is cut in the answer, the whole being an artifact then."""
    param = spec.params.get("properties", {}).get("max_chars", {})
    return "artifact" in description(param)


def _listed(title: str, entries: Mapping[str, str]) -> str:
    return "\n".join([title, *(f"    {name}: {text}" for name, text in entries.items())])


def _wrapped(paragraph: str, width: int) -> str:
    """Fill what is too wide; lines that are further in stay lines of their own."""
    lines = paragraph.splitlines()
    if all(len(line) <= width for line in lines):
        return paragraph
    if any(line.startswith(" ") for line in lines[1:]):
        return "\n".join(_filled(line, width) for line in lines)
    return _filled(" ".join(lines), width)


def _filled(line: str, width: int) -> str:
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.fill(
        line,
        width,
        subsequent_indent=f"{indent}    " if indent else "",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _hint(spec: ActionSpec, name: str) -> str:
    return camel(spec.name) + camel(name)
