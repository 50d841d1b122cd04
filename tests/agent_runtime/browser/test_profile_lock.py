"""When Chromium's lock may be removed (F16)."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path

import pytest

from agent_runtime.browser.errors import ProfileBusy
from agent_runtime.browser.profile_lock import release_stale_lock

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the lock is a symbolic link")


async def test_the_lock_of_a_dead_process_on_this_host_is_removed(tmp_path: Path) -> None:
    """F16: that it is dead is proven."""
    dead = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await dead.wait()
    lock(tmp_path, socket.gethostname(), dead.pid)

    await release_stale_lock(tmp_path, patience_seconds=0)

    assert not (tmp_path / "SingletonLock").is_symlink()


@pytest.mark.parametrize("strange", [False, True])
async def test_the_directory_of_a_killed_chromium_goes_unless_it_holds_more(
    tmp_path: Path, strange: bool
) -> None:
    dead = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await dead.wait()
    profile, left = tmp_path / "profile", tmp_path / "org.chromium.Chromium.x"
    for directory in (profile, left):
        directory.mkdir()
    lock(profile, socket.gethostname(), dead.pid)
    (profile / "SingletonSocket").symlink_to(left / "SingletonSocket")
    for name in ("SingletonSocket", "SingletonCookie", *(["mine"] if strange else [])):
        (left / name).touch()

    await release_stale_lock(profile, patience_seconds=0)

    assert left.exists() == strange
    assert not any(path.is_symlink() for path in profile.iterdir())


async def test_the_lock_of_a_living_process_stays(tmp_path: Path) -> None:
    """F16: whoever holds it may be writing the profile."""
    lock(tmp_path, socket.gethostname(), os.getpid())

    with pytest.raises(ProfileBusy, match=str(os.getpid())) as caught:
        await release_stale_lock(tmp_path, patience_seconds=0)

    assert caught.value.code == "profile_busy"
    assert (tmp_path / "SingletonLock").is_symlink()


async def test_the_lock_of_another_host_stays_since_nothing_is_proven(tmp_path: Path) -> None:
    """F16: a pid means nothing there."""
    lock(tmp_path, "elsewhere.example", 1)

    with pytest.raises(ProfileBusy, match=r"elsewhere\.example"):
        await release_stale_lock(tmp_path, patience_seconds=0)

    assert (tmp_path / "SingletonLock").is_symlink()


async def test_no_lock_is_no_trouble(tmp_path: Path) -> None:
    await release_stale_lock(tmp_path, patience_seconds=0)


def lock(profile: Path, host: str, pid: int) -> None:
    """Leave what Chromium leaves."""
    (profile / "SingletonLock").symlink_to(f"{host}-{pid}")
