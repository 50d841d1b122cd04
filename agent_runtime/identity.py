"""Who this agent is to its orchestrator, kept in one small private file."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import Final
from uuid import uuid4

import msgspec

from agent_runtime.errors import DirectoryUnusable
from xagent_protocol.ids import AgentId, InstallId

FILE_NAME: Final = "identity.json"

CREDENTIAL_PREFIX: Final = "xagent_agent_"


class Identity(msgspec.Struct, frozen=True):
    """An install of an agent: made once, never copied.

    *credential* is its secret; *highest_epoch* the highest welcome it has ever accepted.
    """

    agent_id: AgentId
    install_id: InstallId
    credential: str
    highest_epoch: int = 0

    # The generated text would carry the secret into a log or a traceback.
    def __repr__(self) -> str:
        """Name the install without its secret."""
        return f"Identity({self.agent_id!r}, {self.install_id!r}, epoch {self.highest_epoch})"

    @property
    def credential_sha256(self) -> str:
        """The only form in which anybody else keeps the credential."""
        return hashlib.sha256(self.credential.encode()).hexdigest()


class IdentityFile:
    """The identity and its file, which always agree."""

    def __init__(self, directory: Path, agent_id: AgentId) -> None:
        """Read the identity of *agent_id*, or make it.

        Raises:
            DirectoryUnusable: the file cannot be read or written, or belongs to another agent.
        """
        self._path = directory / FILE_NAME
        self.identity = self._read(agent_id) or self._make(agent_id)

    def raise_epoch(self, epoch: int) -> None:
        """Remember that a welcome of *epoch* was accepted; durable when this returns."""
        self._write(msgspec.structs.replace(self.identity, highest_epoch=epoch))

    def _make(self, agent_id: AgentId) -> Identity:
        return self._write(
            Identity(
                agent_id=agent_id,
                install_id=InstallId(str(uuid4())),
                credential=CREDENTIAL_PREFIX + secrets.token_urlsafe(32),
            )
        )

    def _read(self, agent_id: AgentId) -> Identity | None:
        try:
            identity = msgspec.json.decode(self._path.read_bytes(), type=Identity)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DirectoryUnusable(f"cannot read {self._path}: {error.strerror}") from error
        except msgspec.MsgspecError as error:
            # Never replaced unasked: with it the agent would lose its name to itself.
            raise DirectoryUnusable(
                f"{self._path} is damaged: restore it, or remove it to enrol anew"
            ) from error
        if identity.agent_id != agent_id:
            raise DirectoryUnusable(
                f"{self._path} belongs to agent {identity.agent_id}: a directory cannot be copied "
                "to another name"
            )
        return identity

    def _write(self, identity: Identity) -> Identity:
        draft = self._path.with_suffix(".new")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "wb") as file:  # noqa: PTH123 - the mode has to be set before a byte is written
                file.write(msgspec.json.format(msgspec.json.encode(identity)))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
        except OSError as error:
            raise DirectoryUnusable(f"cannot write {self._path}: {error.strerror}") from error
        self.identity = identity
        return identity
