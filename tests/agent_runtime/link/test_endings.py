"""What the end of a dial or a conversation means."""

from __future__ import annotations

import socket
import ssl

import msgspec
import pytest
from websockets.datastructures import Headers
from websockets.exceptions import InvalidMessage, InvalidStatus
from websockets.http11 import Response

from agent_runtime.link.endings import Next, of_close, of_dial
from xagent_protocol.close_codes import CloseCode


def _refused(status: int, body: bytes = b"", **headers: str) -> InvalidStatus:
    fields = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    return InvalidStatus(Response(status, "-", fields, body))


def _problem(**content: object) -> bytes:
    return msgspec.json.encode(content)


@pytest.mark.parametrize(
    "error",
    [
        socket.gaierror(-2, "Name or service not known"),
        ssl.SSLCertVerificationError("certificate has expired"),
        ConnectionRefusedError(111, "refused"),
        TimeoutError(),
        InvalidMessage("did not receive a valid HTTP response"),
        _refused(502, b"<html>Bad Gateway</html>"),
        _refused(200, b"<html>Please log in to the hotel's network</html>"),
        _refused(403, b"<html>blocked by your company</html>"),
        _refused(401, b"<html>Please log in to the proxy</html>"),
        _refused(401),
        _refused(404),
        _refused(503, b"\xff\xfe"),
    ],
    ids=repr,
)
def test_whatever_stands_in_the_way_is_a_reason_to_try_again(error: Exception) -> None:
    """F51: no name, no trust, no orchestrator."""
    ending = of_dial(error)

    assert ending.next is Next.AGAIN
    assert ending.reason
    assert "\n" not in ending.reason


def test_an_unknown_credential_asks_for_enrolment() -> None:
    assert of_dial(_refused(401, _problem(code="unauthorized"))).next is Next.ENROL


def test_a_refusal_in_the_orchestrators_own_words_is_final_and_quoted() -> None:
    ending = of_dial(_refused(403, _problem(code="forbidden", detail="the agent was deleted")))

    assert ending.next is Next.GIVE_UP
    assert "the agent was deleted" in ending.reason


def test_a_taken_name_is_waited_for() -> None:
    assert of_dial(_refused(409, _problem(code="duplicate_agent"))).next is Next.WAIT_FOR_NAME


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (_refused(503, Retry_After="7"), 7.0),
        (_refused(503, _problem(retry_after=2.5)), 2.5),
        (_refused(503, Retry_After="Wed, 21 Oct 2026 07:28:00 GMT"), 0.0),
        (_refused(503, Retry_After="-1"), 0.0),
        (_refused(503, Retry_After="9" * 40), 0.0),
    ],
)
def test_a_wait_is_read_where_it_is_a_number_of_seconds(
    error: InvalidStatus, seconds: float
) -> None:
    assert of_dial(error).retry_after == seconds


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (CloseCode.SERVICE_RESTART, "", Next.AGAIN),
        (CloseCode.TRY_AGAIN_LATER, "", Next.AGAIN),
        (CloseCode.OUT_OF_TURN, "", Next.AGAIN),
        (CloseCode.CONFLICT, "superseded", Next.SUPERSEDED),
        (CloseCode.CONFLICT, "duplicate_agent: held from 10.0.0.7", Next.WAIT_FOR_NAME),
        (CloseCode.CONFLICT, "stale_epoch", Next.AGAIN),
        (CloseCode.UNAUTHORIZED, "revoked", Next.GIVE_UP),
        (CloseCode.UNSUPPORTED_PROTOCOL, "upgrade the agent", Next.GIVE_UP),
        (1006, "", Next.AGAIN),
    ],
)
def test_a_close_code_says_what_comes_next(code: int, reason: str, expected: Next) -> None:
    ending = of_close(code, reason)

    assert ending.next is expected
    assert reason in ending.reason
