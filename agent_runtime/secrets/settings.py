"""What the program that keeps secrets is told: its flags and `XAGENT_*` variables.

A value is never among them: whoever lists the processes of a machine can read their arguments.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, NoReturn

from agent_runtime.errors import InvalidSettings
from agent_runtime.secrets.store import Keeper
from agent_runtime.settings import read_agent_id, read_data_directory
from xagent_protocol.ids import AgentId

KEEPER_VARIABLE: Final = "XAGENT_SECRETS"


class Verb(StrEnum):
    """What is to be done."""

    SET = "set"
    LIST = "list"
    REMOVE = "remove"


@dataclass(frozen=True)
class SecretSettings:
    """One call of the program; *name* is empty where all secrets are meant."""

    verb: Verb
    agent_id: AgentId
    data_directory: Path
    name: str = ""
    is_totp: bool = False
    hosts: tuple[str, ...] = ()
    keeper: Keeper = Keeper.FILE
    as_json: bool = False

    @classmethod
    def read(cls, arguments: Sequence[str], environment: Mapping[str, str]) -> SecretSettings:
        """Build the settings; a flag wins over its variable.

        Raises:
            InvalidSettings: something is missing or makes no sense.
        """
        flags = _parser().parse_args(arguments)
        verb = Verb(flags.verb)
        sets = verb is Verb.SET
        return cls(
            verb,
            read_agent_id(flags.agent),
            read_data_directory(flags.data_dir or environment.get("XAGENT_DATA_DIR")),
            name="" if verb is Verb.LIST else flags.name,
            is_totp=sets and flags.totp,
            hosts=tuple(flags.host) if sets else (),
            keeper=_keeper(flags.keep_in, environment) if sets else Keeper.FILE,
            as_json=flags.json,
        )


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one sentence."""

    def error(self, message: str) -> NoReturn:
        raise InvalidSettings(f"{message}; see python -m agent_runtime.secrets --help")


def _parser() -> _Parser:
    parser = _Parser(
        prog="python -m agent_runtime.secrets",
        description="Keep what one agent of this machine types and tells nobody.",
        epilog=f"Variables: XAGENT_DATA_DIR, {KEEPER_VARIABLE}.",
    )
    parser.add_argument("--data-dir", help="where the agents' directories are")
    parser.add_argument("--json", action="store_true", help="complain in JSON, too")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb in Verb:
        each = verbs.add_parser(verb.value)
        each.add_argument("agent", metavar="AGENT")
        if verb is not Verb.LIST:
            each.add_argument("name", metavar="NAME")
        if verb is Verb.SET:
            each.add_argument("--totp", action="store_true", help="it is a key of one-time codes")
            each.add_argument("--host", action="append", default=[], metavar="PATTERN")
            each.add_argument("--keep-in", choices=[*Keeper], metavar="|".join(Keeper))
    return parser


def _keeper(flag: str | None, environment: Mapping[str, str]) -> Keeper:
    word = flag or environment.get(KEEPER_VARIABLE) or Keeper.FILE
    try:
        return Keeper(word)
    except ValueError:
        raise InvalidSettings(f"{KEEPER_VARIABLE} is {word!r}: say {' or '.join(Keeper)}") from None
