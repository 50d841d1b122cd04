"""Where an action puts bytes, and gets them from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from xagent_protocol.ids import RequestId
from xagent_protocol.outcomes import ArtifactRef


@dataclass(frozen=True)
class Fetched:
    """An artifact's bytes in a file of ours; *name* is what its maker called it."""

    path: Path
    name: str
    content_type: str
    size: int


class ArtifactStore(Protocol):
    """Takes bytes, answers how they are found again, and gives them back."""

    async def put(
        self,
        content: bytes | Path,
        *,
        content_type: str,
        name: str,
        request_id: RequestId | None,
    ) -> ArtifactRef:
        """Keep *content*, of a command or of none.

        Raises:
            agent_runtime.errors.ArtifactUploadFailed: nobody took it.
        """
        ...

    async def fetch(self, artifact_id: str, directory: Path) -> Fetched:
        """Write the bytes of an artifact into a new file in *directory*.

        Raises:
            agent_runtime.errors.ArtifactUnavailable: there is none of this id, or it is not for
                this agent, or its bytes cannot be had; nothing is left in the directory.
        """
        ...
