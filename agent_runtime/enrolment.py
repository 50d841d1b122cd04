"""How an orchestrator learns this agent's credential.

With a token that its operator was given; or, on the orchestrator's own machine, by reading the
user token that whoever owns the data directory can read anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final

import httpx2
import msgspec
import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime.errors import EnrolmentNeeded, NameTaken, OrchestratorUnreachable
from agent_runtime.identity import Identity
from agent_runtime.problems import Problem
from xagent_protocol.close_codes import DUPLICATE_AGENT

log: FilteringBoundLogger = structlog.get_logger()

USER_TOKEN_FILE: Final = "token"

_INVALID_TOKEN: Final = "invalid_enrolment_token"
_MAX_TOKEN_CHARACTERS: Final = 256


class _Ticket(msgspec.Struct, frozen=True):
    token: str


class Enrolment:
    """Enrols one identity, as often as it is asked to."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        identity: Identity,
        *,
        token: str | None,
        user_token_file: Path | None,
    ) -> None:
        """Prepare to enrol *identity*.

        *token* is an enrolment token, used once. *user_token_file* is null unless the
        orchestrator is on this machine: the user's token never leaves it.
        """
        self._http = http
        self._identity = identity
        self._token = token
        self._user_token_file = user_token_file

    async def enrol(self) -> None:
        """Make the credential known; when this returns, it is.

        Raises:
            EnrolmentNeeded: there is nothing (any more) to enrol with.
            NameTaken: another install holds the name for now.
            OrchestratorUnreachable: it did not answer, or not as an orchestrator would.
        """
        if self._token is not None and await self._redeem(self._token):
            self._token = None
            return
        refused, self._token = self._token is not None, None
        user_token = self._user_token()
        if user_token is not None and await self._redeem(await self._ticket(user_token)):
            return
        raise EnrolmentNeeded(self._next_step(refused=refused))

    async def _redeem(self, token: str) -> bool:
        identity = self._identity
        response = await self._post(
            "/api/enrolments",
            token,
            {
                "agent_id": identity.agent_id,
                "install_id": identity.install_id,
                "credential_sha256": identity.credential_sha256,
            },
        )
        if response.status_code == HTTPStatus.CREATED:
            log.info("enrolled", install_id=identity.install_id)
            return True
        problem = Problem.read(response.content)
        if problem.code == DUPLICATE_AGENT:
            raise NameTaken(problem.detail or "another install of this name is connected")
        if problem.code == _INVALID_TOKEN:
            return False
        raise _unexpected(response, problem)

    async def _ticket(self, user_token: str) -> str:
        path = f"/api/agents/{self._identity.agent_id}/enrolment"
        response = await self._post(path, user_token, {})
        problem = Problem.read(response.content)
        if response.status_code == HTTPStatus.UNAUTHORIZED and problem.code:
            raise EnrolmentNeeded(self._next_step(refused=True))
        if response.status_code != HTTPStatus.CREATED:
            raise _unexpected(response, problem)
        try:
            return msgspec.json.decode(response.content, type=_Ticket).token
        except msgspec.MsgspecError as error:
            raise OrchestratorUnreachable("what answered is not an orchestrator") from error

    async def _post(self, path: str, token: str, content: Mapping[str, str]) -> httpx2.Response:
        try:
            return await self._http.post(
                path, json=dict(content), headers={"Authorization": f"Bearer {token}"}
            )
        except httpx2.HTTPError as error:
            raise OrchestratorUnreachable(
                f"the orchestrator cannot be reached: {str(error) or type(error).__name__}"
            ) from error

    def _user_token(self) -> str | None:
        if self._user_token_file is None:
            return None
        try:
            text = self._user_token_file.read_text().strip()
        except (OSError, UnicodeError):
            return None
        # It goes into a header: whatever is no token stays where it is.
        return text if text.isprintable() and 0 < len(text) <= _MAX_TOKEN_CHARACTERS else None

    def _next_step(self, *, refused: bool) -> str:
        agent_id = self._identity.agent_id
        problem = "did not accept this agent's token" if refused else "does not know this agent"
        return (
            f"the orchestrator {problem}: on its machine, run `xagent token --agent {agent_id}`, "
            "and start this agent again with XAGENT_ENROLMENT_TOKEN set to what it prints"
        )


def _unexpected(response: httpx2.Response, problem: Problem) -> OrchestratorUnreachable:
    said = f": {problem.detail}" if problem.detail else ""
    return OrchestratorUnreachable(f"enrolment was answered with HTTP {response.status_code}{said}")
