"""`xagent orchestrator` and `xagent agent` become the servers, with their arguments as given."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent_runtime.settings import Settings

REPOSITORY = Path(__file__).parents[3]

pytestmark = pytest.mark.slow


def become(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `xagent` where the servers are programs that print what they were given."""
    for name in ("orchestrator", "agent_runtime"):
        package = tmp_path / "straw" / name
        package.mkdir(parents=True)
        (package / "__main__.py").write_text(
            f"import sys; print({name!r}, *sys.argv[1:]); sys.exit(7)"
        )
        (package / "__init__.py").touch()
    return subprocess.run(
        [sys.executable, "-m", "xagent_client.cli.main", *arguments],
        env={**os.environ, "PYTHONPATH": f"{tmp_path / 'straw'}{os.pathsep}{REPOSITORY}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_arguments_and_status_pass_through(tmp_path: Path) -> None:
    done = become(tmp_path, "orchestrator", "--port", "1", "--behind-proxy", "--help")

    assert done.stdout == "orchestrator --port 1 --behind-proxy --help\n"
    assert done.returncode == 7


def test_global_options_are_handed_on(tmp_path: Path) -> None:
    done = become(tmp_path, "--url", "http://u", "--data-dir", "d", "agent", "alpha", "--headed")

    assert done.stdout == "agent_runtime --url http://u --data-dir d alpha --headed\n"


def test_leave_to_go_unencrypted_is_handed_on(tmp_path: Path) -> None:
    done = become(tmp_path, "--insecure-http", "agent", "alpha", "--url", "http://own")

    assert done.stdout == "agent_runtime --insecure-http alpha --url http://own\n"


@pytest.mark.parametrize(
    "own", [("--url", "https://own", "--data-dir", "own"), ("--url=https://own", "--data-dir=own")]
)
def test_what_is_given_to_the_server_itself_wins(tmp_path: Path, own: tuple[str, ...]) -> None:
    done = become(tmp_path, "--url", "http://u", "--data-dir", "d", "agent", "alpha", *own)

    settings = Settings.read(done.stdout.split()[1:], {})
    assert (settings.url, settings.data_directory) == ("https://own", Path("own"))
