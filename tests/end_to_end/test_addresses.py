"""An orchestrator is found and answers under the address that it was told to listen on."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.end_to_end.fleet import Fleet

pytestmark = pytest.mark.slow


def listens(host: str) -> bool:
    """Whether this machine has the address at all."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.bind((host, 0))
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.2", "http://127.0.0.2:"),
        ("::1", "http://[::1]:"),
        ("0.0.0.0", "http://127.0.0.1:"),
    ],
)
def test_it_answers_under_the_url_that_it_announces(tmp_path: Path, host: str, url: str) -> None:
    if not listens(host):
        pytest.skip(f"this machine has no {host}")
    fleet = Fleet(tmp_path)
    try:
        fleet.start_orchestrator("--host", host, "--behind-proxy")

        with fleet.client() as client:
            answer = client.get("/api/agents")

        assert fleet.url.startswith(url)
        assert answer.status_code == 200, answer.text
    finally:
        fleet.end()
