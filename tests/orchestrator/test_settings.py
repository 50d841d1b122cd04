"""Flags, variables, and what a host is called."""

from __future__ import annotations

import pytest

from orchestrator.settings import Keeping, own_host, read_settings


def test_a_list_comes_from_the_variable_or_from_the_flags_never_from_both() -> None:
    variables = {"XAGENT_ALLOWED_HOSTS": "a.test, b.test", "XAGENT_ALLOWED_ORIGINS": "http://a"}

    without = read_settings([], variables)
    given = ["--allowed-host", "c.test", "--allowed-host", "d.test"]
    flagged = read_settings([*given, "--allowed-origin", "http://c"], variables)

    assert without.allowed_hosts == ("a.test", "b.test")
    assert without.allowed_origins == ("http://a",)
    assert flagged.allowed_hosts == ("c.test", "d.test")
    assert flagged.allowed_origins == ("http://c",)
    assert read_settings([], variables) == without


@pytest.mark.parametrize("port", ["eighty", "", "65536", "-1", "8000.5"])
@pytest.mark.parametrize("by_flag", [True, False])
def test_a_bad_port_is_named(port: str, by_flag: bool, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, variables = ([f"--port={port}"], {}) if by_flag else ([], {"XAGENT_PORT": port})

    with pytest.raises(SystemExit):
        read_settings(arguments, variables)

    assert f"--port: {port!r} is not a number from 0 to 65535" in capsys.readouterr().err


def test_what_is_kept_is_said_in_days_and_gib() -> None:
    settings = read_settings(
        ["--artifact-days", "7.5", "--history-days", "0"], {"XAGENT_ARTIFACT_GIB": "0.5"}
    )

    assert settings.keeping == Keeping(7.5, 512 * 1024**2, 0)
    assert read_settings([], {}).keeping == Keeping()


@pytest.mark.parametrize(
    ("flag", "complaint"),
    [
        ("--artifact-days=-1", "not an amount"),
        ("--artifact-days=long", "not an amount"),
        ("--artifact-gib=inf", "not an amount"),
        ("--artifact-gib=nan", "not an amount"),
        ("--history-days=0.9", "less than a day"),
    ],
)
def test_what_cannot_be_kept_so_is_named(
    flag: str, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        read_settings([flag], {})

    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize("beat", ["soon", "0", "61", "nan"])
def test_a_bad_heartbeat_is_named(beat: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read_settings([f"--beat-seconds={beat}"], {})

    assert f"{beat!r} is not a number of seconds from 0.1 to 60" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("127.0.0.2", "127.0.0.2"),
        ("::1", "[::1]"),
        ("[::1]", "[::1]"),
        ("2001:DB8:0::7", "[2001:db8::7]"),
        ("Browsers.Example", "browsers.example"),
        ("localhost", "localhost"),
        ("0.0.0.0", None),
        ("::", None),
        ("", None),
    ],
)
def test_a_host_has_one_name_in_urls_and_a_wildcard_none(host: str, name: str | None) -> None:
    assert own_host(host) == name
