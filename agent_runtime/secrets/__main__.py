"""``python -m agent_runtime.secrets``: keep a secret, list them, or forget one.

It prints JSON without values, for `xagent secret` to show, and complains on standard error. A
value comes from the terminal, where it is not shown, or from standard input.
"""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Mapping, Sequence
from typing import BinaryIO, Final

import msgspec

from agent_runtime.directory import directory_of
from agent_runtime.errors import AgentError
from agent_runtime.secrets.errors import SecretInvalid
from agent_runtime.secrets.secret import Secret, SecretKind, check_name
from agent_runtime.secrets.settings import SecretSettings, Verb
from agent_runtime.secrets.store import Entry, Keeper, SecretStore

_INTERRUPTED: Final = 130
_MOST_BYTES: Final = 1024 * 1024


class AgentNotHere(AgentError):
    """No agent of this name has a directory on this machine."""

    exit_status = 3


class Shown(msgspec.Struct, frozen=True):
    """A secret as it is printed."""

    name: str
    kind: SecretKind
    hosts: tuple[str, ...]
    keeper: Keeper


class Complaint(msgspec.Struct, frozen=True):
    """An error as it is printed for programs."""

    code: str
    detail: str


def main(arguments: Sequence[str], environment: Mapping[str, str], given: BinaryIO) -> int:
    """Do what is asked and return the exit status; *given* holds the value to be kept."""
    os.umask(0o077)
    try:
        settings = SecretSettings.read(arguments, environment)
        print(msgspec.json.encode(_done(settings, given)).decode())
    except AgentError as error:
        _complain(error, as_json="--json" in arguments)
        return error.exit_status
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


def _done(settings: SecretSettings, given: BinaryIO) -> object:
    directory = directory_of(settings.data_directory, settings.agent_id)
    store = SecretStore(directory)
    if settings.verb is Verb.SET:
        return _shown(_kept(settings, store, given))
    if not directory.is_dir():
        raise AgentNotHere(
            f"agent {settings.agent_id} keeps nothing in {settings.data_directory}: check the "
            "name, or name the right place with --data-dir"
        )
    if settings.verb is Verb.REMOVE:
        return _shown(store.remove(settings.name))
    entries = store.entries()
    return [_shown(entries[name]) for name in sorted(entries)]


def _kept(settings: SecretSettings, store: SecretStore, given: BinaryIO) -> Entry:
    check_name(settings.name)  # before a person types the value in vain
    secret = Secret.checked(
        settings.name,
        _value(settings, given),
        is_totp=settings.is_totp,
        hosts=settings.hosts,
    )
    return store.put(secret, settings.keeper)


def _value(settings: SecretSettings, given: BinaryIO) -> str:
    if given.isatty():
        what = "Key of the one-time codes" if settings.is_totp else "Value"
        try:
            return getpass.getpass(f"{what} of {settings.name} for agent {settings.agent_id}: ")
        except EOFError:
            return ""
    read = given.read(_MOST_BYTES)
    try:
        text = read.decode()
    except UnicodeDecodeError:
        raise SecretInvalid("the value on standard input is not text in UTF-8") from None
    # What `echo` adds is not meant.
    return text.removesuffix("\n").removesuffix("\r")


def _shown(entry: Entry) -> Shown:
    return Shown(entry.name, entry.kind, entry.hosts, entry.keeper)


def _complain(error: AgentError, *, as_json: bool) -> None:
    if as_json:
        complaint = Complaint(_code(error), str(error))
        sys.stderr.write(msgspec.json.format(msgspec.json.encode(complaint)).decode() + "\n")
    else:
        sys.stderr.write(f"xagent: {error}\n")


def _code(error: AgentError) -> str:
    name = type(error).__name__
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in name).strip("_")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ, sys.stdin.buffer))
