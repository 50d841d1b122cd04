"""The pages of the wire and of a command's states: messages, tables of moves, close codes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, get_args

import msgspec

from docs.generator.markdown import code, codes, sentence, table
from docs.generator.source import member_docs
from docs.generator.structs import describe, parts_of
from xagent_protocol.close_codes import (
    DUPLICATE_AGENT,
    STALE_EPOCH,
    SUPERSEDED,
    CloseCode,
    may_come_back,
)
from xagent_protocol.messages import AgentMessage, OrchestratorMessage
from xagent_protocol.outcomes import Effect
from xagent_protocol.transitions import (
    AGENT_SESSION_MOVES,
    COMMAND_MOVES,
    ORCHESTRATOR_SESSION_MOVES,
    TERMINAL_STATES,
    CommandEvent,
    SessionState,
)

_MEANINGS: Final = {
    CloseCode.NORMAL: "The orchestrator's answer to a `goodbye`.",
    CloseCode.GOING_AWAY: "The agent leaves, after its `goodbye`.",
    CloseCode.INVALID_DATA: "A frame is not UTF-8.",
    CloseCode.TOO_BIG: "A frame is longer than 1 MiB.",
    CloseCode.INTERNAL_ERROR: "A channel failed at the agent; the socket of commands is never "
    "closed so.",
    CloseCode.SERVICE_RESTART: "The orchestrator shuts down, after its `drain`.",
    CloseCode.TRY_AGAIN_LATER: "The other end does not read what is sent to it, "
    "or the agent cannot write down the epoch of a `welcome`.",
    CloseCode.BAD_MESSAGE: "A frame is binary, not JSON, not a message of this version, "
    "or nested too deeply.",
    CloseCode.UNAUTHORIZED: "The credential is not this agent's. Sent only where the handshake "
    "cannot be answered with HTTP 401.",
    CloseCode.FORBIDDEN: "A result for a command of another agent.",
    CloseCode.OUT_OF_TURN: "A valid message that the state of the session does not allow.",
    CloseCode.TIMED_OUT: "No `hello` within 5 s, or silence for four heartbeats.",
    CloseCode.CONFLICT: f"The first word of the reason says which: `{SUPERSEDED}`, a newer "
    f"connection of the same install is in place; `{DUPLICATE_AGENT}`, another install holds the "
    f"name; `{STALE_EPOCH}`, said by the agent, which has already seen a newer welcome.",
    CloseCode.UNSUPPORTED_PROTOCOL: "The two ends share no version of the wire.",
}


def agent_messages() -> str:
    """What an agent says."""
    return _messages(get_args(AgentMessage))


def orchestrator_messages() -> str:
    """What the orchestrator says."""
    return _messages(get_args(OrchestratorMessage))


def wire_values() -> str:
    """The structures that messages carry."""
    kinds = (*get_args(AgentMessage), *get_args(OrchestratorMessage))
    parts = parts_of(kinds)
    return "\n\n".join(f"### {name}\n\n{describe(kind)}" for name, kind in parts.items())


def orchestrator_session() -> str:
    """What the orchestrator may hear in each state."""
    return _session(ORCHESTRATOR_SESSION_MOVES)


def agent_session() -> str:
    """What an agent may hear in each state."""
    return _session(AGENT_SESSION_MOVES)


def close_codes() -> str:
    """Every code with which a socket is closed."""
    return table(
        ("code", "name", "when", "does the agent dial again?"),
        [(str(one.value), code(one.name), _MEANINGS[one], _comes_back(one)) for one in CloseCode],
    )


def command_diagram() -> str:
    """The states of a command, as a picture."""
    rows = _rows_of_events()
    lines = ["stateDiagram-v2", "    [*] --> queued: T1", "    [*] --> dispatched: T1 and T2"]
    for state, moves in COMMAND_MOVES.items():
        by_target: dict[str, list[str]] = {}
        for event, target in moves.items():
            label = f"{rows[event]} {event.value.replace('_', ' ')}"
            by_target.setdefault(target.value, []).append(label)
        for target_name, labels in by_target.items():
            lines.append(f"    {state.value} --> {target_name}: {', '.join(labels)}")
    lines += [f"    {state.value} --> [*]" for state in COMMAND_MOVES if state in TERMINAL_STATES]
    return "```mermaid\n" + "\n".join(lines) + "\n```"


def command_moves() -> str:
    """The states of a command, as a table."""
    docs, rows = member_docs(CommandEvent), _rows_of_events()
    found = []
    for event in CommandEvent:
        sources = [state for state, moves in COMMAND_MOVES.items() if event in moves]
        targets = {COMMAND_MOVES[state][event] for state in sources}
        meaning = sentence(docs[event.name].partition(": ")[2])
        cells = (codes(sources), codes(sorted(targets)), meaning)
        found.append((rows[event], code(event.value), *cells))
    return table(("row", "event", "from", "to", "what happened"), found)


def effects() -> str:
    """What is known of a command's effect."""
    docs = member_docs(Effect)
    return table(("effect", "means"), [(code(one.value), docs[one.name]) for one in Effect])


def _messages(kinds: Iterable[type[msgspec.Struct]]) -> str:
    return "\n\n".join(f"### `{kind.__struct_config__.tag}`\n\n{describe(kind)}" for kind in kinds)


def _session(moves: dict[SessionState, dict[str, SessionState]]) -> str:
    said = list(dict.fromkeys(word for row in moves.values() for word in row))
    states = [state for state in moves if moves[state]]
    return table(
        ("state", *(code(word) for word in said)),
        [
            (
                code(state),
                *(code(moves[state][word]) if word in moves[state] else "–" for word in said),
            )
            for state in states
        ],
    )


def _comes_back(one: CloseCode) -> str:
    if one is CloseCode.CONFLICT:
        return f"not after `{SUPERSEDED}`, else yes"
    return "yes" if may_come_back(one) else "no: it ends"


def _rows_of_events() -> dict[CommandEvent, str]:
    docs = member_docs(CommandEvent)
    return {event: docs[event.name].partition(":")[0] for event in CommandEvent}
