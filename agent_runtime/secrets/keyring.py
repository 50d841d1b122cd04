"""The keyring of the user's system: Keychain, Credential Locker, Secret Service, KWallet.

The library that speaks with them is an extra: most agents keep their secrets in a file, and what
it needs on Linux is more than the agent itself does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType

from agent_runtime.secrets.errors import SecretsUnavailable


class SystemKeyring:
    """Values by service and name; each call may wait for a person to unlock the keyring.

    Each raises `SecretsUnavailable` if there is no keyring here, or it refuses.
    """

    def get(self, service: str, name: str) -> str | None:
        """Return a value; null if there is none."""
        with _answering() as keyring:
            value: str | None = keyring.get_password(service, name)
        return value

    def set(self, service: str, name: str, value: str) -> None:
        """Keep a value, in place of any that was there."""
        with _answering() as keyring:
            keyring.set_password(service, name, value)

    def delete(self, service: str, name: str) -> None:
        """Forget a value, if there is one."""
        with _answering() as keyring:
            if keyring.get_password(service, name) is not None:
                keyring.delete_password(service, name)


@contextmanager
def _answering() -> Iterator[ModuleType]:
    try:
        keyring = import_module("keyring")
        errors = import_module("keyring.errors")
    except ImportError as error:
        raise SecretsUnavailable(
            "a keyring needs a library that is not installed: pip install 'xagent[keyring]', or "
            "keep the secret in the agent's file"
        ) from error
    try:
        yield keyring
    except errors.NoKeyringError as error:
        raise SecretsUnavailable(
            "this machine has no keyring that can be used: keep the secret in the agent's file"
        ) from error
    except errors.KeyringError as error:
        raise SecretsUnavailable(f"the keyring refused: {type(error).__name__}") from error
