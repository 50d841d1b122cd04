"""Where an agent's secrets are kept: a file of its own that nobody else can read.

The file lists them all. The value of each stands there too, or else in the keyring of the user's
system, which cannot list anything itself. A person changes it by a program of its own while the
agent runs, so the agent looks whether it is another file before it believes what it has read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Final
from uuid import uuid4

import filelock
import msgspec

from agent_runtime.browser.files import private_directory, write_private
from agent_runtime.secrets.errors import SecretsUnavailable, SecretUnknown
from agent_runtime.secrets.keyring import SystemKeyring
from agent_runtime.secrets.secret import Secret, SecretKind

FILE_NAME: Final = "secrets.json"
_LOCK: Final = "secrets.lock"
_LOCK_SECONDS: Final = 10.0


class Keeper(StrEnum):
    """Who keeps a value."""

    FILE = "file"
    KEYRING = "keyring"


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One secret in the file; without a value, the keyring has it."""

    name: str
    kind: SecretKind
    hosts: tuple[str, ...] = ()
    value: str | None = None

    # The generated text would carry the value into a log or a traceback.
    def __repr__(self) -> str:
        """Name the entry without its value."""
        return f"Entry({self.name!r}, {self.kind.value}, {self.keeper.value})"

    @property
    def keeper(self) -> Keeper:
        """Who keeps the value."""
        return Keeper.KEYRING if self.value is None else Keeper.FILE


_FileState = tuple[int, int, int]
"""By which a file is known to be the one that was read."""


class _Content(msgspec.Struct, frozen=True):
    """The file; *service* is what the keyring calls this agent's directory."""

    service: str
    secrets: tuple[Entry, ...] = ()


class SecretStore:
    """The secrets in one agent's directory; nothing is made before there is one to keep.

    What it does is done at once, and may wait for a disk or for a person who unlocks a keyring.
    """

    def __init__(self, directory: Path, keyring: SystemKeyring | None = None) -> None:
        """Keep secrets in *directory*."""
        self._path = directory / FILE_NAME
        self._keyring = keyring or SystemKeyring()
        self._nothing = _Content(f"xagent {directory.name} {uuid4().hex[:8]}")
        self._read_last: tuple[_FileState, _Content] | None = None

    def entries(self) -> Mapping[str, Entry]:
        """Return what is kept, by name.

        Raises:
            SecretsUnavailable: the file cannot be read, or others can read it too.
        """
        return {entry.name: entry for entry in self._read().secrets}

    def secret(self, name: str) -> Secret:
        """Return the secret *name* with its value.

        Raises:
            SecretUnknown: there is none; the message names the nearest.
            SecretsUnavailable: the file, or the keyring, cannot be read.
        """
        content = self._read()
        entry = _find(content, name)
        value = entry.value
        if value is None:
            value = self._keyring.get(content.service, name)
        if value is None:
            raise SecretsUnavailable(
                f"the keyring has no value for {name!r} any more: keep it anew with "
                "xagent secret set"
            )
        return Secret(entry.name, entry.kind, value, entry.hosts)

    def put(self, secret: Secret, keeper: Keeper = Keeper.FILE) -> Entry:
        """Keep *secret*, in place of any of the same name; durable when this returns.

        Raises:
            SecretsUnavailable: it cannot be kept.
        """
        with self._locked():
            content = self._read()
            before = [entry for entry in content.secrets if entry.name == secret.name]
            in_file = secret.value if keeper is Keeper.FILE else None
            entry = Entry(secret.name, secret.kind, secret.hosts, in_file)
            if keeper is Keeper.KEYRING:
                self._keyring.set(content.service, secret.name, secret.value)
            others = tuple(one for one in content.secrets if one.name != secret.name)
            self._write(_Content(content.service, (*others, entry)))
            if keeper is Keeper.FILE and any(one.keeper is Keeper.KEYRING for one in before):
                self._keyring.delete(content.service, secret.name)
        return entry

    def remove(self, name: str) -> Entry:
        """Forget a secret, and return what is known of it without its value.

        Raises:
            SecretUnknown: there is none; the message names the nearest.
            SecretsUnavailable: the file or the keyring cannot be changed.
        """
        with self._locked():
            content = self._read()
            entry = _find(content, name)
            if entry.keeper is Keeper.KEYRING:
                self._keyring.delete(content.service, name)
            rest = tuple(one for one in content.secrets if one.name != name)
            self._write(_Content(content.service, rest))
        return entry

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let no other process change the file meanwhile."""
        directory = self._path.parent
        try:
            private_directory(directory)
            lock = filelock.FileLock(directory / _LOCK, mode=0o600, timeout=_LOCK_SECONDS)
            lock.acquire()
        except filelock.Timeout:
            raise SecretsUnavailable(
                f"another program is changing the secrets in {directory}: try again"
            ) from None
        except OSError as error:
            raise SecretsUnavailable(f"cannot write in {directory}: {error.strerror}") from error
        try:
            yield
        finally:
            lock.release()

    def _read(self) -> _Content:
        try:
            found = self._path.stat()
            state = (found.st_mtime_ns, found.st_ino, found.st_size)
            read_last = self._read_last
            if read_last is not None and read_last[0] == state:
                return read_last[1]
            if os.name == "posix" and found.st_mode & 0o077:
                raise SecretsUnavailable(
                    f"others can read {self._path}: make it yours alone with chmod 600"
                )
            content = msgspec.json.decode(self._path.read_bytes(), type=_Content)
        except FileNotFoundError:
            return self._nothing
        except OSError as error:
            raise SecretsUnavailable(f"cannot read {self._path}: {error.strerror}") from error
        except (msgspec.MsgspecError, UnicodeError):
            # Not chained: what could not be read may be quoted there.
            raise SecretsUnavailable(
                f"{self._path} is damaged: restore it, or remove it and keep the secrets anew"
            ) from None
        self._read_last = (state, content)
        return content

    def _write(self, content: _Content) -> None:
        encoded = msgspec.json.format(msgspec.json.encode(content))
        try:
            write_private(self._path, encoded, synced=True)
        except OSError as error:
            raise SecretsUnavailable(f"cannot write {self._path}: {error.strerror}") from error


def _find(content: _Content, name: str) -> Entry:
    names = [entry.name for entry in content.secrets]
    if name in names:
        return content.secrets[names.index(name)]
    near = get_close_matches(name, names, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "keep it with xagent secret set"
    raise SecretUnknown(f"there is no secret {name!r}: {hint}")
