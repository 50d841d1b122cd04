"""What went wrong with a request, as the calls are told."""

from __future__ import annotations

import httpx2
import pytest

from xagent_client import transport

URL = "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    "kind", [httpx2.LocalProtocolError, httpx2.UnsupportedProtocol, httpx2.ProxyError]
)
def test_what_a_later_try_would_not_change_is_final_and_gives_its_reason(
    kind: type[httpx2.TransportError],
) -> None:
    lost = transport.lost(kind("403 Forbidden"), URL, 1.0, retry=True)

    assert (lost.sent, lost.is_final, lost.seconds) == (False, True, 1.0)
    assert str(lost) == f"the orchestrator at {URL} does not answer (403 Forbidden)"


def test_nobody_there_is_tried_again_if_the_caller_wants() -> None:
    for retry in (True, False):
        lost = transport.lost(httpx2.ConnectError("refused"), URL, 0, retry=retry)

        assert (lost.sent, lost.is_final) == (False, not retry)


def test_a_broken_connection_may_have_carried_the_request() -> None:
    lost = transport.lost(httpx2.ReadError("reset"), URL, 0, retry=False)

    assert (lost.sent, lost.is_final) == (True, False)
