"""Globs and regular expressions of URLs."""

from __future__ import annotations

import re

import pytest

from agent_runtime.browser.url_pattern import BadPattern, UrlPattern


@pytest.mark.parametrize(
    ("glob", "url", "fits"),
    [
        ("**/*.png", "https://a.example/b/c.png", True),
        ("**/*.png", "https://a.example/c.png?small", False),
        ("https://a.example", "https://a.example/", True),
        ("https://a.example/*", "https://a.example/b", True),
        ("https://a.example/*", "https://a.example/b/c", False),
        ("https://a.example/**", "https://a.example/b/c", True),
        ("https://a.example/**/c", "https://a.example/c", True),
        ("https://a.example/**/c", "https://a.example/b/b/c", True),
        ("https://a.example/**/c", "https://a.example/bc", False),
        ("**/*.{png,jp*g}", "https://a.example/b.jpeg", True),
        ("**/*.{png,jp*g}", "https://a.example/b.gif", False),
        ("**/search?q=*", "https://a.example/search?q=b", True),
        ("**/search?q=*", "https://a.example/searchXq=b", False),
        (r"**/\*", "https://a.example/*", True),
        (r"**/\*", "https://a.example/b", False),
        ("**/a.b", "https://x.example/acb", False),
    ],
)
def test_a_glob_fits_the_whole_url(glob: str, url: str, fits: bool) -> None:
    assert UrlPattern.of_glob(glob).matches(url) is fits


@pytest.mark.parametrize("glob", ["{", "{a,b", "**/*.{png,", "{a,{b,c}}", "a" * 1_001])
def test_a_glob_that_cannot_be_read_is_refused(glob: str) -> None:
    with pytest.raises(BadPattern):
        UrlPattern.of_glob(glob)


@pytest.mark.parametrize(
    "regex",
    [
        r"^https?://[^/]+/api/.*\.json$",
        r"(?i)API",
        r"/(?:v1|v2)/",
        r"/(?P<version>v\d{1,2})/",
        r"\x61p[h-j]",
        r"\u0061pi",
        r"[\]/]v",
        r"[^]]$",
        r"v1*?/",
        r"a{,2}p",
        r"p{1,}i{,}",
        r"v{2}",
        r"}|]",
        "",
    ],
)
@pytest.mark.parametrize("url", ["https://a.example/api/v1/b.json", "http://b.example/", "/v12/"])
def test_a_regular_expression_means_what_it_means_to_python(regex: str, url: str) -> None:
    assert UrlPattern.of_regex(regex).matches(url) is (re.search(regex, url) is not None)


@pytest.mark.parametrize(
    "regex",
    [
        *("(", "a)", "[", "[z-a]", "*", "a**", "a*+", "x{3,1}", "\\", "(?"),
        *("(?=a)", "(?<!a)", r"(a)\1", r"\bapi", "(?i:a)", "(a{100}){100}", "(" * 51 + ")" * 51),
    ],
)
def test_a_regular_expression_that_no_automaton_can_follow_is_refused(regex: str) -> None:
    with pytest.raises(BadPattern):
        UrlPattern.of_regex(regex)


def test_it_is_called_as_it_was_written() -> None:
    assert UrlPattern.of_glob("https://a.example").text == "https://a.example"
