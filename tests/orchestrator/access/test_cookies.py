"""The cookie: what it is called, what it says of itself, and how it is found again."""

from __future__ import annotations

import pytest
from starlette.types import Scope

from orchestrator.access.cookies import cookie_with, cookie_without, secrets_of


def scope(*cookies: str, host: str = "127.0.0.1:8000", scheme: str = "http") -> Scope:
    """Return a request that brings *cookies*."""
    headers = [(b"host", host.encode())]
    headers += [(b"cookie", cookie.encode("latin-1")) for cookie in cookies]
    return {"type": "http", "scheme": scheme, "headers": headers}


def test_over_https_nobody_else_can_set_it() -> None:
    given = cookie_with("s", scope(scheme="https", host="grid.example.com"))

    assert given == ("__Host-xagent_browser=s; Path=/; HttpOnly; SameSite=Strict; Secure")


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("127.0.0.1:8000", "xagent_browser_8000"),
        ("[::1]:8001", "xagent_browser_8001"),
        ("localhost", "xagent_browser"),
        ("[::1]", "xagent_browser"),
    ],
)
def test_over_http_its_name_has_the_port(host: str, name: str) -> None:
    given = cookie_with("s", scope(host=host))

    assert given == f"{name}=s; Path=/; HttpOnly; SameSite=Strict"


def test_it_is_taken_back_as_it_was_given() -> None:
    request = scope(scheme="https")

    name, _, attributes = cookie_without(request).partition("=; ")
    assert cookie_with("s", request) == f"{name}=s; {attributes.removesuffix('; Max-Age=0')}"


@pytest.mark.parametrize(
    ("cookies", "found"),
    [
        ((), ()),
        (("",), ()),
        (("xagent_browser_8000=a",), ("a",)),
        (("other=1; xagent_browser_8000=a; more=2",), ("a",)),
        (("xagent_browser_8000=planted; xagent_browser_8000=a",), ("planted", "a")),
        (("xagent_browser_8000=a", "xagent_browser_8000=b"), ("a", "b")),
        (("xagent_browser_8001=a; xagent_browser=a; __Host-xagent_browser=a",), ()),
        (("xagent_browser_8000", "xagent_browser_8000=", "=a", ";;;"), ()),
        (("XAGENT_BROWSER_8000=a",), ()),
        (("xagent_browser_8000=é=b",), ("é=b",)),
        (("xagent_browser_8000=a;" * 100,), ("a",) * 8),
    ],
)
def test_it_is_found_among_others(cookies: tuple[str, ...], found: tuple[str, ...]) -> None:
    assert secrets_of(scope(*cookies)) == found


def test_over_https_a_cookie_without_the_prefix_counts_for_nothing() -> None:
    assert secrets_of(scope("xagent_browser=a", scheme="https")) == ()
    assert secrets_of(scope("__Host-xagent_browser=a", scheme="https")) == ("a",)
