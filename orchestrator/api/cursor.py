"""Where a page ended: the key of its last row, as text that callers hand back.

Its form is told in the document, so that what is none is refused like any other bad field; what
it means is not, and may change.
"""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from orchestrator.store.records import AgentRecord, ArtifactRecord
from xagent_protocol.ids import AGENT_ID_PATTERN

_DESCRIPTION: Final = "`next_cursor` of the page before."

AgentCursor = Annotated[
    Annotated[str, Meta(pattern=AGENT_ID_PATTERN)] | None, Meta(description=_DESCRIPTION)
]
CommandCursor = Annotated[
    Annotated[str, Meta(pattern="^[0-9]{1,15}$")] | None,
    Meta(description=_DESCRIPTION),
]

ArtifactCursor = Annotated[
    Annotated[str, Meta(pattern="^[0-9a-f-]{36}$")] | None,
    Meta(description=_DESCRIPTION),
]


def after_agent(agent: AgentRecord) -> str:
    """Return the cursor of a page that ends with *agent*."""
    return agent.agent_id


def after_command(before: int | None) -> str | None:
    """Return the cursor of a page after which the next one goes on before that place."""
    return None if before is None else str(before)


def after_artifact(artifact: ArtifactRecord) -> str:
    """Return the cursor of a page that ends with *artifact*."""
    return artifact.artifact_id


def command_key(cursor: str | None) -> int | None:
    """Return the place of the last command of the page before."""
    return None if cursor is None else int(cursor)
