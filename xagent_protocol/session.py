"""One conversation on an agent socket, without the socket: text in, messages out, or a refusal.

Both ends pump what they receive through one of these, so that no handler ever sees a message
that the state of the session does not allow.
"""

from __future__ import annotations

from xagent_protocol import OLDEST_PROTOCOL, PROTOCOL
from xagent_protocol.codec import decode_from_agent, decode_from_orchestrator
from xagent_protocol.errors import OutOfTurn, UnsupportedProtocol
from xagent_protocol.messages import AgentMessage, Hello, OrchestratorMessage
from xagent_protocol.transitions import (
    AGENT_SESSION_MOVES,
    ORCHESTRATOR_SESSION_MOVES,
    SessionState,
)


def message_type(message: AgentMessage | OrchestratorMessage) -> str:
    """Return the wire's word for *message*."""
    return str(message.__struct_config__.tag)


def negotiate(hello: Hello) -> int:
    """Choose the newest version that both ends speak.

    Raises:
        UnsupportedProtocol: there is none; the message says which side is to be upgraded.
    """
    version = min(hello.protocol_max, PROTOCOL)
    if version < max(hello.protocol_min, OLDEST_PROTOCOL):
        older = "agent" if hello.protocol_max < OLDEST_PROTOCOL else "orchestrator"
        raise UnsupportedProtocol(
            f"agent speaks {hello.protocol_min} to {hello.protocol_max}, orchestrator "
            f"{OLDEST_PROTOCOL} to {PROTOCOL}: upgrade the {older}"
        )
    return version


class OrchestratorSession:
    """The orchestrator's end: begins by awaiting a hello."""

    def __init__(self) -> None:
        """Open the conversation."""
        self.state = SessionState.AWAITING_HELLO

    def receive(self, text: str) -> AgentMessage:
        """Take one frame and move on.

        Raises:
            InvalidMessage: it is no message.
            OutOfTurn: it is not to be said now.
        """
        message = decode_from_agent(text)
        self.state = _next(ORCHESTRATOR_SESSION_MOVES, self.state, message_type(message))
        return message

    def drain(self) -> None:
        """Note that the drain was announced."""
        if self.state is SessionState.READY:
            self.state = SessionState.DRAINING

    def close(self) -> None:
        """Note that the socket is gone; nothing may be received any more."""
        self.state = SessionState.CLOSED


class AgentSession:
    """The agent's end: its hello is out and it awaits the welcome."""

    def __init__(self) -> None:
        """Open the conversation."""
        self.state = SessionState.AWAITING_WELCOME

    def receive(self, text: str) -> OrchestratorMessage:
        """Take one frame and move on; raises like `OrchestratorSession.receive`."""
        message = decode_from_orchestrator(text)
        self.state = _next(AGENT_SESSION_MOVES, self.state, message_type(message))
        return message

    def close(self) -> None:
        """Note that the socket is gone; nothing may be received any more."""
        self.state = SessionState.CLOSED


def _next(
    moves: dict[SessionState, dict[str, SessionState]], state: SessionState, word: str
) -> SessionState:
    try:
        return moves[state][word]
    except KeyError:
        raise OutOfTurn(f"{word!r} is not to be said while {state}") from None
