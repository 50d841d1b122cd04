"""What goes with a user agent."""

from __future__ import annotations

import pytest

from agent_runtime.browser.user_agent import identity

_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("system", "platform", "navigator_platform", "version"),
    [
        ("(Linux; Android 14; Pixel 7)", "Android", "Linux armv81", "14"),
        ("(iPhone; CPU iPhone OS 17_5 like Mac OS X)", "iOS", "iPhone", "17.5"),
        ("(iPad; CPU OS 17_5 like Mac OS X)", "iOS", "iPad", "17.5"),
        ("(Macintosh; Intel Mac OS X 10_15_7)", "macOS", "MacIntel", "10.15.7"),
        ("(Windows NT 10.0; Win64; x64)", "Windows", "Win32", "10.0"),
        ("(X11; CrOS x86_64 14541.0.0)", "Chrome OS", "Linux x86_64", "14541.0.0"),
        ("(X11; Linux x86_64)", "Linux", "Linux x86_64", ""),
    ],
)
def test_the_system_is_read_from_it(
    system: str, platform: str, navigator_platform: str, version: str
) -> None:
    told = identity(f"Mozilla/5.0 {system} {_WEBKIT}")

    assert told["platform"] == navigator_platform
    assert told["userAgentMetadata"]["platform"] == platform
    assert told["userAgentMetadata"]["platformVersion"] == version


def test_a_telephone_has_a_model_and_is_mobile() -> None:
    told = identity(
        f"Mozilla/5.0 (Linux; Android 14; Pixel 7) {_WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36"
    )["userAgentMetadata"]

    assert (told["model"], told["mobile"]) == ("Pixel 7", True)
    assert {"brand": "Chromium", "version": "140"} in told["brands"]


def test_of_what_cannot_be_read_nothing_is_said() -> None:
    assert identity("ShopCheck/1.0") == {"userAgent": "ShopCheck/1.0"}
    assert identity("") == {"userAgent": ""}
