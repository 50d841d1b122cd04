"""Text to messages and back."""

from __future__ import annotations

import contextlib
import json

import msgspec
import pytest
from hypothesis import given, strategies as st

from tests.xagent_protocol.messages import FROM_AGENT, FROM_ORCHESTRATOR, JSON
from xagent_protocol.close_codes import CloseCode
from xagent_protocol.codec import (
    MAX_DEPTH,
    MAX_FRAME_BYTES,
    decode_from_agent,
    decode_from_orchestrator,
    depth_exceeds,
    encode,
)
from xagent_protocol.errors import InvalidMessage, MessageTooBig
from xagent_protocol.messages import AgentMessage, Command, OrchestratorMessage
from xagent_protocol.session import message_type


def _plain(message: AgentMessage | OrchestratorMessage) -> object:
    # Raw JSON compares by identity, so messages are compared as what they mean.
    return msgspec.to_builtins(json.loads(encode(message)))


@pytest.mark.parametrize("message", FROM_AGENT.values(), ids=FROM_AGENT)
def test_every_message_of_an_agent_survives_the_wire(message: AgentMessage) -> None:
    assert _plain(decode_from_agent(encode(message))) == _plain(message)


@pytest.mark.parametrize("message", FROM_ORCHESTRATOR.values(), ids=FROM_ORCHESTRATOR)
def test_every_message_of_an_orchestrator_survives_the_wire(message: OrchestratorMessage) -> None:
    assert _plain(decode_from_orchestrator(encode(message))) == _plain(message)


@pytest.mark.parametrize("word", sorted(FROM_AGENT | FROM_ORCHESTRATOR))
def test_every_message_is_tagged_by_its_word(word: str) -> None:
    for messages in (FROM_AGENT, FROM_ORCHESTRATOR):
        if word in messages:
            assert json.loads(encode(messages[word]))["type"] == word


@pytest.mark.parametrize("message", FROM_AGENT.values(), ids=FROM_AGENT)
def test_an_unknown_field_is_ignored(message: AgentMessage) -> None:
    text = json.dumps({**json.loads(encode(message)), "from_the_future": {"x": 1}})

    assert _plain(decode_from_agent(text)) == _plain(message)


@pytest.mark.parametrize("message", FROM_AGENT.values(), ids=FROM_AGENT)
def test_a_missing_field_is_named(message: AgentMessage) -> None:
    fields = json.loads(encode(message))
    required = next(field.name for field in msgspec.structs.fields(message) if field.required)
    del fields[required]

    with pytest.raises(InvalidMessage, match=required):
        decode_from_agent(json.dumps(fields))


@pytest.mark.slow
@given(st.text())
def test_any_text_is_a_message_or_refused(text: str) -> None:
    for decode in (decode_from_agent, decode_from_orchestrator):
        with pytest.raises(InvalidMessage):
            decode(text)


@pytest.mark.slow
@given(JSON)
def test_any_json_is_a_message_or_refused(value: object) -> None:
    for decode in (decode_from_agent, decode_from_orchestrator):
        with pytest.raises(InvalidMessage):
            decode(json.dumps(value))


@pytest.mark.slow
@given(
    st.sampled_from(sorted(FROM_AGENT)),
    st.dictionaries(
        st.sampled_from(["request_id", "attempt", "outcome", "seq", "commands", "browser"]),
        JSON,
    ),
)
def test_a_message_with_fields_of_any_kind_is_a_message_or_refused(
    word: str, fields: dict[str, object]
) -> None:
    text = json.dumps({**json.loads(encode(FROM_AGENT[word])), **fields})

    with contextlib.suppress(InvalidMessage):
        assert message_type(decode_from_agent(text)) == word


@pytest.mark.parametrize("text", ["[" * 200_000, '{"type":"hello","labels":' + '{"a":' * 100_000])
def test_bottomless_nesting_is_refused(text: str) -> None:
    with pytest.raises(InvalidMessage):
        decode_from_agent(text)


def test_surrogates_are_refused() -> None:
    with pytest.raises(InvalidMessage):
        decode_from_agent('{"type":"goodbye","reason":"\ud800","returning":true}')


@pytest.mark.parametrize("character", ["a", "é", "😀"])
def test_a_frame_is_measured_in_bytes(character: str) -> None:
    room = MAX_FRAME_BYTES // len(character.encode())

    with pytest.raises(MessageTooBig) as raised:
        decode_from_agent(character * (room + 1))
    assert raised.value.close_code is CloseCode.TOO_BIG

    with pytest.raises(InvalidMessage) as refused:
        decode_from_agent(character * room)
    assert not isinstance(refused.value, MessageTooBig)


def test_params_pass_through_as_they_were_written() -> None:
    written = b'{"n": 1.0, "n2": 12345678901234567890}'
    text = encode(Command("r1", 1, "goto", msgspec.Raw(written), 1.0))  # type: ignore[arg-type]

    message = decode_from_orchestrator(text)

    assert isinstance(message, Command)
    assert bytes(message.params) == written


def _depth(value: object) -> int:
    match value:
        case list():
            return 1 + max(map(_depth, value), default=0)
        case dict():
            return 1 + max(map(_depth, value.values()), default=0)
    return 0


@pytest.mark.slow
@given(JSON, st.integers(0, 6))
def test_depth_is_told_without_building_the_value(value: object, limit: int) -> None:
    assert depth_exceeds(json.dumps(value).encode(), limit) is (_depth(value) > limit)


def test_the_limit_of_depth_is_exact_and_brackets_in_strings_do_not_count() -> None:
    assert not depth_exceeds(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert depth_exceeds(b"[" * (MAX_DEPTH + 1))
    assert not depth_exceeds(b'["' + rb"\"[{" * 500 + b'"]')


@pytest.mark.parametrize("field", ["result", "error"])
def test_a_frame_that_nests_too_deeply_is_refused_wherever_it_does(field: str) -> None:
    deep = "[" * 80 + "]" * 80
    places = {"result": deep, "error": f'{{"code":"c","message":"m","details":{{"d":{deep}}}}}'}
    frame = (
        '{"type":"result","request_id":"r","attempt":1,"outcome":'
        f'{{"state":"failed","effect":"none","{field}":{places[field]}}}}}'
    )

    with pytest.raises(InvalidMessage, match="nested deeper"):
        decode_from_agent(frame)
