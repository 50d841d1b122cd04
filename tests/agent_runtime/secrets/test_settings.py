"""What the program that keeps secrets is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_runtime.errors import InvalidSettings
from agent_runtime.secrets.settings import SecretSettings, Verb
from agent_runtime.secrets.store import Keeper


def test_flags_win_over_variables() -> None:
    settings = SecretSettings.read(
        ["--data-dir", "two", "set", "--keep-in=file", "--host", "a.b", "--host=c.d", "alpha", "x"],
        {"XAGENT_DATA_DIR": "one", "XAGENT_SECRETS": "keyring"},
    )

    assert (settings.verb, settings.agent_id, settings.name) == (Verb.SET, "alpha", "x")
    assert settings.data_directory == Path("two")
    assert settings.hosts == ("a.b", "c.d")
    assert settings.keeper is Keeper.FILE
    assert not settings.is_totp


def test_variables_are_enough() -> None:
    settings = SecretSettings.read(
        ["set", "--totp", "alpha", "x"], {"XAGENT_DATA_DIR": "one", "XAGENT_SECRETS": "keyring"}
    )

    assert settings.data_directory == Path("one")
    assert settings.keeper is Keeper.KEYRING
    assert settings.is_totp


@pytest.mark.parametrize(
    ("arguments", "environment", "complaint"),
    [
        ([], {}, "VERB"),
        (["show", "alpha"], {}, "invalid choice"),
        (["list"], {}, "AGENT"),
        (["list", "Not A Name"], {}, "cannot name an agent"),
        (["remove", "alpha"], {}, "NAME"),
        (["set", "alpha", "x", "hunter2"], {}, "unrecognized"),
        (["set", "alpha", "x"], {"XAGENT_SECRETS": "pocket"}, "say file or keyring"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(
    arguments: list[str], environment: dict[str, str], complaint: str
) -> None:
    with pytest.raises(InvalidSettings, match=complaint):
        SecretSettings.read(arguments, environment)
