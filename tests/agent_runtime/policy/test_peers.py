"""Whose connection it is that comes in."""

from __future__ import annotations

import multiprocessing
import os
import socket
import sys

import pytest

from agent_runtime.policy.peers import is_ours

_NOBODY = 65534


def test_our_own_connection_is_ours() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname()),
    ):
        accepted, other_end = listening.accept()
        with accepted:
            assert is_ours(accepted.getsockname(), other_end)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
@pytest.mark.skipif(os.name == "posix" and os.geteuid() != 0, reason="only root can be another")
def test_a_connection_of_another_user_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        somebody = multiprocessing.get_context("spawn").Process(
            target=connect_as_nobody, args=(listening.getsockname(),)
        )
        somebody.start()
        listening.settimeout(20)
        accepted, other_end = listening.accept()
        with accepted:
            assert not is_ours(accepted.getsockname(), other_end)
        somebody.join()


def connect_as_nobody(address: tuple[str, int]) -> None:
    """Be another user, and stay until the other end hangs up."""
    os.setuid(_NOBODY)
    with socket.socket() as connection:
        connection.connect(address)
        connection.recv(1)
