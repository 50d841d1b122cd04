"""The spellings of a text."""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, strategies as st

from agent_runtime.secrets.spellings import base64_parts, base64_pattern, pattern, plain_part

Spell = Callable[[str], str]


def _javascript(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _ascii_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _capital_hex(text: str) -> str:
    return re.sub(r"\\u[0-9a-f]{4}", lambda one: f"\\u{one[0][2:].upper()}", _ascii_json(text))


def _slashes_escaped(text: str) -> str:
    return _ascii_json(text).replace("/", "\\/")


def _safe_in_html(text: str) -> str:
    escaped = _javascript(text)
    for one in "<>&'":
        escaped = escaped.replace(one, f"\\u{ord(one):04x}")
    return escaped


def _component(text: str) -> str:
    return quote(text, safe="!'()*-._~")


def _whole_url(text: str) -> str:
    return quote(text, safe=";,/?:@&=+$#!'()*-._~")


def _everything(text: str) -> str:
    return quote(text, safe="")


def _small_hex(text: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda one: one[0].lower(), _everything(text))


def _entities(text: str) -> str:
    return "".join(one if one.isalnum() and one.isascii() else f"&#{ord(one)};" for one in text)


def _hex_entities(text: str) -> str:
    return "".join(one if one.isalnum() and one.isascii() else f"&#x{ord(one):X};" for one in text)


def _as_it_is(text: str) -> str:
    return text


SPELLINGS: tuple[Spell, ...] = (
    *(_as_it_is, _javascript, _ascii_json, _capital_hex, _slashes_escaped, _safe_in_html),
    *(_component, _whole_url, _everything, _small_hex, quote_plus),
    *(html.escape, _entities, _hex_entities),
)

TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], include_characters=' \n\t"\\'),
    min_size=4,
    max_size=30,
).filter(lambda text: len(text.strip()) >= 4)


@given(text=TEXTS, spelling=st.sampled_from(SPELLINGS))
def test_a_text_is_found_in_every_spelling(text: str, spelling: Spell) -> None:
    assert re.search(pattern(text), spelling(text.strip()))


@given(text=TEXTS, first=st.sampled_from(SPELLINGS), second=st.sampled_from(SPELLINGS[:-2]))
def test_a_text_is_found_in_a_spelling_of_a_spelling(
    text: str, first: Spell, second: Spell
) -> None:
    """Say, JSON in the query of an address, or an attribute of HTML in JSON."""
    assert re.search(pattern(text), second(first(text.strip())))


@given(text=TEXTS, spelling=st.sampled_from(SPELLINGS))
def test_the_plain_part_stands_in_every_spelling(text: str, spelling: Spell) -> None:
    assert plain_part(text) in spelling(text)


@given(
    text=st.text(min_size=8, max_size=40).filter(lambda text: text.isprintable()),
    before=st.binary(max_size=5),
    after=st.binary(max_size=5),
    encode=st.sampled_from([b64encode, urlsafe_b64encode]),
    spelling=st.sampled_from([_as_it_is, _component, _slashes_escaped]),
)
def test_a_text_is_found_in_base64_wherever_it_begins(
    text: str, before: bytes, after: bytes, encode: Callable[[bytes], bytes], spelling: Spell
) -> None:
    encoded = spelling(encode(before + text.encode() + after).decode())

    assert any(re.search(base64_pattern(part), encoded) for part in base64_parts(text))


@pytest.mark.parametrize("other", ["correct horse batterystaple", "Correct horse battery staple"])
def test_what_is_spelled_otherwise_is_another_text(other: str) -> None:
    assert not re.search(pattern("correct horse battery staple"), other)


@pytest.mark.parametrize("blanks", [" ", "  \n", "\u00a0", "&nbsp;", "%20", "+", "\\n"])
def test_a_row_of_blanks_may_be_any_other(blanks: str) -> None:
    assert re.fullmatch(pattern("correct  horse"), f"correct{blanks}horse")


def test_a_long_row_of_backslashes_costs_no_more_than_its_length() -> None:
    assert not re.search(pattern('a"\\"b\\\\'), "\\" * 200_000)
