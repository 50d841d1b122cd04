"""Where secrets are kept."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from agent_runtime.secrets.errors import SecretsUnavailable, SecretUnknown
from agent_runtime.secrets.keyring import SystemKeyring
from agent_runtime.secrets.secret import Secret
from agent_runtime.secrets.store import FILE_NAME, Keeper, SecretStore

SHOP = Secret.checked("shop", "hunter2", hosts=("shop.example.com",))
BANK = Secret.checked("bank", "swordfish")


class PaperKeyring(SystemKeyring):
    """Keeps what it is given, as long as nobody forgets it on purpose."""

    def __init__(self) -> None:
        """Begin empty."""
        self.values: dict[tuple[str, str], str] = {}

    def get(self, service: str, name: str) -> str | None:
        """Return a value."""
        return self.values.get((service, name))

    def set(self, service: str, name: str, value: str) -> None:
        """Keep a value."""
        self.values[service, name] = value

    def delete(self, service: str, name: str) -> None:
        """Forget a value."""
        self.values.pop((service, name), None)


@pytest.fixture
def keyring() -> PaperKeyring:
    """A keyring that is open."""
    return PaperKeyring()


@pytest.fixture
def store(tmp_path: Path, keyring: PaperKeyring) -> SecretStore:
    """The store of an agent called alpha."""
    return SecretStore(tmp_path / "alpha", keyring)


def test_what_is_kept_is_there_for_the_next_process(store: SecretStore, tmp_path: Path) -> None:
    store.put(SHOP)
    store.put(BANK)

    again = SecretStore(tmp_path / "alpha")

    assert again.secret("shop") == SHOP
    assert again.secret("bank") == BANK
    assert list(again.entries()) == ["shop", "bank"]


def test_nothing_is_made_before_there_is_something_to_keep(
    store: SecretStore, tmp_path: Path
) -> None:
    assert store.entries() == {}
    with pytest.raises(SecretUnknown):
        store.secret("shop")
    assert not (tmp_path / "alpha").exists()


def test_a_running_process_sees_what_another_changes(store: SecretStore, tmp_path: Path) -> None:
    store.put(SHOP)
    assert store.secret("shop").value == "hunter2"

    SecretStore(tmp_path / "alpha").put(Secret.checked("shop", "hunter3"))
    assert store.secret("shop").value == "hunter3"

    SecretStore(tmp_path / "alpha").remove("shop")
    assert store.entries() == {}


def test_two_processes_that_change_it_do_not_undo_each_other(tmp_path: Path) -> None:
    one, other = SecretStore(tmp_path / "alpha"), SecretStore(tmp_path / "alpha")
    one.put(SHOP)
    assert set(other.entries()) == {"shop"}

    one.put(BANK)
    other.remove("shop")

    assert set(one.entries()) == {"bank"}


def test_an_unknown_name_is_answered_with_the_nearest(store: SecretStore) -> None:
    store.put(SHOP)

    with pytest.raises(SecretUnknown, match="did you mean shop"):
        store.secret("shpo")
    with pytest.raises(SecretUnknown, match="xagent secret set"):
        store.remove("zebra")


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_the_file_is_its_owners_alone(store: SecretStore, tmp_path: Path) -> None:
    store.put(SHOP)

    path = tmp_path / "alpha" / FILE_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    path.chmod(0o644)
    with pytest.raises(SecretsUnavailable, match="chmod 600"):
        SecretStore(tmp_path / "alpha").secret("shop")


def test_a_damaged_file_is_left_alone_and_not_quoted(store: SecretStore, tmp_path: Path) -> None:
    store.put(SHOP)
    path = tmp_path / "alpha" / FILE_NAME
    damaged = path.read_bytes().replace(b'"text"', b'"hunter2"')
    path.write_bytes(damaged)

    with pytest.raises(SecretsUnavailable, match="is damaged") as refused:
        store.put(BANK)

    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert path.read_bytes() == damaged


def test_a_directory_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "alpha").write_text("in the way")

    with pytest.raises(SecretsUnavailable, match="cannot"):
        SecretStore(tmp_path / "alpha").put(SHOP)


def test_a_value_in_the_keyring_is_not_in_the_file(
    store: SecretStore, keyring: PaperKeyring, tmp_path: Path
) -> None:
    entry = store.put(SHOP, Keeper.KEYRING)

    assert entry.keeper is Keeper.KEYRING
    assert b"hunter2" not in (tmp_path / "alpha" / FILE_NAME).read_bytes()
    assert SecretStore(tmp_path / "alpha", keyring).secret("shop") == SHOP
    [(service, name)] = keyring.values
    assert (service.split()[:2], name) == (["xagent", "alpha"], "shop")


def test_two_directories_of_the_same_name_share_no_value(
    keyring: PaperKeyring, tmp_path: Path
) -> None:
    SecretStore(tmp_path / "here" / "alpha", keyring).put(SHOP, Keeper.KEYRING)
    SecretStore(tmp_path / "there" / "alpha", keyring).put(SHOP, Keeper.KEYRING)

    assert len(keyring.values) == 2


def test_a_value_is_in_one_place_only(store: SecretStore, keyring: PaperKeyring) -> None:
    store.put(SHOP, Keeper.KEYRING)
    store.put(SHOP)
    assert keyring.values == {}

    store.put(SHOP, Keeper.KEYRING)
    store.remove("shop")
    assert keyring.values == {}


def test_a_value_that_somebody_took_out_of_the_keyring_is_missed(
    store: SecretStore, keyring: PaperKeyring
) -> None:
    store.put(SHOP, Keeper.KEYRING)
    keyring.values.clear()

    with pytest.raises(SecretsUnavailable, match="keep it anew"):
        store.secret("shop")


def test_a_value_does_not_stand_in_the_description_of_its_entry(store: SecretStore) -> None:
    store.put(SHOP)

    assert "hunter2" not in repr(store.entries())
