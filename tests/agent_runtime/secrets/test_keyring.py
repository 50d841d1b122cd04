"""The system's keyring, by the library's own interface to backends."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.abc import MetaPathFinder
from typing import Any

import pytest

from agent_runtime.secrets.errors import SecretsUnavailable
from agent_runtime.secrets.keyring import SystemKeyring

keyring = pytest.importorskip("keyring", reason="the extra `keyring` is not installed")
backend: Any = pytest.importorskip("keyring.backend")
errors: Any = pytest.importorskip("keyring.errors")


class MemoryBackend(backend.KeyringBackend):  # type: ignore[misc]  # an extra has no types here
    """A backend in memory, as a desktop's would be; it can be locked."""

    priority = 1

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__()
        self.values: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        """Return a value."""
        self._check()
        return self.values.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a value."""
        self._check()
        self.values[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forget a value."""
        self._check()
        if (service, username) not in self.values:
            raise errors.PasswordDeleteError("there is none")
        del self.values[service, username]

    def _check(self) -> None:
        if self.is_locked:
            raise errors.KeyringLocked("nobody has unlocked it")


@pytest.fixture
def desktop() -> Iterator[MemoryBackend]:
    """The keyring of a desktop, for this test."""
    before = keyring.get_keyring()
    made = MemoryBackend()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def test_values_are_kept_and_forgotten(desktop: MemoryBackend) -> None:
    system = SystemKeyring()

    system.set("xagent alpha", "shop", "hunter2")

    assert desktop.values == {("xagent alpha", "shop"): "hunter2"}
    assert system.get("xagent alpha", "shop") == "hunter2"
    assert system.get("xagent alpha", "bank") is None
    system.delete("xagent alpha", "shop")
    system.delete("xagent alpha", "shop")
    assert desktop.values == {}


def test_a_keyring_that_refuses_is_one_sentence(desktop: MemoryBackend) -> None:
    desktop.is_locked = True

    with pytest.raises(SecretsUnavailable, match="refused: KeyringLocked"):
        SystemKeyring().get("xagent alpha", "shop")


def test_a_machine_without_a_keyring_is_one_sentence(desktop: MemoryBackend) -> None:
    fail = pytest.importorskip("keyring.backends.fail")
    keyring.set_keyring(fail.Keyring())

    with pytest.raises(SecretsUnavailable, match="keep the secret in the agent's file"):
        SystemKeyring().set("xagent alpha", "shop", "hunter2")


class Absent(MetaPathFinder):
    """An installation without the library."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Say that there is none."""
        if name.partition(".")[0] == "keyring":
            raise ModuleNotFoundError(name)


def test_without_the_library_the_sentence_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [one for one in sys.modules if one.partition(".")[0] == "keyring"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Absent(), *sys.meta_path])

    with pytest.raises(SecretsUnavailable, match=r"pip install 'xagent\[keyring\]'"):
        SystemKeyring().get("xagent alpha", "shop")
