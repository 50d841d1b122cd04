"""A host as the browser reads it, whatever way it is written.

`EXAMPLE.com.`, `ex%61mple.com`, `0x7f.1`, `2130706433` and `[::ffff:7f00:1]` are other names of
hosts that a list names plainly, so hosts are compared by what a browser makes of them: lower-case
ASCII names, and addresses as numbers. What cannot be read for certain is no host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from urllib.parse import unquote_to_bytes

import idna

Address = IPv4Address | IPv6Address

_FORBIDDEN: Final = re.compile(r"[\x00-\x20#/:<>?@\[\\\]^|%\x7f]")
_IDEOGRAPHIC_DOTS: Final = str.maketrans("\u3002\uff0e\uff61", "...")
_NUMBER: Final = re.compile(r"0x[0-9a-f]*|[0-9]+")
_MAX_NAME: Final = 253


class UnreadableHost(ValueError):
    """No browser would take it for a host, or we cannot be sure what it would take it for."""


@dataclass(frozen=True)
class Host:
    """A name in lower-case ASCII, without the dot that may end it, or an address."""

    name: str
    address: Address | None = None

    def __str__(self) -> str:
        """As it stands in a URL."""
        return f"[{self.name}]" if isinstance(self.address, IPv6Address) else self.name

    @classmethod
    def of(cls, address: Address) -> Host:
        """Return the host that *address* is the whole name of."""
        return cls(str(address), address)

    @property
    def is_localhost(self) -> bool:
        """Whether it is this machine by its name, of which nobody is ever asked."""
        return self.name == "localhost" or self.name.endswith(".localhost")


def read_host(text: str) -> Host:
    """Read the host of a URL, an IPv6 address in its brackets.

    Raises:
        UnreadableHost
    """
    if text.startswith("["):
        return _read_v6(text)
    name = _ascii(_decoded(text)).removesuffix(".")
    if not name or len(name) > _MAX_NAME or _FORBIDDEN.search(name):
        raise UnreadableHost(f"{text[:200]!r} is no host")
    labels = name.split(".")
    if not all(labels):
        raise UnreadableHost(f"{text[:200]!r} has two dots in a row, or begins with one")
    if _NUMBER.fullmatch(labels[-1]):
        return Host.of(_read_v4(text, labels))
    return Host(name)


def _decoded(text: str) -> str:
    try:
        return unquote_to_bytes(text.encode()).decode()
    except UnicodeError as error:
        raise UnreadableHost(f"{text[:200]!r} is not encoded in UTF-8") from error


def _ascii(name: str) -> str:
    if name.isascii():
        return name.lower()
    try:
        # What a browser maps and what it refuses; the rules of registries are not its business.
        mapped = idna.uts46_remap(name, std3_rules=False, transitional=False)
    except idna.IDNAError as error:
        raise UnreadableHost(f"{name[:200]!r} is no international name") from error
    return ".".join(
        label if label.isascii() else f"xn--{label.encode('punycode').decode()}"
        for label in mapped.translate(_IDEOGRAPHIC_DOTS).split(".")
    )


def _read_v6(text: str) -> Host:
    try:
        if not text.endswith("]") or "%" in text:
            raise ValueError
        return Host.of(IPv6Address(text[1:-1]))
    except ValueError as error:
        raise UnreadableHost(f"{text[:200]!r} is no IPv6 address") from error


def _read_v4(text: str, labels: list[str]) -> IPv4Address:
    """Read one to four numbers, decimal, octal or hexadecimal; the last fills what is left."""
    try:
        *first, last = (_number(label) for label in labels)
        if len(first) > 3 or any(part > 255 for part in first) or last >= 256 ** (4 - len(first)):
            raise ValueError
    except ValueError as error:
        raise UnreadableHost(f"{text[:200]!r} ends in a number and is no IPv4 address") from error
    whole = last
    for place, part in enumerate(first):
        whole += part * 256 ** (3 - place)
    return IPv4Address(whole)


def _number(label: str) -> int:
    if not _NUMBER.fullmatch(label):
        raise ValueError
    if label.startswith("0x"):
        return int(label[2:] or "0", 16)
    if len(label) > 1 and label.startswith("0"):
        return int(label, 8)
    return int(label)
