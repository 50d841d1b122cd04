"""Both ends of a conversation: every state with every message."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from tests.xagent_protocol.messages import FROM_AGENT, FROM_ORCHESTRATOR, HELLO
from xagent_protocol import OLDEST_PROTOCOL, PROTOCOL
from xagent_protocol.close_codes import CloseCode
from xagent_protocol.codec import encode
from xagent_protocol.errors import InvalidMessage, OutOfTurn, UnsupportedProtocol
from xagent_protocol.session import AgentSession, OrchestratorSession, message_type, negotiate
from xagent_protocol.transitions import SessionState

# Written out from docs/protocol.md, and not computed from the tables they are to check.
ORCHESTRATOR_HEARS = {
    "awaiting_hello": {"hello": "awaiting_inventory"},
    "awaiting_inventory": {
        "inventory": "ready",
        "beat": "awaiting_inventory",
        "goodbye": "closed",
    },
    "ready": {"started": "ready", "result": "ready", "beat": "ready", "goodbye": "closed"},
    "draining": {
        "started": "draining",
        "result": "draining",
        "beat": "draining",
        "goodbye": "closed",
    },
    "closed": {},
}
AGENT_HEARS = {
    "awaiting_welcome": {"welcome": "ready", "drain": "draining"},
    "ready": {
        "command": "ready",
        "cancel": "ready",
        "open_channel": "ready",
        "ack": "ready",
        "beat": "ready",
        "drain": "draining",
    },
    "draining": {"cancel": "draining", "ack": "draining", "beat": "draining"},
    "closed": {},
}


@pytest.mark.parametrize(("state", "word"), list(itertools.product(ORCHESTRATOR_HEARS, FROM_AGENT)))
def test_what_an_orchestrator_hears_in_every_state(state: str, word: str) -> None:
    session = OrchestratorSession()
    session.state = SessionState(state)
    after = ORCHESTRATOR_HEARS[state].get(word)

    if after is None:
        with pytest.raises(OutOfTurn, match=word) as raised:
            session.receive(encode(FROM_AGENT[word]))
        assert raised.value.close_code is CloseCode.OUT_OF_TURN
        assert session.state == state
    else:
        assert message_type(session.receive(encode(FROM_AGENT[word]))) == word
        assert session.state == after


@pytest.mark.parametrize(("state", "word"), list(itertools.product(AGENT_HEARS, FROM_ORCHESTRATOR)))
def test_what_an_agent_hears_in_every_state(state: str, word: str) -> None:
    session = AgentSession()
    session.state = SessionState(state)
    after = AGENT_HEARS[state].get(word)

    if after is None:
        with pytest.raises(OutOfTurn, match=word):
            session.receive(encode(FROM_ORCHESTRATOR[word]))
        assert session.state == state
    else:
        assert message_type(session.receive(encode(FROM_ORCHESTRATOR[word]))) == word
        assert session.state == after


@pytest.mark.parametrize("session", [OrchestratorSession(), AgentSession()], ids=["o", "a"])
def test_nonsense_moves_nobody(session: OrchestratorSession | AgentSession) -> None:
    before = session.state

    with pytest.raises(InvalidMessage):
        session.receive("nonsense")
    assert session.state is before


def test_only_a_ready_session_drains_and_a_closed_one_hears_nothing() -> None:
    session = OrchestratorSession()
    states = []
    session.drain()
    states.append(session.state)

    session.receive(encode(HELLO))
    session.receive(encode(FROM_AGENT["inventory"]))
    session.drain()
    states.append(session.state)

    assert states == [SessionState.AWAITING_HELLO, SessionState.DRAINING]
    session.close()
    with pytest.raises(OutOfTurn):
        session.receive(encode(FROM_AGENT["beat"]))


def test_a_closed_agent_session_hears_nothing() -> None:
    session = AgentSession()
    session.close()

    with pytest.raises(OutOfTurn):
        session.receive(encode(FROM_ORCHESTRATOR["welcome"]))


def test_the_newest_version_of_both_is_chosen() -> None:
    for newest in (PROTOCOL, PROTOCOL + 5):
        hello = msgspec.structs.replace(HELLO, protocol_min=OLDEST_PROTOCOL, protocol_max=newest)
        assert negotiate(hello) == PROTOCOL


@pytest.mark.parametrize(
    ("oldest", "newest", "to_upgrade"),
    [
        (PROTOCOL + 1, PROTOCOL + 2, "upgrade the orchestrator"),
        (OLDEST_PROTOCOL - 1, OLDEST_PROTOCOL - 1, "upgrade the agent"),
    ],
)
def test_without_a_common_version_the_older_side_is_named(
    oldest: int, newest: int, to_upgrade: str
) -> None:
    hello = msgspec.structs.replace(HELLO, protocol_min=oldest, protocol_max=newest)

    with pytest.raises(UnsupportedProtocol, match=to_upgrade) as raised:
        negotiate(hello)
    assert raised.value.close_code is CloseCode.UNSUPPORTED_PROTOCOL
