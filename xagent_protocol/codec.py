"""Text to messages and back; whatever is not a message is refused here and nowhere else."""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from xagent_protocol.errors import InvalidMessage, MessageTooBig
from xagent_protocol.live import FromAgent, FromViewer
from xagent_protocol.messages import ActionSpec, AgentMessage, OrchestratorMessage

MAX_FRAME_BYTES: Final = 1024 * 1024

MAX_DEPTH: Final = 64
"""Levels of nesting in a frame; deeper JSON is an attack on whoever reads it next."""

_NO_BRACKETS: Final = bytes(set(range(256)) - set(b'[]{}"\\'))
"""What tells nothing about nesting: all but brackets, and what says where a string ends."""

_ALIKE: Final = bytes.maketrans(b"[]{}", b"()()")

_encoder: Final = msgspec.json.Encoder()
_from_agent: Final[msgspec.json.Decoder[AgentMessage]] = msgspec.json.Decoder(AgentMessage)
_from_orchestrator: Final[msgspec.json.Decoder[OrchestratorMessage]] = msgspec.json.Decoder(
    OrchestratorMessage
)

_actions: Final[msgspec.json.Decoder[tuple[ActionSpec, ...]]] = msgspec.json.Decoder(
    tuple[ActionSpec, ...]
)

_from_live_agent: Final[msgspec.json.Decoder[FromAgent]] = msgspec.json.Decoder(FromAgent)
_from_viewer: Final[msgspec.json.Decoder[FromViewer]] = msgspec.json.Decoder(FromViewer)

_HELLO: Final = '{"type":"hello",'
"""How our agents begin a hello; written otherwise it is looked at all the same, and costs more."""

_MessageT = TypeVar("_MessageT")


def encode(message: AgentMessage | OrchestratorMessage | FromAgent | FromViewer) -> str:
    """Return the text frame of *message*."""
    return _encoder.encode(message).decode()


def decode_from_agent(text: str) -> AgentMessage:
    """Read what an agent said.

    Raises:
        InvalidMessage: *text* is no message of this version; the error names the field.
    """
    # Of a hello nearly all is actions, and how deep they nest is asked by whoever reads them.
    return _decode(_from_agent, text, checks_depth=not text.startswith(_HELLO))


def encode_actions(actions: tuple[ActionSpec, ...]) -> msgspec.Raw:
    """Return what a hello says of *actions*."""
    return msgspec.Raw(_encoder.encode(actions))


def decode_actions(announced: msgspec.Raw) -> tuple[ActionSpec, ...]:
    """Read the actions of a hello; raises `InvalidMessage` like `decode_from_agent`."""
    return _decode(_actions, bytes(announced).decode())


def decode_from_orchestrator(text: str) -> OrchestratorMessage:
    """Read what the orchestrator said; raises `InvalidMessage` like `decode_from_agent`."""
    return _decode(_from_orchestrator, text)


def decode_from_live_agent(text: str) -> FromAgent:
    """Read what an agent said on a live channel; raises `InvalidMessage` likewise."""
    return _decode(_from_live_agent, text)


def decode_from_viewer(text: str) -> FromViewer:
    """Read what a viewer said on a live channel; raises `InvalidMessage` likewise."""
    return _decode(_from_viewer, text)


def _decode(
    decoder: msgspec.json.Decoder[_MessageT], text: str, *, checks_depth: bool = True
) -> _MessageT:
    # A frame of the greatest length in ASCII passes the first test; len() of a str is free, and
    # only a frame that might be over the limit in UTF-8 is worth encoding to be sure.
    if len(text) * 4 > MAX_FRAME_BYTES and len(text.encode()) > MAX_FRAME_BYTES:
        raise MessageTooBig(f"the frame is over {MAX_FRAME_BYTES} bytes")
    if checks_depth and depth_exceeds(text):
        raise InvalidMessage(f"nested deeper than {MAX_DEPTH} levels")
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        raise InvalidMessage(f"not a valid message: {error}") from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise InvalidMessage(f"not JSON: {error}") from error
    except RecursionError as error:
        raise InvalidMessage("nested too deeply") from error


def depth_exceeds(text: str | bytes, limit: int = MAX_DEPTH) -> bool:
    """Say whether JSON text nests deeper than *limit*, without building it.

    Brackets inside strings do not count. Text whose brackets do not match, which is no JSON, may
    be called too deep.
    """
    # Cheap and usual case: fewer opening brackets in all than the limit.
    if isinstance(text, str):
        if text.count("[") + text.count("{") <= limit:
            return False
        text = text.encode(errors="replace")
    elif text.count(b"[") + text.count(b"{") <= limit:
        return False
    # Every step runs in C: an agent's hello, or a long result, is some 100 KB of this.
    if b"\\" in text:
        # A backslash that is escaped escapes no quote, so pairs of them go first.
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside_strings = text.translate(None, _NO_BRACKETS).split(b'"')[::2]
    brackets = b"".join(outside_strings).translate(_ALIKE)
    for _ in range(limit):
        if not brackets:
            return False
        brackets = brackets.replace(b"()", b"")
    return bool(brackets)
