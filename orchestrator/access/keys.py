"""The user's token: 256 random bits in a file that only its owner can read.

The CLI and the SDK on this machine find the file by themselves;
elsewhere a person copies it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from orchestrator.errors import CannotStart

FILE_NAME: Final = "token"
PREFIX: Final = "xagent_"


def new_secret(prefix: str) -> str:
    """Return *prefix* followed by 256 random bits in base64url."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return what is stored instead of *secret*; fast hashes suit secrets of 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


class UserToken:
    """The token that opens the API to the user."""

    def __init__(self, token: str) -> None:
        """Keep *token*, which this process has just read from its file."""
        self._token = token.encode()

    @property
    def sha256(self) -> str:
        """Its digest, which tells it from another."""
        return hashlib.sha256(self._token).hexdigest()

    def matches(self, presented: str) -> bool:
        """Say whether *presented* is the token, in constant time."""
        return hmac.compare_digest(presented.encode(), self._token)


def load_or_make(data_dir: Path) -> UserToken:
    """Read the token of *data_dir*, or make it at the first start.

    Raises:
        CannotStart: the file is open to others, empty, or cannot be read or written.
    """
    path = data_dir / FILE_NAME
    try:
        if path.exists():
            return UserToken(_read(path))
        token = new_secret(PREFIX)
        _write(path, token)
        return UserToken(token)
    except OSError as error:
        raise CannotStart(f"The token file {path} cannot be used: {error.strerror}.") from error


def _write(path: Path, token: str) -> None:
    # Whole or not at all: a process killed in between would leave a file without a token, and
    # whoever waits for the file would read it too early.
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    file = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(file, "w", encoding="ascii") as stream:
        stream.write(token + "\n")
    part.replace(path)


def _read(path: Path) -> str:
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise CannotStart(
            f"The token file {path} can be read by others: run chmod 600 {path}, and think about "
            "deleting it, so that a new one is made."
        )
    token = path.read_text(encoding="utf-8", errors="replace").strip()
    if len(token) < 32:
        raise CannotStart(f"The token file {path} holds no token: delete it to have one made.")
    return token
