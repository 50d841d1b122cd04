"""`xagent up` as a process, over servers of straw: what it prints, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil
import pytest

from tests.xagent_client.cli.conftest import Xagent
from tests.xagent_client.fake_api import eventually

REPOSITORY: Final = Path(__file__).parents[3]

ORCHESTRATOR: Final = """
import json, os, pathlib, socket, sys, uvicorn
from tests.xagent_client.fake_api import TOKEN, FakeApi
flags = dict(zip(sys.argv[1::2], sys.argv[2::2]))
data_dir = pathlib.Path(flags["--data-dir"])
try:
    listener = socket.create_server((flags["--host"], int(flags["--port"])))
except OSError:
    sys.exit(f"port {flags['--port']} is taken: choose another by --port")
url = f"http://{flags['--host']}:{listener.getsockname()[1]}"
(data_dir / "token").write_text(TOKEN)
(data_dir / "orchestrator.json").write_text(json.dumps({"url": url, "pid": os.getpid()}))
config = uvicorn.Config(FakeApi(url).app(), interface="asgi3", ws="none", lifespan="off")
uvicorn.Server(config).run(sockets=[listener])
"""

AGENT: Final = """
import sys
print(*sys.argv[1:], flush=True)
sys.stdin.read()
"""

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="signals end it"),
    pytest.mark.slow,
]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which the two servers are made of straw."""
    for name, program in (("orchestrator", ORCHESTRATOR), ("agent_runtime", AGENT)):
        package = tmp_path / "straw" / name
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text(program)
    return {**os.environ, "PYTHONPATH": f"{tmp_path / 'straw'}:{REPOSITORY}", "COLUMNS": "200"}


@contextmanager
def up(environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run `xagent up` here."""
    process = subprocess.Popen(
        [sys.executable, "-m", "xagent_client.cli.main", "up", "--port", "0", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def read_box(process: subprocess.Popen[str]) -> str:
    """Read what is printed until the three commands are."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if "xagent_client import Client" in line:
            return "".join(lines)
    raise AssertionError("".join(lines) + (process.stderr.read() if process.stderr else ""))


def test_it_prints_what_works_and_leaves_nothing_behind(
    environment: dict[str, str], bare_machine: Path
) -> None:
    with up(environment, "--data-dir", ".xagent", "--agent", "alpha") as process:
        box = read_box(process)
        children = psutil.Process(process.pid).children(recursive=True)
        printed = [line.strip() for line in box.splitlines() if line.startswith("  ")]
        answers = [
            subprocess.run(
                line, shell=True, env=environment, capture_output=True, text=True, check=True
            ).stdout
            for line in printed
        ]
        process.send_signal(signal.SIGINT)
        rest, stderr = process.communicate(timeout=20)

    assert process.returncode == 0, stderr
    assert "Xagent is up" in box
    assert "Chromium 156.0" in box
    assert ".xagent/token" in box
    assert [command.split(" ")[0] for command in printed][1] == "curl"
    assert '"status": 200' in answers[0]
    assert '"state":"succeeded"' in answers[1]
    assert answers[2] == "the inner_text\n"
    assert len(children) == 2
    assert not any(child.is_running() for child in children)
    # The blank line under the commands comes with them or after them, as the pipe has it.
    assert rest.strip("\n").split("\n") == [
        "stopping the agents …",
        "stopping the orchestrator …",
        "all stopped",
    ]
    agent_log = (bare_machine / ".xagent/logs/alpha.log").read_text()
    assert agent_log.startswith("alpha --url http://127.0.0.1:")
    assert f"--data-dir {bare_machine}/.xagent --exit-with-parent" in agent_log


def test_an_agent_that_does_not_come_is_said_so(environment: dict[str, str]) -> None:
    program = AGENT.replace("sys.stdin.read()", "import os; os.kill(os.getpid(), 9)")
    straw = Path(environment["PYTHONPATH"].partition(":")[0])
    (straw / "agent_runtime" / "__main__.py").write_text(program)

    with up(environment, "--data-dir", "d", "--agent", "beta", "--verbose") as process:
        assert process.stdout is not None
        said = next(line for line in process.stdout if "starting it again" in line)
        assert said.startswith("beta was killed by signal 9 (beta --url")
        assert "starting it again in 1 s" in said
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)

    assert process.returncode == 0


def test_a_taken_port_is_one_sentence_and_a_status(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with up(environment, "--data-dir", "d", "--port", port) as process:
            stdout, stderr = process.communicate(timeout=20)

    assert process.returncode == 1
    assert stderr == f"xagent: port {port} is taken: choose another by --port\n"
    assert "Traceback" not in stdout


def test_killed_outright_it_takes_its_agents_along(environment: dict[str, str]) -> None:
    with up(environment, "--data-dir", "d", "--agent", "alpha") as process:
        read_box(process)
        children = psutil.Process(process.pid).children(recursive=True)
        agent = next(child for child in children if "agent_runtime" in child.cmdline())
        process.kill()

        eventually(lambda: not agent.is_running() or agent.status() == psutil.STATUS_ZOMBIE)
    for child in children:
        if child.is_running():
            child.kill()  # the one of straw does not watch its parent


def test_a_name_that_cannot_be_is_a_usage_error(command_line: Xagent) -> None:
    result = command_line("up", "--agent", "Alpha!")

    assert result.exit_code == 2
    assert "'Alpha!' cannot name an agent" in result.stderr


def test_a_directory_that_cannot_be_made_is_one_sentence(
    command_line: Xagent, bare_machine: Path
) -> None:
    (bare_machine / "file").touch()

    result = command_line("up", "--data-dir", "file/data")

    assert result.exit_code == 1
    assert result.stderr.startswith(f"xagent: cannot make {bare_machine}/file/data:")
