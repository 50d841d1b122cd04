"""What can be wrong on the wire, and the codes a command can fail with.

ProtocolError
├── InvalidMessage      the peer sent what no version of the wire allows; close the socket
├── OutOfTurn           a valid message at the wrong moment; close the socket
├── UnsupportedProtocol the two ends share no version
└── IllegalMove         our own side asked for a move that its table does not have
"""

from __future__ import annotations

from enum import StrEnum

from xagent_protocol.close_codes import CloseCode


class ProtocolError(Exception):
    """Root of this package's errors; *close_code* is what the socket should be closed with."""

    close_code: CloseCode = CloseCode.BAD_MESSAGE


class InvalidMessage(ProtocolError):
    """The text is not a message: not JSON, an unknown type, a missing or wrong field."""


class MessageTooBig(InvalidMessage):
    """The text is longer than a frame may be."""

    close_code = CloseCode.TOO_BIG


class OutOfTurn(ProtocolError):
    """The message is valid, but not in this state of the session."""

    close_code = CloseCode.OUT_OF_TURN


class UnsupportedProtocol(ProtocolError):
    """The version ranges of the two ends do not meet."""

    close_code = CloseCode.UNSUPPORTED_PROTOCOL


class IllegalMove(ProtocolError):
    """A command or session cannot make this move from the state it is in."""


class ErrorCode(StrEnum):
    """Stable codes of a command that did not succeed; `docs/errors.md` explains each."""

    SELECTOR_NOT_FOUND = "selector_not_found"
    SELECTOR_AMBIGUOUS = "selector_ambiguous"
    SELECTOR_INVALID = "selector_invalid"
    STALE_REF = "stale_ref"
    NOT_ACTIONABLE = "not_actionable"
    NAVIGATION_FAILED = "navigation_failed"
    REQUEST_FAILED = "request_failed"
    DIALOG_OPEN = "dialog_open"
    PAGE_NOT_FOUND = "page_not_found"
    PAGE_CLOSED = "page_closed"
    PAGE_CRASHED = "page_crashed"
    BROWSER_CRASHED = "browser_crashed"
    BROWSER_UNAVAILABLE = "browser_unavailable"
    BROWSER_RESTARTED = "browser_restarted"
    PROFILE_BUSY = "profile_busy"
    EVALUATION_FAILED = "evaluation_failed"
    BLOCKED_BY_POLICY = "blocked_by_policy"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    INVALID_PARAMS = "invalid_params"
    UNKNOWN_ACTION = "unknown_action"
    RESULT_TOO_LARGE = "result_too_large"
    ARTIFACT_UPLOAD_FAILED = "artifact_upload_failed"
    DOWNLOAD_FAILED = "download_failed"
    ARTIFACT_UNAVAILABLE = "artifact_unavailable"
    HUMAN_HAS_CONTROL = "human_has_control"
    NOT_IN_CONTROL = "not_in_control"
    NOT_SUPPORTED = "not_supported"
    NOT_ALLOWED = "not_allowed"
    ALREADY_RECORDING = "already_recording"
    NOT_RECORDING = "not_recording"
    AGENT_STOPPING = "agent_stopping"
    AGENT_RESTARTED = "agent_restarted"
    JOURNAL_UNAVAILABLE = "journal_unavailable"
    OUTCOME_UNKNOWN = "outcome_unknown"
    TTL_EXPIRED = "ttl_expired"
    INTERNAL_ERROR = "internal_error"
