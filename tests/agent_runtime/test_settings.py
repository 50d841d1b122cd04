"""What an agent is told at its start."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_runtime.errors import InvalidSettings
from agent_runtime.settings import LogFormat, Settings


def test_flags_win_over_variables() -> None:
    environment = {
        "XAGENT_URL": "https://one.example.com",
        "XAGENT_DATA_DIR": "one",
        "XAGENT_LABELS": "region=eu, tier=1",
        "XAGENT_LOG_FORMAT": "json",
    }

    settings = Settings.read(
        [
            *("shop-1", "--url", "https://two.example.com/base/", "--data-dir", "two"),
            *("--label", "tier=2", "--log-format", "console", "--headed"),
        ],
        environment,
    )

    assert settings.url == "https://two.example.com/base"
    assert settings.websocket_url == "wss://two.example.com/base/ws/agents/shop-1"
    assert settings.data_directory == Path("two")
    assert settings.labels == {"region": "eu", "tier": "2"}
    assert settings.log_format is LogFormat.CONSOLE
    assert settings.headed


def test_variables_are_enough() -> None:
    settings = Settings.read(
        ["shop-1"],
        {
            "XAGENT_URL": "wss://xagent.example.com:8443",
            "XAGENT_DATA_DIR": "data",
            "XAGENT_BROWSER": "/opt/chromium",
            "XAGENT_HEADED": "1",
            "XAGENT_ENROLMENT_TOKEN": "xagent_enrol_secret",
        },
    )

    assert settings.url == "https://xagent.example.com:8443"
    assert settings.browser == Path("/opt/chromium")
    assert settings.headed
    assert settings.enrolment_token == "xagent_enrol_secret"
    assert "secret" not in repr(settings)


def test_nothing_but_a_name_means_the_orchestrator_on_this_machine() -> None:
    settings = Settings.read(["shop-1"], {})

    assert settings.websocket_url == "ws://127.0.0.1:8000/ws/agents/shop-1"
    assert settings.on_loopback
    assert settings.data_directory.is_absolute()


@pytest.mark.parametrize(
    ("url", "on_loopback"),
    [
        ("http://localhost:8000", True),
        ("http://127.9.9.9:8000", True),
        ("http://[::1]:8000", True),
        ("https://10.0.0.1", False),
        ("https://localhost.example.com", False),
        ("https://127.0.0.1.example.com", False),
    ],
)
def test_loopback_is_told_by_the_parsed_host(url: str, on_loopback: bool) -> None:
    settings = Settings.read(["shop-1", "--url", url], {})

    assert settings.on_loopback is on_loopback
    assert settings.url == url


@pytest.mark.parametrize("url", ["http://10.0.0.1:8000", "ws://xagent.example.com"])
def test_the_way_to_another_machine_is_encrypted_unless_said_otherwise(url: str) -> None:
    with pytest.raises(InvalidSettings, match="--insecure-http"):
        Settings.read(["shop-1", "--url", url], {})

    by_flag = Settings.read(["shop-1", "--url", url, "--insecure-http"], {})
    by_variable = Settings.read(["shop-1", "--url", url], {"XAGENT_INSECURE_HTTP": "true"})
    assert by_flag == by_variable


def test_nothing_said_closes_no_site() -> None:
    policy = Settings.read(["shop-1"], {"XAGENT_ALLOW_SITES": " , "}).url_policy

    assert not policy.is_limiting


def test_lists_of_sites_are_of_the_variables_and_of_the_flags() -> None:
    settings = Settings.read(
        [
            *("shop-1", "--url", "https://xagent.example.com"),
            *("--allow-site", "*.example.com", "--allow-site", "10.0.0.0/8"),
            *("--deny-site", "admin.example.com"),
        ],
        {
            "XAGENT_ALLOW_SITES": "example.org, [::1]:8080",
            "XAGENT_DENY_SITES": "example.net",
            "XAGENT_BLOCK_PRIVATE_NETWORK": "yes",
        },
    )
    policy = settings.url_policy

    allowed = [pattern.text for pattern in policy.allow]
    assert allowed == ["example.org", "[::1]:8080", "*.example.com", "10.0.0.0/8"]
    assert [pattern.text for pattern in policy.deny] == ["example.net", "admin.example.com"]
    assert policy.block_private
    assert str(policy.orchestrator) == "xagent.example.com"


def test_a_flag_closes_the_private_network() -> None:
    policy = Settings.read(["shop-1", "--block-private-network"], {}).url_policy

    assert policy.block_private
    assert policy.is_limiting
    assert str(policy.orchestrator) == "127.0.0.1:8000"


def test_code_of_others_is_allowed_by_flag_or_variable_and_not_otherwise() -> None:
    assert not Settings.read(["shop-1"], {}).allow_code
    assert not Settings.read(["shop-1"], {"XAGENT_ALLOW_CODE": "0"}).allow_code
    assert Settings.read(["shop-1"], {"XAGENT_ALLOW_CODE": "1"}).allow_code
    assert Settings.read(["shop-1", "--allow-code"], {}).allow_code


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["Shop 1"],
        ["../shop"],
        ["shop-1", "--unknown"],
        ["shop-1", "extra"],
        ["shop-1", "--url", "ftp://example.com"],
        ["shop-1", "--url", "example.com"],
        ["shop-1", "--url", "http://127.0.0.1:port"],
        ["shop-1", "--url", "https://user:secret@example.com"],
        ["shop-1", "--url", "https://example.com/?token=secret"],
        ["shop-1", "--label", "nothing"],
        ["shop-1", "--label", "=value"],
        ["shop-1", "--log-format", "xml"],
        ["shop-1", "--allow-site", ""],
        ["shop-1", "--allow-site", "https://example.com/shop"],
        ["shop-1", "--deny-site", "*example.com"],
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_is_one_sentence(arguments: list[str]) -> None:
    with pytest.raises(InvalidSettings) as raised:
        Settings.read(arguments, {})

    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "environment",
    [
        {"XAGENT_HEADED": "maybe"},
        {"XAGENT_LOG_FORMAT": "xml"},
        {"XAGENT_LABELS": "x"},
        {"XAGENT_ALLOW_SITES": "example.com, file:///etc"},
        {"XAGENT_DENY_SITES": "10.0.0.1/8"},
        {"XAGENT_BLOCK_PRIVATE_NETWORK": "perhaps"},
    ],
)
def test_a_variable_that_makes_no_sense_is_named_or_quoted(environment: dict[str, str]) -> None:
    with pytest.raises(InvalidSettings):
        Settings.read(["shop-1"], environment)
