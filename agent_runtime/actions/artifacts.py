"""Where an action puts bytes: the one verb that the actions need of whoever keeps them."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from xagent_protocol.ids import RequestId
from xagent_protocol.outcomes import ArtifactRef


class ArtifactStore(Protocol):
    """Takes bytes, and answers how they are found again."""

    async def put(
        self, content: bytes | Path, *, content_type: str, name: str, request_id: RequestId
    ) -> ArtifactRef:
        """Keep *content*.

        Raises:
            agent_runtime.errors.ArtifactUploadFailed: nobody took it.
        """
        ...
