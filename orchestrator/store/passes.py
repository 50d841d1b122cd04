"""What browsers hold instead of the token, as rows: their digests, and what each may open.

They belong to the user's token of their time: under another one they are nobody's.
"""

from __future__ import annotations

from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.clock import now_ms
from orchestrator.store.statements import delete_where, insert_or_replace
from orchestrator.store.tables import passes
from orchestrator.store.writer import PATIENCE_SECONDS, Statement, Writer

log: Final = structlog.get_logger(__name__)

_PUT: Final = insert_or_replace(
    passes, "secret_sha256", "token_sha256", "kind", "content", "ends_at", rank=0
)
# In a commit of many, after whatever is put: what is ended is not put again.
_DROP: Final = delete_where(passes, {"secret_sha256": "secret_sha256"}, rank=1)
_CLEAR: Final = Statement(
    "DELETE FROM passes WHERE ends_at <= :now OR token_sha256 <> :token_sha256", rank=0
)


class PassStore:
    """The passes of one kind, under one token; *kind* is ``sign_in`` or ``share``."""

    def __init__(
        self, writer: Writer, readers: AsyncEngine, kind: str, *, token_sha256: str
    ) -> None:
        """Write through *writer*, read through *readers*."""
        self._writer = writer
        self._readers = readers
        self._kind = kind
        self._token_sha256 = token_sha256

    def put(self, name: str, content: str, *, ends_at: int) -> None:
        """Record a pass, or what is new of it, as soon as the journal can be written.

        *name* is the digest of its secret, *ends_at* in milliseconds since the epoch.
        """
        row = {
            "secret_sha256": name,
            "token_sha256": self._token_sha256,
            "kind": self._kind,
            "content": content,
            "ends_at": ends_at,
        }
        self._writer.submit(_PUT, row, _noted, patience=PATIENCE_SECONDS)

    def drop(self, name: str) -> None:
        """Forget a pass."""
        # However long it takes: what was ended must not be good again after a restart.
        self._writer.submit(_DROP, {"secret_sha256": name}, _noted)

    async def load(self) -> list[tuple[str, str]]:
        """Return name and content of those that are good, oldest end first; forget the others."""
        row = {"now": now_ms(), "token_sha256": self._token_sha256}
        await self._writer.write(_CLEAR, row, patience=PATIENCE_SECONDS)
        query = (
            select(passes.c.secret_sha256, passes.c.content)
            .where(passes.c.kind == self._kind)
            .order_by(passes.c.ends_at)
        )
        async with self._readers.connect() as connection:
            return [(name, content) for name, content in await connection.execute(query)]


def _noted(outcome: bool | Exception) -> None:
    if isinstance(outcome, Exception):
        log.warning("pass.not_recorded", error=str(outcome))
