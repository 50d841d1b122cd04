"""How a new install of an agent gets in: a token for one name, one use, one hour.

The install makes its own credential and sends only its digest, so no secret of an agent is ever
made, kept or sent by the orchestrator.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

import msgspec

from orchestrator.access.keys import digest, new_secret
from orchestrator.clock import now_ms
from orchestrator.errors import InvalidEnrolmentToken
from orchestrator.store.agents import AgentRegistry
from orchestrator.store.enrolments import EnrolmentStore
from orchestrator.store.records import AgentRecord
from orchestrator.store.writer import PATIENCE_SECONDS
from xagent_protocol.ids import AgentId, InstallId

PREFIX: Final = "xagent_enrol_"
LIFETIME_MS: Final = 3_600_000


class Enrolments:
    """Issues and redeems enrolment tokens."""

    def __init__(
        self,
        store: EnrolmentStore,
        registry: AgentRegistry,
        refuse_stranger: Callable[[AgentId, InstallId], None],
        turn: Callable[[AgentId], AbstractAsyncContextManager[object]],
    ) -> None:
        """Keep tokens in *store*; who redeems one enters *registry*.

        *refuse_stranger* raises `DuplicateAgent` while another install holds the name. During a
        *turn* nobody else enrols under a name or connects under it.
        """
        self._store = store
        self._registry = registry
        self._refuse_stranger = refuse_stranger
        self._turn = turn

    async def issue(self, agent_id: AgentId) -> tuple[str, int]:
        """Return a new token for *agent_id*, and when it expires, in milliseconds."""
        token, now = new_secret(PREFIX), now_ms()
        expires_at = now + LIFETIME_MS
        await self._store.add(digest(token), agent_id, created_at=now, expires_at=expires_at)
        return token, expires_at

    async def redeem(
        self,
        token: str,
        *,
        agent_id: AgentId,
        install_id: InstallId,
        credential_sha256: str,
    ) -> None:
        """Let an install in under *agent_id* with a credential of its own; uses the token up.

        An earlier install of the name is shut out from then on; its history stays.

        Raises:
            InvalidEnrolmentToken: the token is unknown, used, expired, or for another name.
            DuplicateAgent: another install holds the name; the token may be used later.
            InvalidRequest: the credential is another agent's; likewise.
            StorageUnavailable: the database fails; the token may be used again.
        """
        # A stranger without a token is to learn nothing of who holds a name, nor to make a turn
        # of its own for every name it invents.
        if not await self._store.is_usable(digest(token), agent_id, now=now_ms()):
            raise _invalid(agent_id)
        async with self._turn(agent_id):
            now = now_ms()
            if not await self._store.is_usable(digest(token), agent_id, now=now):
                raise _invalid(agent_id)
            # A refusal is not to use the token up: the agent may come back with it once the other
            # one has left. Neither is a kill: the token is used last, and until then the same
            # install may come again with it, which changes nothing.
            self._refuse_stranger(agent_id, install_id)
            await self._enter(agent_id, install_id, credential_sha256, now)
            await self._store.use(digest(token), agent_id, now=now)

    async def _enter(
        self, agent_id: AgentId, install_id: InstallId, credential_sha256: str, now: int
    ) -> None:
        known = self._registry.find(agent_id)
        if known is not None and known.install_id == install_id:
            # What it said of itself still holds, and it may be connected at this moment.
            agent = msgspec.structs.replace(known, credential_sha256=credential_sha256)
        else:
            agent = AgentRecord(
                agent_id=agent_id,
                install_id=install_id,
                credential_sha256=credential_sha256,
                created_at=known.created_at if known else now,
                epoch=known.epoch if known else 0,
            )
        await self._registry.save(agent, patience=PATIENCE_SECONDS)


def _invalid(agent_id: AgentId) -> InvalidEnrolmentToken:
    return InvalidEnrolmentToken(
        f"The enrolment token is unknown, used, expired, or not for {agent_id!r}: make a new one "
        f"with `xagent token --agent {agent_id}`."
    )
