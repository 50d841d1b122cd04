"""One-time codes that change with the time (RFC 6238), as authenticator apps make them."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32decode
from binascii import Error as NotBase32
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, urlsplit

from agent_runtime.secrets.errors import SecretInvalid

_ALGORITHMS: Final = {"SHA1": hashlib.sha1, "SHA256": hashlib.sha256, "SHA512": hashlib.sha512}
_DIGITS: Final = range(6, 11)
_PERIODS: Final = range(5, 601)
_LEAST_KEY_BYTES: Final = 5


@dataclass(frozen=True)
class Totp:
    """Makes the codes of one key; *period* in seconds."""

    key: bytes = field(repr=False)
    digits: int = 6
    period: int = 30
    algorithm: str = "SHA1"

    @classmethod
    def read(cls, text: str) -> Totp:
        """Read a key in base32 as sites show it, or an `otpauth://totp/…` address.

        Raises:
            SecretInvalid: it is neither; the message does not quote it.
        """
        if not text.lower().startswith("otpauth:"):
            return cls(_key(text))
        parts = urlsplit(text)
        if parts.netloc.lower() != "totp":
            raise SecretInvalid("the otpauth address is not of codes by time: it must say totp")
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        algorithm = given.get("algorithm", "SHA1").upper().replace("-", "")
        if algorithm not in _ALGORITHMS:
            raise SecretInvalid("the otpauth address names an algorithm that is not known")
        return cls(
            _key(given.get("secret", "")),
            _number(given, "digits", 6, _DIGITS),
            _number(given, "period", 30, _PERIODS),
            algorithm,
        )

    def code(self, now: float) -> str:
        """Return the code that is good at *now*, in seconds since 1970."""
        step = int(now // self.period).to_bytes(8)
        digest = hmac.new(self.key, step, _ALGORITHMS[self.algorithm]).digest()
        at = digest[-1] & 0xF
        number = int.from_bytes(digest[at : at + 4]) & 0x7FFF_FFFF
        return f"{number % 10**self.digits:0{self.digits}d}"

    def seconds_left(self, now: float) -> float:
        """Return how long that code is good still."""
        return self.period - now % self.period


def key_text(text: str) -> str:
    """Return the part of a kept key that is the secret itself, without blanks."""
    if text.lower().startswith("otpauth:"):
        text = parse_qs(urlsplit(text).query).get("secret", [""])[0]
    return "".join(text.replace("-", "").split()).rstrip("=")


def _key(text: str) -> bytes:
    plain = key_text(text)
    try:
        key = b32decode(plain + "=" * (-len(plain) % 8), casefold=True)
    except (NotBase32, ValueError):
        raise SecretInvalid(
            "the key of one-time codes is not base32: give what the site shows under its QR code, "
            "or the otpauth:// address within it"
        ) from None
    if len(key) < _LEAST_KEY_BYTES:
        raise SecretInvalid("the key of one-time codes is too short to be one")
    return key


def _number(given: dict[str, str], name: str, default: int, allowed: range) -> int:
    text = given.get(name, str(default))
    if not text.isdecimal() or int(text) not in allowed:
        raise SecretInvalid(
            f"the otpauth address has a bad {name}: {allowed[0]} to {allowed[-1]} will do"
        )
    return int(text)
