"""`xagent secret`: the agent's own program keeps them, and this one shows what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from agent_runtime.secrets.secret import Secret
from agent_runtime.secrets.store import SecretStore
from tests.xagent_client.cli.test_completion import completions

REPOSITORY = Path(__file__).parents[3]

pytestmark = pytest.mark.slow


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory, and the checkout as the installation."""
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    return tmp_path / "data"


@pytest.fixture
def store(data: Path) -> SecretStore:
    """The store of an agent called alpha."""
    return SecretStore(data / "agents" / "alpha")


def xagent(data: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command as a shell does, in another directory than the checkout."""
    return subprocess.run(
        [sys.executable, "-m", "xagent_client.cli.main", "--data-dir", str(data), *arguments],
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_secret_is_kept_listed_and_forgotten(data: Path, store: SecretStore) -> None:
    kept = xagent(
        data, "secret", "set", "alpha", "shop", "--host=a.b", "--host=c.d", given="hun2\n"
    )
    assert (kept.returncode, kept.stdout) == (0, "")
    assert kept.stderr == (
        "Kept for alpha: fill_secret name=shop types it on pages of a.b and c.d.\n"
    )
    assert store.secret("shop").value == "hun2"

    listed = xagent(data, "secret", "list", "alpha")
    assert "hun2" not in listed.stdout
    assert listed.stdout.split()[-5:] == ["shop", "text", "a.b", "c.d", "file"]

    removed = xagent(data, "secret", "remove", "alpha", "shop")
    assert (removed.returncode, removed.stderr) == (0, "alpha has forgotten shop.\n")
    assert store.entries() == {}
    assert "Keep one with" in xagent(data, "secret", "list", "alpha").stderr


def test_a_key_of_codes_is_kept_and_one_is_told_to_name_hosts(
    data: Path, store: SecretStore
) -> None:
    kept = xagent(data, "secret", "set", "--totp", "alpha", "code", given="JBSW Y3DP EHPK 3PXP")

    assert kept.returncode == 0
    assert "totp name=code types it on any page" in kept.stderr
    assert "--host" in kept.stderr
    assert store.secret("code").kind == "totp"


def test_programs_get_json(data: Path, store: SecretStore) -> None:
    shop = {"name": "shop", "kind": "text", "hosts": [], "keeper": "file"}

    kept = xagent(data, "secret", "set", "alpha", "shop", "--json", given="hunter2")
    listed = xagent(data, "secret", "list", "alpha", "--json")
    missed = xagent(data, "secret", "remove", "alpha", "shpo", "--json")

    assert json.loads(kept.stdout) == shop
    assert json.loads(listed.stdout) == {"items": [shop]}
    assert json.loads(missed.stderr)["code"] == "secret_unknown"
    assert missed.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        (("set", "alpha", "sh op"), 2, "cannot name a secret"),
        (("set", "alpha", "shop"), 2, "fewer than 4 characters"),
        (("set", "Alpha", "shop"), 2, "cannot name an agent"),
        (("list", "alpha"), 3, "check the name"),
        (("set", "alpha", "--keep-in=pocket", "shop"), 2, "pocket"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_a_status(
    data: Path, arguments: tuple[str, ...], status: int, complaint: str
) -> None:
    done = xagent(data, "secret", *arguments)

    assert (done.returncode, done.stdout) == (status, "")
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_names_are_completed_from_what_is_on_this_machine(
    data: Path, store: SecretStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(Secret.checked("shop", "hunter2"))
    store.put(Secret.checked("bank", "swordfish"))
    monkeypatch.setenv("XAGENT_DATA_DIR", str(data))

    assert completions("secret", "li") == ["list"]
    assert completions("secret", "list", "") == ["alpha"]
    assert completions("secret", "list", "b") == []
    assert sorted(completions("secret", "remove", "alpha", "")) == ["bank", "shop"]
    assert completions("secret", "remove", "alpha", "sh") == ["shop"]
    assert completions("secret", "remove", "beta", "") == []
