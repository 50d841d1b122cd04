"""How what we print is typed: by a name that the shell finds, from the directory one is in."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path


def xagent(directory: Path) -> str:
    """Return how `xagent` is typed in *directory*, quoted for a shell."""
    # As it was typed if that can be typed again: from PATH, or relative to this directory.
    name = Path(sys.argv[0])
    on_path = shutil.which("xagent")
    beside = Path(sys.executable).with_name("xagent")
    if on_path and Path(on_path).resolve() == beside.resolve():
        return "xagent"
    if name.name == "xagent" and name.exists():
        return shlex.quote(path(name, directory))
    if beside.exists():
        return shlex.quote(path(beside, directory))
    return f"{python(directory)} -m xagent_client.cli.main"


def python(directory: Path) -> str:
    """Return how the running interpreter is typed in *directory*, quoted for a shell."""
    running = Path(sys.executable).absolute()
    plain = running.with_name("python")
    if plain.exists():
        running = plain
    on_path = shutil.which("python")
    if on_path and Path(on_path).absolute() == running:
        return "python"
    return shlex.quote(path(running, directory))


def path(path: Path, directory: Path) -> str:
    """Return *path* as it is seen from *directory*: relative if it is below."""
    path = path.absolute()
    if path.is_relative_to(directory):
        return os.fspath(path.relative_to(directory))
    return os.fspath(path)
