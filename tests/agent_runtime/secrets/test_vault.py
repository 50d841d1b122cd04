"""The secrets of an agent that runs."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from agent_runtime.secrets.errors import SecretUnknown
from agent_runtime.secrets.secret import Secret
from agent_runtime.secrets.store import Keeper, SecretStore
from agent_runtime.secrets.totp import Totp
from agent_runtime.secrets.vault import Vault
from tests.agent_runtime.secrets.test_store import PaperKeyring

KEY = "JBSWY3DPEHPK3PXP"


async def test_an_agent_without_a_store_has_no_secret() -> None:
    vault = Vault()
    vault.load()

    assert await vault.entries() == ()
    with pytest.raises(SecretUnknown):
        await vault.secret("shop")
    assert not vault.masking.is_active


async def test_what_is_in_the_file_is_masked_from_the_start(tmp_path: Path) -> None:
    store = SecretStore(tmp_path, PaperKeyring())
    store.put(Secret.checked("shop", "hunter2"))
    store.put(Secret.checked("bank", "swordfish"), Keeper.KEYRING)
    vault = Vault(store)

    vault.load()
    assert vault.masking.text("hunter2 swordfish") == "[secret:shop] swordfish"
    await vault.secret("bank")
    assert vault.masking.text("hunter2 swordfish") == "[secret:shop] [secret:bank]"


async def test_what_is_kept_while_the_agent_runs_is_found_and_masked(tmp_path: Path) -> None:
    vault = Vault(SecretStore(tmp_path))
    vault.load()
    SecretStore(tmp_path).put(Secret.checked("shop", "hunter2"))

    assert [entry.name for entry in await vault.entries()] == ["shop"]
    assert vault.masking.text("hunter2") == "[secret:shop]"


async def test_a_value_that_was_replaced_is_masked_still(tmp_path: Path) -> None:
    """A page may show it for as long as it likes."""
    store = SecretStore(tmp_path)
    store.put(Secret.checked("shop", "hunter2"))
    vault = Vault(store)
    vault.load()

    store.put(Secret.checked("shop", "swordfish"))
    await vault.secret("shop")

    assert vault.masking.text("hunter2 swordfish") == "[secret:shop] [secret:shop]"


async def test_a_code_is_masked_once_it_is_made(tmp_path: Path) -> None:
    vault = Vault(SecretStore(tmp_path), now=lambda: 60.0)

    code = await vault.code(Secret.checked("code", KEY, is_totp=True))

    assert code == Totp.read(KEY).code(60)
    assert vault.masking.text(f"<{code}>") == "<[secret:code]>"


async def test_a_code_that_is_nearly_over_is_not_used(tmp_path: Path) -> None:
    offset = 29.9 - time.monotonic()
    vault = Vault(SecretStore(tmp_path), now=lambda: time.monotonic() + offset)

    code = await vault.code(Secret.checked("code", KEY, is_totp=True))

    assert code == Totp.read(KEY).code(30)
    assert time.monotonic() + offset >= 30
