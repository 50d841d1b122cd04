"""Whose connection it is that came in over loopback.

A proxy that asks for a password would do, but Playwright answers that by holding up every request
of the browser and switching its cache off. The machine itself knows who is at the other end.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from typing import Final

from agent_runtime.policy.streams import End

_SOCK_DIAG: Final = 4
_BY_FAMILY: Final = 20
_HEADER: Final = struct.Struct("=IHHII")
_ASKED: Final = struct.Struct("=BBBBI")
_ENDS: Final = struct.Struct("!HH16s16sIII")
_TOLD: Final = struct.Struct("=BBBB48xIIII")
_ANY: Final = 0xFFFF_FFFF


def is_ours(own_end: End, other_end: End) -> bool:
    """Say whether who holds *other_end* of a connection over IPv4 is the user we run as.

    Where the machine does not tell, as it does on Linux, everybody is taken for ours.
    """
    if sys.platform != "linux":
        return True
    try:
        return _owner(other_end, own_end) in (None, os.geteuid())
    except OSError:
        return True  # some sandboxes have no such socket


def _owner(own_end: End, other_end: End) -> int | None:
    """Return the user whose socket *own_end* is, which is connected to *other_end*."""
    ends = _ENDS.pack(own_end[1], other_end[1], _v4(own_end), _v4(other_end), 0, _ANY, _ANY)
    asked = _ASKED.pack(socket.AF_INET, socket.IPPROTO_TCP, 0, 0, _ANY) + ends
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as kernel:
        kernel.settimeout(1.0)
        kernel.send(_HEADER.pack(_HEADER.size + len(asked), _BY_FAMILY, 1, 0, 0) + asked)
        answer = kernel.recv(4096)
    if _HEADER.unpack_from(answer)[1] != _BY_FAMILY:
        return None
    return int(_TOLD.unpack_from(answer, _HEADER.size)[7])


def _v4(end: End) -> bytes:
    return socket.inet_aton(end[0]).ljust(16, b"\0")
