"""On which hosts a secret may be typed."""

from __future__ import annotations

import pytest

from agent_runtime.secrets.errors import SecretInvalid
from agent_runtime.secrets.hosts import host_of, host_pattern, may_be_typed


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        ("shop.example.com", "https://shop.example.com/login"),
        ("shop.example.com", "https://shop.example.com:8443/"),
        ("shop.example.com:8443", "https://shop.example.com:8443/"),
        ("shop.example.com:443", "https://shop.example.com/"),
        ("shop.example.com", "https://user:word@shop.example.com/"),
        ("*.example.com", "https://a.b.example.com/"),
        ("http://shop.example.com", "http://shop.example.com/"),
        ("http://shop.example.com", "https://shop.example.com/"),
        ("http://shop.example.com:80", "http://shop.example.com/"),
        ("localhost", "http://localhost:8000/"),
        ("127.0.0.1", "http://127.0.0.1:8000/"),
        ("[::1]", "http://[::1]:8000/"),
        ("[::1]:8000", "http://[::1]:8000/"),
        ("bücher.example", "https://xn--bcher-kva.example/"),
        ("SHOP.example.com", "https://shop.example.com/"),
    ],
)
def test_a_host_of_the_pattern_is_right(pattern: str, url: str) -> None:
    assert may_be_typed(url, ("elsewhere.example", host_pattern(pattern)))


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        ("shop.example.com", "https://shop.example.com.evil.example/"),
        ("shop.example.com", "https://evil-shop.example.com/"),
        ("shop.example.com", "https://a.shop.example.com/"),
        ("shop.example.com", "https://evil.example/shop.example.com"),
        ("shop.example.com", "https://evil.example/?@shop.example.com"),
        ("shop.example.com", "https://shop.example.com@evil.example/"),
        ("shop.example.com", "https://shop.example.com./"),
        ("shop.example.com", "http://shop.example.com/"),
        ("shop.example.com:8443", "https://shop.example.com/"),
        ("*.example.com", "https://example.com/"),
        ("*.example.com", "https://evilexample.com/"),
        ("localhost", "http://localhost.evil.example/"),
        ("shop.example.com", "about:blank"),
        ("shop.example.com", "about:srcdoc"),
        ("shop.example.com", "data:text/html,shop.example.com"),
        ("shop.example.com", "blob:https://shop.example.com/1"),
        ("shop.example.com", "file://shop.example.com/x"),
        ("shop.example.com", ""),
    ],
)
def test_any_other_host_is_wrong(pattern: str, url: str) -> None:
    assert not may_be_typed(url, (host_pattern(pattern),))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "*",
            "*.com",
            "shop.*.com",
            "a b",
            "shop.example.com/login",
            "ftp://shop.example.com",
        ),
        *("shop..example.com", "user@shop.example.com", "[::x]", "shop.example.com:port", "-.-."),
    ],
)
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(SecretInvalid, match="is no host"):
        host_pattern(text)


def test_a_host_is_called_by_its_name_and_port() -> None:
    assert host_of("https://user:word@shop.example.com:8443/x") == "shop.example.com:8443"
    assert host_of("about:blank") is None
