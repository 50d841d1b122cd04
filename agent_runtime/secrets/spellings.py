"""How one text may be written where pages, programs and the wire have passed it on.

A value comes back as JSON, inside a URL, as HTML, in base64, or in several of these at once. So
what is looked for is not the text but a pattern that each of its spellings fits.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from html.entities import html5
from typing import Final

_RUNS: Final = re.compile(r"(?P<blanks>\s+)|(?P<backslashes>\\+)|(?P<one>.)", re.DOTALL)
_PLAIN: Final = re.compile(r"[A-Za-z0-9]+")

# What each way of writing begins with may itself be written in another, as often as is usual: a
# quote within JSON within an address is %5C%22. All is bounded, lest a long row cost its square.
_PERCENT: Final = "%(?:25){0,3}"
_BACKSLASHES: Final = rf"(?:\\|{_PERCENT}5[cC]){{1,8}}"
_END: Final = f"(?:;|{_PERCENT}3[bB])"
_AMPERSAND: Final = rf"(?:&|{_PERCENT}26|{_BACKSLASHES}u0026)(?:amp{_END}){{0,3}}"
_HASH: Final = f"(?:#|{_PERCENT}23)"
_BLANK: Final = (
    rf"\s|\+|{_PERCENT}(?:20|2[bB]|0[9aAdD]|[cC]2%(?:25){{0,3}}[aA]0)|{_BACKSLASHES}[fnrt]"
    rf"|{_AMPERSAND}(?:nbsp|{_HASH}(?:9|10|13|32|160)|{_HASH}[xX](?:9|[aA]|[dD]|20|[aA]0)){_END}"
)
"""A page shows any blank, and any row of them, as one space."""
_LETTERS: Final = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}


def _entities() -> dict[str, str]:
    names: dict[str, list[str]] = {}
    for name, character in html5.items():
        if name.endswith(";") and len(character) == 1:
            names.setdefault(character, []).append(name[:-1])
    return {character: "|".join(found) for character, found in names.items()}


_ENTITIES: Final = _entities()


def pattern(text: str) -> str:
    """Return a regular expression, without groups, that the spellings of *text* fit."""
    return "".join(_parts(text.strip()))


def plain_part(text: str) -> str:
    """Return the longest part of *text* that stands as it is in every spelling; may be empty."""
    return max(_PLAIN.findall(text), key=len, default="")


def base64_parts(text: str) -> tuple[str, ...]:
    """Return what base64 makes of *text* wherever in the encoded bytes it may begin.

    What depends on the neighbours, up to two characters at either end, is left out.
    """
    content = text.encode()
    parts = []
    for before in range(3):
        encoded = b64encode(bytes(before) + content).decode()
        parts.append(encoded[-(-before * 8 // 6) : (before + len(content)) * 8 // 6])
    return tuple(dict.fromkeys(parts))


def base64_pattern(part: str) -> str:
    """Return a regular expression for a part of base64, in its alphabet for URLs as well."""
    return "".join(
        f"(?:{_character(one)}|{'-' if one == '+' else '_'})" if one in "+/" else one
        for one in part
    )


def _parts(text: str) -> Iterator[str]:
    for run in _RUNS.finditer(text):
        if run["blanks"]:
            own = "|".join(map(_encoded, sorted(set(run[0]))))
            yield f"(?:{_BLANK}|{own}){{1,64}}"
        elif run["backslashes"]:
            length = len(run[0])
            plain = rf"(?:\\|{_PERCENT}5[cC]){{{length},{8 * length}}}"
            yield rf"(?:{plain}|(?:{_encoded(run[0][0])}){{{length}}})"
        else:
            yield _character(run["one"])


def _character(character: str) -> str:
    if _PLAIN.match(character):
        return character
    return f"(?:(?:{_BACKSLASHES})?{re.escape(character)}|{_encoded(character)})"


def _encoded(character: str) -> str:
    code = ord(character)
    in_bytes = "".join(f"{_PERCENT}{_hex(byte, 2)}" for byte in character.encode())
    names = f"|{_ENTITIES[character]}" if character in _ENTITIES else ""
    numbers = f"{_HASH}0{{0,6}}{code}|{_HASH}[xX]0{{0,6}}{_hex(code, 1)}"
    ways = [
        f"(?:{_BACKSLASHES})?(?:{in_bytes}|{_AMPERSAND}(?:{numbers}{names}){_END})",
        "".join(f"{_BACKSLASHES}u{_hex(unit, 4)}" for unit in _utf16(character)),
    ]
    if character in _LETTERS:
        ways.append(f"{_BACKSLASHES}{_LETTERS[character]}")
    if code < 0x100:
        ways.append(f"{_BACKSLASHES}x{_hex(code, 2)}")
    return "|".join(ways)


def _hex(number: int, width: int) -> str:
    return "".join(
        f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{number:0{width}x}"
    )


def _utf16(character: str) -> tuple[int, ...]:
    units = character.encode("utf-16-be")
    return tuple(int.from_bytes(units[at : at + 2]) for at in range(0, len(units), 2))
