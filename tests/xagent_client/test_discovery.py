"""Where the SDK and the command look for an orchestrator and its token."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.xagent_client.conftest import make_data_dir
from tests.xagent_client.fake_api import TOKEN
from xagent_client import NoToken
from xagent_client.discovery import (
    DEFAULT_URL,
    Access,
    InvalidAddress,
    find_access,
    find_data_dir,
    is_loopback,
    read_address,
)

LOCAL = "http://127.0.0.1:8123"


def test_what_is_given_wins_over_the_environment() -> None:
    environment = {"XAGENT_URL": "http://else:1", "XAGENT_TOKEN": "else"}

    access = find_access("https://given.example/", "given", environment=environment)

    assert access == Access("https://given.example", "given")


def test_the_environment_wins_over_the_data_directory(tmp_path: Path) -> None:
    data_dir = make_data_dir(tmp_path / "data", LOCAL)
    environment = {
        "XAGENT_URL": "https://far.example",
        "XAGENT_TOKEN": "told",
        "XAGENT_DATA_DIR": str(data_dir),
    }

    assert find_access(environment=environment) == Access("https://far.example", "told")


def test_the_data_directory_tells_url_and_token(tmp_path: Path) -> None:
    data_dir = make_data_dir(tmp_path / "data", LOCAL)

    assert find_access(data_dir=data_dir, environment={}) == Access(LOCAL, TOKEN)


def test_a_checkout_is_found_from_below(tmp_path: Path) -> None:
    data_dir = make_data_dir(tmp_path / ".xagent", LOCAL)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)

    assert find_data_dir(environment={}, directory=below) == data_dir
    assert find_access(environment={}, directory=below) == Access(LOCAL, TOKEN)


def test_the_nearest_checkout_counts(tmp_path: Path) -> None:
    make_data_dir(tmp_path / ".xagent", "http://127.0.0.1:1")
    near = make_data_dir(tmp_path / "a" / ".xagent", LOCAL)

    assert find_data_dir(environment={}, directory=tmp_path / "a") == near


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a directory away"
)
def test_a_directory_of_another_user_is_passed_over(tmp_path: Path) -> None:
    foreign = make_data_dir(tmp_path / ".xagent", "http://127.0.0.1:666")
    os.chown(foreign, 12345, 12345)

    assert find_data_dir(environment={}, directory=tmp_path) != foreign


def test_elsewhere_it_is_the_platforms_own_place(tmp_path: Path) -> None:
    assert find_data_dir(environment={}, directory=tmp_path) == tmp_path / "xdg" / "xagent"


def test_a_token_found_on_this_machine_does_not_leave_it(tmp_path: Path) -> None:
    data_dir = make_data_dir(tmp_path / "data", LOCAL)

    for url in ("https://far.example", "http://127.0.0.1.far.example", "http://192.168.1.1"):
        with pytest.raises(NoToken, match=r"not sent to other hosts.*XAGENT_TOKEN"):
            find_access(url, data_dir=data_dir, environment={})


@pytest.mark.parametrize("environment", [{}, {"XAGENT_TOKEN": "told"}])
def test_a_planted_address_does_not_count(tmp_path: Path, environment: dict[str, str]) -> None:
    data_dir = make_data_dir(tmp_path / "data", "https://far.example")

    assert find_access(data_dir=data_dir, environment=environment).url == DEFAULT_URL


def test_no_token_goes_to_another_machine_unencrypted() -> None:
    for url in ("http://far.example", "http://192.168.1.1:8000"):
        with pytest.raises(InvalidAddress, match=r"not encrypted.*--insecure-http"):
            find_access(url, "token", environment={})

    assert find_access("https://far.example", "token", environment={}).token == "token"


@pytest.mark.parametrize(
    ("insecure_http", "environment"), [(True, {}), (False, {"XAGENT_INSECURE_HTTP": "1"})]
)
def test_plain_http_can_be_allowed(insecure_http: bool, environment: dict[str, str]) -> None:
    url = "http://orchestrator:8000"

    access = find_access(url, "token", insecure_http=insecure_http, environment=environment)

    assert access == Access(url, "token")


@pytest.mark.parametrize("token", ["tok en", "tokén", "to\nken", "to\x00ken"])
def test_a_token_that_cannot_be_a_header_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(NoToken, match="the token cannot be one") as caught:
        find_access(LOCAL, token, environment={})

    assert token not in str(caught.value)


def test_a_token_file_with_more_than_a_token_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("token: mine\n")

    with pytest.raises(NoToken, match="the token cannot be one"):
        find_access(LOCAL, token_file=tmp_path / "mine", environment={})


def test_a_token_file_that_is_named_may_go_anywhere(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine\n")

    access = find_access("https://far.example", token_file=tmp_path / "mine", environment={})

    assert access == Access("https://far.example", "mine")


def test_a_missing_token_names_the_place_and_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(NoToken, match=f"{tmp_path}.*token.*xagent up.*--data-dir"):
        find_access(data_dir=tmp_path, environment={})
    with pytest.raises(NoToken, match="--token-file"):
        find_access(token_file=tmp_path / "none", environment={})


def test_without_an_address_the_default_is_taken(tmp_path: Path) -> None:
    data_dir = make_data_dir(tmp_path / "data", LOCAL)
    (data_dir / "orchestrator.json").write_text("{")

    assert read_address(data_dir) is None
    assert find_access(data_dir=data_dir, environment={}).url == DEFAULT_URL


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:8000", "ftp://host", "http://", "http://u:p@host", "http://h:x", "http://h/?q"],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidAddress, match="not the URL of an orchestrator"):
        find_access(url, "token", environment={})


def test_loopback_is_decided_on_the_host_itself() -> None:
    assert all(map(is_loopback, ["http://localhost:1", "http://127.9.9.9", "https://[::1]:8"]))
    assert not any(
        map(is_loopback, ["http://localhost.evil", "http://127.0.0.1@evil", "http://0x7f.1", ""])
    )
