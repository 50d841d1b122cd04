"""Setting up for tests has curl at its end, or says what to type."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "curl"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a shell script")


def set_up(directory: Path, **programs: str) -> subprocess.CompletedProcess[str]:
    """Run the script where there are only *programs*, given by their text."""
    shell = shutil.which("sh")
    assert shell is not None
    for name, text in programs.items():
        program = directory / name.replace("_", "-")
        program.write_text(f"#!{shell}\n{text}\n")
        program.chmod(0o755)
    return subprocess.run(
        [shell, str(SCRIPT)],
        env={"PATH": str(directory)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_where_curl_is_nothing_is_done(tmp_path: Path) -> None:
    done = set_up(tmp_path, curl="exit 0", id="echo 0", apt_get="echo apt")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_root_with_apt_gets_it_installed(tmp_path: Path) -> None:
    done = set_up(tmp_path, id="echo 0", apt_get='echo apt "$@"')

    assert done.returncode == 0
    assert done.stdout.splitlines()[1:] == [
        "apt update -qq",
        "apt install -y -qq --no-install-recommends curl",
    ]


@pytest.mark.parametrize(("user", "apt"), [("0", "exit 1"), ("1000", "exit 0")])
def test_otherwise_it_says_what_to_type(tmp_path: Path, user: str, apt: str) -> None:
    done = set_up(tmp_path, id=f"echo {user}", apt_get=apt)

    assert done.returncode == 1
    assert done.stderr.endswith("Type: sudo apt install curl\n")
