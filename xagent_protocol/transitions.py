"""The states of a command and of a session, their moves as tables, and who may make them.

The tables are the specification: the tests try every pair, and the diagrams in `docs/` are drawn
from them. Rows T1–T12 are named as in `docs/delivery.md`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from xagent_protocol.errors import IllegalMove
from xagent_protocol.outcomes import Effect, OutcomeState, join_effects


class CommandState(StrEnum):
    """Where a command is; the last six are terminal and never change."""

    QUEUED = "queued"
    DISPATCHED = "dispatched"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    TIMED_OUT = "timed_out"
    LOST = "lost"

    @property
    def is_terminal(self) -> bool:
        """Whether no further move exists."""
        return self in TERMINAL_STATES


class CommandEvent(StrEnum):
    """What happens to a command; each is one row of the table of moves."""

    DISPATCH = "dispatch"
    """T2: its frame is about to be sent to the agent."""
    START = "start"
    """T3: the agent says that it begins."""
    SUCCEED = "succeed"
    """T4: the agent reports success."""
    FAIL = "fail"
    """T4: the agent reports failure."""
    RETURN = "return"
    """T5: proven never begun; back to the queue."""
    RETRY = "retry"
    """T6: idempotent and unaccounted for; back to the queue, tainted."""
    LOSE = "lose"
    """T7: it cannot be known whether it ran."""
    EXPIRE = "expire"
    """T8: its time in the queue is over."""
    WITHDRAW = "withdraw"
    """T9: cancelled while still in the queue."""
    STOP = "stop"
    """T11: the agent confirms that it was cancelled."""
    TIME_OUT = "time_out"
    """T11: the agent reports that its time budget was spent."""


_S = CommandState
_E = CommandEvent
_AGENT_REPORTS: Final = {
    _E.SUCCEED: _S.SUCCEEDED,
    _E.FAIL: _S.FAILED,
    _E.STOP: _S.CANCELLED,
    _E.TIME_OUT: _S.TIMED_OUT,
}
_RECONCILED: Final = {_E.RETURN: _S.QUEUED, _E.RETRY: _S.QUEUED, _E.LOSE: _S.LOST}

COMMAND_MOVES: Final[dict[CommandState, dict[CommandEvent, CommandState]]] = {
    _S.QUEUED: {
        _E.DISPATCH: _S.DISPATCHED,
        _E.EXPIRE: _S.EXPIRED,
        _E.WITHDRAW: _S.CANCELLED,
    },
    _S.DISPATCHED: {_E.START: _S.RUNNING, **_AGENT_REPORTS, **_RECONCILED},
    # A command that began was received, so it can never be returned as if it had not been.
    _S.RUNNING: {**_AGENT_REPORTS, _E.RETRY: _S.QUEUED, _E.LOSE: _S.LOST},
    _S.SUCCEEDED: {},
    _S.FAILED: {},
    _S.CANCELLED: {},
    _S.EXPIRED: {},
    _S.TIMED_OUT: {},
    _S.LOST: {},
}

TERMINAL_STATES: Final = frozenset(state for state, moves in COMMAND_MOVES.items() if not moves)

EVENT_OF_OUTCOME: Final = {
    OutcomeState.SUCCEEDED: CommandEvent.SUCCEED,
    OutcomeState.FAILED: CommandEvent.FAIL,
    OutcomeState.CANCELLED: CommandEvent.STOP,
    OutcomeState.TIMED_OUT: CommandEvent.TIME_OUT,
}


class Progress(msgspec.Struct, frozen=True):
    """The moving part of a command: everything that a move may change.

    *tainted* says that an earlier attempt may have run; from then on the effect is unknown,
    because it is the join over all attempts.
    """

    state: CommandState
    attempt: int = 0
    effect: Effect = Effect.NONE
    tainted: bool = False
    cancel_requested: bool = False


def advance(progress: Progress, event: CommandEvent, effect: Effect = Effect.NONE) -> Progress:
    """Apply one row of the table; the only function that changes a command's state.

    *effect* is what the agent reported of this attempt; it counts only for agent reports.

    Raises:
        IllegalMove: the table has no such row for this state; nothing changed.
    """
    try:
        state = COMMAND_MOVES[progress.state][event]
    except KeyError:
        raise IllegalMove(f"a command that is {progress.state} cannot {event}") from None
    attempt, tainted = progress.attempt, progress.tainted
    joined = progress.effect
    if event is CommandEvent.DISPATCH:
        attempt += 1
    elif event is CommandEvent.RETRY:
        tainted = True
        joined = Effect.UNKNOWN
    elif event is CommandEvent.LOSE:
        joined = Effect.UNKNOWN
    elif event in _AGENT_REPORTS:
        joined = join_effects(joined, effect)
    return Progress(state, attempt, joined, tainted, progress.cancel_requested)


def request_cancel(progress: Progress) -> Progress:
    """T10: note that somebody wants the command stopped; its state does not change.

    Raises:
        IllegalMove: it is not with an agent: withdraw it, or it is over.
    """
    if progress.state not in (CommandState.DISPATCHED, CommandState.RUNNING):
        raise IllegalMove(f"a command that is {progress.state} is not with an agent")
    return msgspec.structs.replace(progress, cancel_requested=True)


class SessionState(StrEnum):
    """Where the conversation on one agent socket is; each end keeps its own."""

    AWAITING_HELLO = "awaiting_hello"
    AWAITING_INVENTORY = "awaiting_inventory"
    AWAITING_WELCOME = "awaiting_welcome"
    READY = "ready"
    DRAINING = "draining"
    CLOSED = "closed"


_W = SessionState

ORCHESTRATOR_SESSION_MOVES: Final[dict[SessionState, dict[str, SessionState]]] = {
    _W.AWAITING_HELLO: {"hello": _W.AWAITING_INVENTORY},
    _W.AWAITING_INVENTORY: {
        "inventory": _W.READY,
        "beat": _W.AWAITING_INVENTORY,
        "goodbye": _W.CLOSED,
    },
    _W.READY: {
        "started": _W.READY,
        "result": _W.READY,
        "beat": _W.READY,
        "goodbye": _W.CLOSED,
    },
    # Drained or not, what the agent still has to tell is wanted.
    _W.DRAINING: {
        "started": _W.DRAINING,
        "result": _W.DRAINING,
        "beat": _W.DRAINING,
        "goodbye": _W.CLOSED,
    },
    _W.CLOSED: {},
}
"""What the orchestrator may hear in each state, and the state that follows."""

AGENT_SESSION_MOVES: Final[dict[SessionState, dict[str, SessionState]]] = {
    _W.AWAITING_WELCOME: {"welcome": _W.READY, "drain": _W.DRAINING},
    _W.READY: {
        "command": _W.READY,
        "cancel": _W.READY,
        "open_channel": _W.READY,
        "ack": _W.READY,
        "beat": _W.READY,
        "drain": _W.DRAINING,
    },
    _W.DRAINING: {"cancel": _W.DRAINING, "ack": _W.DRAINING, "beat": _W.DRAINING},
    _W.CLOSED: {},
}
"""What an agent may hear in each state, and the state that follows."""
