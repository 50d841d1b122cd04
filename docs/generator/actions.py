"""The page of actions, from the registry that an agent announces."""

from __future__ import annotations

from typing import Final

from agent_runtime.actions.vocabulary import standard_registry
from docs.generator.markdown import code, codes, prose, table
from docs.generator.schemas import description, fields, words
from xagent_protocol.messages import ActionSpec

_FAMILIES: Final = {
    "navigate": "Going somewhere.",
    "pages": "Which pages there are. None of these waits for a page that hangs.",
    "read": "Reading what is on a page.",
    "act": "Acting as a person would. Each waits until the element can be acted on.",
    "wait": "Waiting for something to be so.",
    "script": "JavaScript in the page.",
    "dialogs": "The dialogs of pages. None of these waits for the page, which a dialog stops.",
    "secrets": "Typing what only the agent knows. No answer ever holds it.",
    "artifacts": "What becomes bytes.",
    "network": "What pages ask of the network, and what becomes of it. Reading waits for no page.",
    "console": "What scripts say and fail with. Neither waits for the page.",
    "state": "What sites keep in the browser, and what they may do.",
    "emulate": "Another device, language, time zone or place.",
    "agent": "The browser itself.",
    "batch": "Several actions in one round trip.",
}


def names() -> str:
    """Every action in one paragraph."""
    return codes(spec.name for spec in _specs()) + "."


def reference() -> str:
    """Every action in full, by its family."""
    parts = []
    for family, about in _FAMILIES.items():
        parts.append(f"## {family.capitalize()}\n\n{about}")
        parts += [_action(spec) for spec in _specs() if spec.family == family]
    return "\n\n".join(parts)


def _specs() -> list[ActionSpec]:
    specs = standard_registry().specs()
    families = list(_FAMILIES)
    return sorted(specs, key=lambda spec: families.index(spec.family))


def _action(spec: ActionSpec) -> str:
    kind = "Reads" if spec.reads else "Writes"
    where = "on one page, in turn with its other commands" if spec.on_page else "runs at once"
    parts = [
        f"### {spec.name}",
        f"{prose(spec.description)}",
        f"{kind}; {where}.",
    ]
    rows = [
        (code(name), words(field), note, prose(description(field)))
        for name, field, note in fields(spec.params)
    ]
    parts.append(table(("param", "type", "default", "means"), rows) if rows else "No params.")
    parts.append(f"Result: {_result(spec)}.")
    return "\n\n".join(parts)


def _result(spec: ActionSpec) -> str:
    if "properties" not in spec.result:
        return words(spec.result)
    parts = [f"`{name}` ({words(field)})" for name, field, _ in fields(spec.result)]
    return f"an object of {', '.join(parts)}"
