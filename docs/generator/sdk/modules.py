"""The generated files of the SDK, whole and formatted."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from agent_runtime.actions.registry import ActionRegistry
from agent_runtime.actions.schemas import json_schema
from agent_runtime.actions.vocabulary import standard_registry
from docs.generator.schemas import description
from docs.generator.sdk.types import (
    Declaration,
    Field,
    ParamTypes,
    ResultTypes,
    Types,
    camel,
    identifier,
)
from docs.generator.sdk.verbs import UnfitName, docstring, method
from docs.generator.source import ROOT
from xagent_client import models
from xagent_client.agent_verbs import AgentVerbs
from xagent_protocol.messages import ActionSpec

FOLDER: Final = "xagent_client/actions"
RESULTS: Final = "xagent_client/results.py"
PARAMS: Final = "xagent_client/params.py"

_NOTE: Final = (
    "Made from the agents' own actions by `python -m docs.generator`: edit those, not this."
)
_OWN: Final = frozenset({*vars(AgentVerbs), "agent_id", "perform"})
"""What a handle on an agent has beside the actions."""

_SHARED: Final = 5
"""A description that so many params have is told once, for all of them."""


def modules(registry: ActionRegistry | None = None) -> dict[str, str]:
    """Return every generated file by its path below the repository.

    Raises:
        UnfitName: an action or a param is called like something that every verb has.
    """
    registry = registry or standard_registry()
    specs = registry.specs()
    for spec in specs:
        if spec.name in _OWN:
            raise UnfitName(f"the action {spec.name}: a handle on an agent has that already")
    params, results = ParamTypes(), ResultTypes(_known())
    shared = _shared(specs)
    families = registry.families()
    files = {
        f"{FOLDER}/{family}.py": _family(
            family, about, [s for s in specs if s.family == family], params, results, shared
        )
        for family, about in families.items()
    }
    files[f"{FOLDER}/__init__.py"] = _package()
    files[f"{FOLDER}/every.py"] = _every(families, specs, shared)
    files[RESULTS] = _results(results)
    files[PARAMS] = _params(params)
    return _formatted(files)


def stale_modules(*, write: bool = False) -> list[str]:
    """Return the generated files that differ from what the code says; *write* mends them."""
    wanted = modules()
    present = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in (*(ROOT / FOLDER).glob("*.py"), ROOT / RESULTS, ROOT / PARAMS)
        if path.exists()
    }
    stale = sorted(name for name in {*wanted, *present} if wanted.get(name) != present.get(name))
    for name in stale if write else ():
        if name in wanted:
            (ROOT / name).parent.mkdir(exist_ok=True)
            (ROOT / name).write_text(wanted[name], encoding="utf-8")
        else:
            (ROOT / name).unlink()
    return stale


def _known() -> dict[str, dict[str, Any]]:
    """Return the schemas of the types that the API shows anyway, and that actions answer too."""
    return {
        name: json_schema(getattr(models, name))
        for name in ("ArtifactRef", "CommandError", "DialogState", "PageState", "PageSummary")
    }


def _shared(specs: Iterable[ActionSpec]) -> dict[str, str]:
    """Return what is said of many params, and the name that they go by."""
    told = [
        (description(each), name)
        for spec in specs
        for name, each in spec.params.get("properties", {}).items()
    ]
    count = Counter(told)
    return {text: name for (text, name), times in count.items() if text and times >= _SHARED}


def _family(
    family: str,
    about: str,
    specs: list[ActionSpec],
    params: ParamTypes,
    results: ResultTypes,
    shared: Mapping[str, str],
) -> str:
    methods = "\n\n".join(_indented(method(each, params, results, shared)) for each in specs)
    body = f'class {_class(family)}(Asking):\n    """{about}"""\n\n{methods}\n'
    return _module(about, body, inside="xagent_client.asking import Asking, How")


def _package() -> str:
    return (
        f'"""Every standard action as a method, a family a file.\n\n{_NOTE}\n"""\n\n'
        "from __future__ import annotations\n\n"
        "from xagent_client.actions.every import ActionVerbs\n\n"
        '__all__ = ["ActionVerbs"]\n'
    )


def _every(
    families: Mapping[str, str], specs: Iterable[ActionSpec], shared: Mapping[str, str]
) -> str:
    index = "\n".join(
        f"    {family}.py: {', '.join(each.name for each in specs if each.family == family)}"
        for family in families
    )
    about = f"All families in one class, and where each verb stands.\n\n{index}\n\n{_NOTE}"
    named = "\n".join(f"    {name}: {text}" for text, name in shared.items())
    contract = (
        "Every standard action: each returns what it found, and raises if it failed.\n\n"
        "Params and what they mean are those of the agent's own actions of the same names. What "
        "the caller leaves out is not sent, so that the agent's defaults hold. What many have:\n\n"
        f"{named}"
    )
    imports = "\n".join(
        f"from xagent_client.actions.{family} import {_class(family)}"
        for family in sorted(families)
    )
    bases = ", ".join(_class(family) for family in families)
    return (
        f"{docstring(about, 0)}\n\nfrom __future__ import annotations\n\n{imports}\n\n\n"
        f"class ActionVerbs({bases}):\n{_indented(docstring(contract, 1))}\n"
    )


def _results(types: ResultTypes) -> str:
    structs = "\n\n\n".join(_struct(each, types) for each in types.declarations.values())
    by_hand = ", ".join(f"{name} as {name}" for name in sorted(types.used_by_hand))
    imports = f"from xagent_client.models import {by_hand}\n" if by_hand else ""
    return _module(
        "What the actions answer, as frozen values.\n\n"
        "What a newer agent says more is passed over; what may be null may be missing.",
        structs,
        third="import msgspec\n",
        own=imports,
    )


def _params(types: ParamTypes) -> str:
    mappings = "\n\n\n".join(_typed_dict(each, types) for each in types.declarations.values())
    return _module("What actions take that is more than a plain value.", mappings)


def _struct(one: Declaration, types: Types) -> str:
    tag = f', tag_field="{one.tag[0]}", tag="{one.tag[1]}"' if one.tag else ""
    lines = [f"class {one.name}(msgspec.Struct, frozen=True, kw_only=True{tag}):"]
    lines.append(_indented(docstring(one.about or f"{one.name}.", 1)))
    lines.append("")
    told: set[str] = set()
    for each in one.fields:
        lines.append(f"    {identifier(each.name)}: {each.annotation}{_assigned(each)}")
        lines += _told(each, types, told)
    return "\n".join(lines)


def _assigned(field: Field) -> str:
    if identifier(field.name) == field.name:
        return "" if field.default is None else f" = {field.default}"
    default = "" if field.default is None else f"default={field.default}, "
    return f' = msgspec.field({default}name="{field.name}")'


def _typed_dict(one: Declaration, types: Types) -> str:
    if any(identifier(each.name) != each.name for each in one.fields):
        members = ", ".join(f'"{each.name}": {_quoted(each.annotation)}' for each in one.fields)
        about = docstring(one.about or f"{one.name}.", 0)
        return f'{one.name} = TypedDict("{one.name}", {{{members}}})\n{about}'
    lines = [f"class {one.name}(TypedDict):", _indented(docstring(one.about or f"{one.name}.", 1))]
    lines.append("")
    told: set[str] = set()
    for each in one.fields:
        lines.append(f"    {each.name}: {each.annotation}")
        lines += _told(each, types, told)
    return "\n".join(lines)


def _quoted(annotation: str) -> str:
    # Outside of a class annotations are evaluated at once, and a later type is not there yet.
    return repr(annotation)


def _told(field: Field, types: Types, told: set[str]) -> list[str]:
    """Return what is said of a field, unless its type says it, or a field before it did."""
    if not field.about or field.about in told or types.says(field.about):
        return []
    told.add(field.about)
    return [_indented(docstring(field.about, 1))]


def _module(about: str, body: str, *, third: str = "", own: str = "", inside: str = "") -> str:
    """Return a file with the imports that *body* needs."""
    collections = [name for name in ("Mapping", "Sequence") if f"{name}[" in body]
    typing = [
        name
        for name in ("Any", "Literal", "NotRequired", "TypedDict", "Unpack")
        if _uses(body, name)
    ]
    standard = ""
    if collections:
        standard += f"from collections.abc import {', '.join(collections)}\n"
    if typing:
        standard += f"from typing import {', '.join(typing)}\n"
    if inside:
        sides = [name for name in ("params", "results") if f"{name}." in body]
        own += f"from xagent_client import {', '.join(sides)}\n" if sides else ""
        own += f"from {inside}\nfrom xagent_client.exchange import Call\n"
        own += "from xagent_client.verbs import verb\n"
    imports = "\n".join(part for part in (standard, third, own) if part)
    heading = docstring(f"{about}\n\n{_NOTE}", 0)
    return f"{heading}\n\nfrom __future__ import annotations\n\n{imports}\n\n{body}\n"


def _uses(body: str, name: str) -> bool:
    return any(f"{before}{name}" in body for before in (" ", "[", "(", "="))


def _class(family: str) -> str:
    return f"{camel(family)}Actions"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines())


def _formatted(files: Mapping[str, str]) -> dict[str, str]:
    """Return *files* as the formatter leaves them; one run for all."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        ruff = [sys.executable, "-m", "ruff", "format", "--quiet", "--no-cache"]
        config = ["--config", str(ROOT / "pyproject.toml")]
        subprocess.run([*ruff, *config, name], check=True)
        return {path: (folder / path).read_text(encoding="utf-8") for path in files}
