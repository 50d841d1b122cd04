"""Equal sets of actions are one object, for as long as some agent has them."""

from __future__ import annotations

import copy

import msgspec
import pytest

from orchestrator.store.announcements import Announcements
from tests.orchestrator.records import ACTIONS, action
from xagent_protocol.codec import encode_actions
from xagent_protocol.errors import InvalidMessage

OTHERS = (action("other", reads=True),)


def test_of_equal_sets_there_is_one_object() -> None:
    announcements = Announcements()

    first = announcements.take(ACTIONS)
    second = announcements.take(copy.deepcopy(ACTIONS))

    assert first is second is ACTIONS
    assert list(announcements) == [ACTIONS]
    assert announcements.find(announcements.digest(copy.deepcopy(ACTIONS))) is ACTIONS


def test_other_sets_are_kept_apart() -> None:
    announcements = Announcements()

    assert announcements.take(ACTIONS) is ACTIONS
    assert announcements.take(OTHERS) is OTHERS
    assert announcements.digest(ACTIONS) != announcements.digest(OTHERS)
    assert len(announcements) == 2


def test_a_set_that_no_agent_has_any_more_is_forgotten() -> None:
    announcements = Announcements()
    for _ in range(2):
        announcements.take(ACTIONS)

    announcements.drop(ACTIONS)
    assert len(announcements) == 1
    announcements.drop(ACTIONS)

    assert len(announcements) == 0
    assert announcements.find(announcements.digest(ACTIONS)) is None


def test_the_revision_changes_with_the_sets_and_not_with_the_agents() -> None:
    announcements = Announcements()
    announcements.take(ACTIONS)
    before = announcements.revision

    announcements.take(copy.deepcopy(ACTIONS))
    announcements.drop(ACTIONS)
    assert announcements.revision == before

    announcements.take(OTHERS)
    assert announcements.revision != before


def test_what_is_known_is_not_read_again() -> None:
    announcements = Announcements()
    announcements.take(ACTIONS)

    assert announcements.read(encode_actions(copy.deepcopy(ACTIONS))) is ACTIONS


def test_a_set_that_is_spelled_otherwise_is_the_same_set() -> None:
    announcements = Announcements()
    announcements.take(ACTIONS)
    spelled = msgspec.json.format(encode_actions(ACTIONS), indent=2)

    assert announcements.take(announcements.read(msgspec.Raw(spelled))) is ACTIONS
    assert len(announcements) == 1


@pytest.mark.parametrize(
    ("announced", "why"),
    [
        (b'[{"name":"goto"}]', r"missing required field `family` - at `\$\[0\]`"),
        (b'{"goto":{}}', "Expected `array`"),
        (b'"goto"', "Expected `array`"),
        (b'"%b"' % (b"0" * 64), "nobody has announced these"),
        (b"[" * 65 + b"]" * 65, "nested deeper than 64 levels"),
    ],
)
def test_what_is_no_list_of_actions_is_refused(announced: bytes, why: str) -> None:
    with pytest.raises(InvalidMessage, match=why):
        Announcements().read(msgspec.Raw(announced))
