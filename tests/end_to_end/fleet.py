"""Real processes: an orchestrator and agents with real browsers, on one data directory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx2
import psutil

DEADLINE_SECONDS: Final = 20.0
REPOSITORY: Final = Path(__file__).parents[2]


def until(holds: Callable[[], Any], seconds: float = DEADLINE_SECONDS) -> Any:
    """Return what *holds* returns once it is true; fail when it is not within *seconds*."""
    give_up_at = time.monotonic() + seconds
    while True:
        found = holds()
        if found:
            return found
        assert time.monotonic() < give_up_at, "it did not happen in time"
        time.sleep(0.02)


def family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Return a process of ours and all that came out of it."""
    try:
        root = psutil.Process(process.pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def kill(processes: list[psutil.Process]) -> None:
    """Kill these processes, and no other, with SIGKILL; return when they are gone."""
    for process in processes:
        if process.is_running():
            process.kill()
    _, alive = psutil.wait_procs(processes, DEADLINE_SECONDS)
    assert not alive


def are_gone(processes: list[psutil.Process]) -> bool:
    """Whether none of them runs; a zombie that waits for its parent does not."""
    return not any(
        process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes
    )


def command_line(module: str, *arguments: str) -> list[str]:
    """Return how one of our programs is started."""
    return [sys.executable, "-m", module, *arguments]


def start(
    module: str, *arguments: str, log: Path, crash_at: str = "", beside: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start one of our programs, which may have to end at a named place.

    What is installed in the directory *beside* is there for it, too.
    """
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("XAGENT_")
    }
    if beside is not None:
        environment["PYTHONPATH"] = os.fspath(beside)
    with log.open("ab") as stream:
        return subprocess.Popen(
            command_line(module, *arguments),
            cwd=REPOSITORY,
            env={**environment, "XAGENT_CRASH_AT": crash_at},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
        )


@dataclass
class Fleet:
    """An orchestrator and its agents; whatever is killed can be started again."""

    data_dir: Path
    orchestrator: subprocess.Popen[bytes] | None = None
    agents: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    url: str = ""

    @property
    def log(self) -> str:
        """What the orchestrators have logged."""
        return (self.data_dir / "orchestrator.log").read_text()

    def start_orchestrator(self, *flags: str, crash_at: str = "") -> None:
        """Start it, on the port of its earlier life if it had one."""
        port = self.url.rpartition(":")[2] or "0"
        self.orchestrator = start(
            *("orchestrator", "--data-dir", str(self.data_dir), "--port", port, *flags),
            log=self.data_dir / "orchestrator.log",
            crash_at=crash_at,
        )
        pid = self.orchestrator.pid

        def announced() -> str | None:
            try:
                said = json.loads((self.data_dir / "orchestrator.json").read_text())
            except (OSError, ValueError):
                return None
            return str(said["url"]) if said["pid"] == pid else None

        self.url = until(announced)

    def start_agent(self, name: str, *, beside: Path | None = None) -> None:
        """Start one, with the packages in the directory *beside*."""
        self.agents[name] = start(
            *("agent_runtime", name, "--url", self.url, "--data-dir", str(self.data_dir)),
            log=self.data_dir / f"{name}.log",
            beside=beside,
        )

    def until_ready(self, *names: str) -> None:
        """Wait until these agents are connected and their browsers answer."""
        until(lambda: all(self.contact(name)["browser_ok"] for name in names))

    def client(self) -> httpx2.Client:
        """Return a client of the API."""
        token = (self.data_dir / "token").read_text().strip()
        return httpx2.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
            # Reading the machine's certificates would cost more than most requests here.
            verify=False,
        )

    def get(self, path: str, **query: Any) -> Any:
        """Ask the API."""
        with self.client() as client:
            return client.get(path, params=query).json()

    def contact(self, name: str) -> dict[str, bool]:
        """Return the three facts of an agent; all false before it has come."""
        facts = self.get(f"/api/agents/{name}").get("contact", {})
        return {
            word: facts.get(word, {}).get("value", False) for word in ("connected", "browser_ok")
        }

    def run(self, name: str, action: str, *, wait: float = 30, **body: Any) -> dict[str, Any]:
        """Ask an agent to act and return the command."""
        params = body.pop("params", {})
        with self.client() as client:
            answer = client.post(
                f"/api/agents/{name}/commands",
                params={"wait": wait},
                json={"action": action, "params": params, **body},
            )
        assert answer.status_code in (200, 202), answer.text
        command: dict[str, Any] = answer.json()
        return command

    def processes(self) -> list[psutil.Process]:
        """Return everything that runs for this fleet."""
        started = [self.orchestrator, *self.agents.values()]
        return [one for process in started if process is not None for one in family(process)]

    def end(self) -> None:
        """Kill everything that runs."""
        kill(self.processes())
        for process in (self.orchestrator, *self.agents.values()):
            if process is not None:
                process.wait()

    def terminate_orchestrator(self) -> None:
        """Ask the orchestrator to stop."""
        assert self.orchestrator is not None
        self.orchestrator.send_signal(signal.SIGTERM)

    def kill_orchestrator(self) -> None:
        """Kill the orchestrator."""
        assert self.orchestrator is not None
        self.orchestrator.kill()
        self.orchestrator.wait()
