"""`xagent orchestrator` and `xagent agent` become the servers, with their arguments as given."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

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

    assert done.stdout == "agent_runtime alpha --headed --url http://u --data-dir d\n"


def test_what_is_given_to_the_server_itself_wins(tmp_path: Path) -> None:
    done = become(
        tmp_path, "--url", "http://u", "--data-dir", "d", "agent", "alpha", "--url", "http://own",
        "--data-dir=own",
    )  # fmt: skip

    assert done.stdout == "agent_runtime alpha --url http://own --data-dir=own\n"
