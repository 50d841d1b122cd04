"""One secret: what it is called, what kind of thing it is, and where it may be typed."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

import msgspec

from agent_runtime.secrets.errors import SecretInvalid
from agent_runtime.secrets.hosts import host_pattern
from agent_runtime.secrets.masking import LEAST_CHARACTERS
from agent_runtime.secrets.totp import Totp, key_text

NAME_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
_NAME: Final = re.compile(NAME_PATTERN.replace("$", r"\Z"))
_MOST_CHARACTERS: Final = 20_000
_GROUP: Final = 4
_LEAST_LINE: Final = 8


class SecretKind(StrEnum):
    """What is done with the value."""

    TEXT = "text"
    """It is typed as it is."""
    TOTP = "totp"
    """It is the key of one-time codes, and these are typed."""


class Secret(msgspec.Struct, frozen=True):
    """A secret with its value; made by `checked`, or read from where `checked` ones are kept.

    *hosts* are patterns of the hosts on whose pages it may be typed; none means anywhere.
    """

    name: str
    kind: SecretKind
    value: str
    hosts: tuple[str, ...] = ()

    # The generated text would carry the value into a log or a traceback.
    def __repr__(self) -> str:
        """Name the secret without its value."""
        return f"Secret({self.name!r}, {self.kind.value}, hosts={self.hosts!r})"

    @classmethod
    def checked(
        cls, name: str, value: str, *, is_totp: bool = False, hosts: tuple[str, ...] = ()
    ) -> Secret:
        """Make a secret of what a person gave.

        Raises:
            SecretInvalid: one sentence says what is wrong, and does not quote the value.
        """
        check_name(name)
        if len(value.strip()) < LEAST_CHARACTERS:
            raise SecretInvalid(
                f"the value has fewer than {LEAST_CHARACTERS} characters: so short a text stands "
                "on every page, and could not be kept out of answers"
            )
        if len(value) > _MOST_CHARACTERS:
            raise SecretInvalid(f"the value has more than {_MOST_CHARACTERS:,} characters")
        if "\0" in value:
            raise SecretInvalid("the value holds a zero character, which no field takes")
        if is_totp:
            value = value.strip()
            Totp.read(value)
        kind = SecretKind.TOTP if is_totp else SecretKind.TEXT
        return cls(name, kind, value, tuple(dict.fromkeys(map(host_pattern, hosts))))

    def texts(self) -> tuple[str, ...]:
        """Return what gives the secret away wherever it stands."""
        if self.kind is SecretKind.TOTP:
            return _key_texts(key_text(self.value))
        lines = [line.strip() for line in self.value.splitlines()]
        long = [line for line in lines if len(line) >= _LEAST_LINE]
        return tuple(dict.fromkeys([self.value, *(long if len(lines) > 1 else ())]))


def check_name(name: str) -> None:
    """Refuse what cannot name a secret.

    Raises:
        SecretInvalid: it cannot.
    """
    if not _NAME.match(name):
        raise SecretInvalid(
            f"{name!r} cannot name a secret: use up to 63 letters, digits, dots, dashes and "
            "underscores, and begin with a letter or digit"
        )


def _key_texts(key: str) -> tuple[str, ...]:
    """Return the ways in which sites show a key: in either case, in one piece or in fours."""
    grouped = " ".join(key[at : at + _GROUP] for at in range(0, len(key), _GROUP))
    ways = [key, *(way for text in (key, grouped) for way in (text.upper(), text.lower()))]
    return tuple(dict.fromkeys(ways))
