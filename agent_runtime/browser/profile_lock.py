"""Chromium's own lock on a profile, and when it may be removed.

`SingletonLock` is a symbolic link to `host-pid`. A Chromium that was killed leaves it behind; a
Chromium that lives owns it, and removing the lock under it corrupts the profile. So it goes only
when its host is this host and its process is proven dead (F16). With it goes the directory that a
killed Chromium leaves among the temporary files, or each kill would leave one more.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path
from typing import Final

from agent_runtime.browser.errors import ProfileBusy
from agent_runtime.browser.processes import is_alive

_LOCK: Final = "SingletonLock"
_SOCKET: Final = "SingletonSocket"
_COOKIE: Final = "SingletonCookie"
_POLL_SECONDS: Final = 0.05


async def release_stale_lock(profile: Path, patience_seconds: float) -> None:
    """Remove what a dead Chromium left in *profile*; a dying one is given a moment to end.

    Raises:
        ProfileBusy: the lock's owner lives, or is on another host, where nothing can be proven.
    """
    lock = profile / _LOCK
    deadline = asyncio.get_running_loop().time() + patience_seconds
    while (owner := _owner(lock)) is not None:
        host, pid = owner
        if host != socket.gethostname():
            raise ProfileBusy(
                f"the profile {profile} is locked by a Chromium on host {host!r} (pid {pid}): stop "
                f"it there, or, if that host is gone for good, delete {lock}",
                {"host": host, "pid": pid},
            )
        if not is_alive(pid):
            _remove_socket_directory(profile / _SOCKET)
            for name in (_LOCK, _SOCKET, _COOKIE):
                (profile / name).unlink(missing_ok=True)
            return
        if asyncio.get_running_loop().time() >= deadline:
            raise ProfileBusy(
                f"the profile {profile} is in use by another Chromium (pid {pid}): close it",
                {"host": host, "pid": pid},
            )
        await asyncio.sleep(_POLL_SECONDS)


def _remove_socket_directory(link: Path) -> None:
    """Remove the directory that *link* points into, if nothing but Chromium's own lies there."""
    with contextlib.suppress(OSError):
        directory = link.readlink().parent
        if {path.name for path in directory.iterdir()} <= {_SOCKET, _COOKIE}:
            for name in (_SOCKET, _COOKIE):
                (directory / name).unlink(missing_ok=True)
            directory.rmdir()


def _owner(lock: Path) -> tuple[str, int] | None:
    try:
        text = str(lock.readlink())
    except OSError:
        return None
    host, _, pid = text.rpartition("-")
    return (host, int(pid)) if pid.isdecimal() else None
