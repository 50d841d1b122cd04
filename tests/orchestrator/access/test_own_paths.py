"""Where a browser is sent after signing in: nowhere but here."""

from __future__ import annotations

import pytest

from orchestrator.access.own_paths import own_path, sign_in_path


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/traces/019ab1c2-3d4e-7f60-8a9b-0c1d2e3f4a5b",
        "/traces/viewer/index.html?trace=%2Ftraces%2Fx%2Ftrace.zip",
        "/docs?x=http://evil.com",
        "/a//b",
    ],
)
def test_paths_of_ours_are_kept(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "traces",
        "//evil.com",
        "///evil.com",
        "/\\evil.com",
        "\\\\evil.com",
        "/\t/evil.com",
        "/\n/evil.com",
        "/\r\nSet-Cookie: a=b",
        " //evil.com",
        "\x00//evil.com",
        "https://evil.com",
        "https:evil.com",
        "HTTPS://evil.com",
        "javascript:alert(1)",
        "data:text/html,x",
        "/ /evil.com",
        "/évil",
        "/a\\b",
        "/x#//evil.com",
        '/"><script>',
        "/" + "a" * 2000,
        "@evil.com",
        ".evil.com",
    ],
)
def test_whatever_may_lead_elsewhere_leads_home(path: str) -> None:
    assert own_path(path) == "/"


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/traces/x", b"", "/sign-in?next=/traces/x"),
        ("/traces/x", b"a=1&b=/2", "/sign-in?next=/traces/x%3Fa%3D1%26b%3D/2"),
        ("/traces/ü x", b"", "/sign-in?next=/traces/%25C3%25BC%2520x"),
        ("/traces/x", b"a=\r\nb", "/sign-in?next=/"),
        ("//evil.com/traces", b"", "/sign-in?next=/"),
    ],
)
def test_what_was_asked_for_is_remembered(path: str, query: bytes, expected: str) -> None:
    scope = {"type": "http", "path": path, "query_string": query}

    assert sign_in_path(scope) == expected
