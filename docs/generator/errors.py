"""The page of errors: every code there is, from the classes and the enum that define them.

What a code means for HTTP stands in its class. What to do about it stands here, because it is
advice and no part of any program; a code without advice fails the generator, and so the tests.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Final

from docs.generator.advice import COMMAND_CODES, HTTP_CODES
from docs.generator.markdown import code, prose, table
from docs.generator.source import is_used
from orchestrator.errors import Refusal
from xagent_protocol.errors import ErrorCode

_UNUSED: Final = "**Reserved; nothing sends it yet.** "


def of_http() -> str:
    """Every refusal."""
    rows = []
    for kind in sorted(_refusals(), key=lambda one: (one.status, one.code)):
        meaning = prose((inspect.getdoc(kind) or "").partition("\n\n")[0])
        note = "" if is_used(f"{kind.__name__}(", "orchestrator") else _UNUSED
        rows.append((code(kind.code), str(kind.status), note + meaning, HTTP_CODES[kind.code]))
    return table(("code", "status", "means", "what to do"), rows)


def of_commands() -> str:
    """Every code of a command that did not succeed."""
    rows = []
    for one in ErrorCode:
        meaning, advice = COMMAND_CODES[one]
        used = is_used(f"ErrorCode.{one.name}", "agent_runtime", "orchestrator")
        rows.append((code(one.value), ("" if used else _UNUSED) + meaning, advice))
    return table(("code", "means", "what to do"), rows)


def _refusals(of: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for kind in of.__subclasses__():
        yield kind
        yield from _refusals(kind)
