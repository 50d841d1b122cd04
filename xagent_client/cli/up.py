"""`xagent up`: an orchestrator and local agents, kept running until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Final
from urllib.parse import urlsplit

import click
from rich.console import Console

from xagent_client.async_client import AsyncClient
from xagent_client.cli import banner
from xagent_client.cli.banner import Place
from xagent_client.cli.child import Child
from xagent_client.cli.context import Context, global_options, with_context
from xagent_client.cli.servers import PYTHON
from xagent_client.cli.supervisor import Supervisor
from xagent_client.discovery import TOKEN_FILE, find_data_dir, read_address
from xagent_client.errors import NoToken, XagentError
from xagent_client.models import Agent
from xagent_protocol.ids import is_agent_id

_FOLLOW_SECONDS: Final = 0.2


@click.command()
@click.option(
    "--agent",
    "names",
    multiple=True,
    metavar="NAME",
    help="A local agent; repeatable.  [default: alpha and beta]",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port to listen on; 0 chooses a free one.",
)
@click.option("--headed", is_flag=True, help="Show the browsers' windows.")
@click.option("--verbose", is_flag=True, help="Show the children's logs, too.")
@global_options
@with_context
def up(
    context: Context, names: tuple[str, ...], host: str, port: int, headed: bool, verbose: bool
) -> None:
    """Run the orchestrator and local agents until Ctrl-C.

    A process that dies is started again. Ctrl-C stops the agents, then the orchestrator; a second
    one kills them. Their logs are in DIR/logs.
    """
    names = tuple(dict.fromkeys(names or ("alpha", "beta")))
    for name in names:
        if not is_agent_id(name):
            raise click.UsageError(
                f"{name!r} cannot name an agent: use a-z, 0-9 and . _ -, up to 63 of them"
            )
    data_dir = find_data_dir(context.data_dir)
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"cannot make {data_dir}: {error.strerror}") from error
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise CannotStart(f"{data_dir} is not writable; name another by --data-dir")
    family = Family(names, host, port, data_dir, headed=headed, verbose=verbose)
    failure = asyncio.run(family.run())
    if failure is not None:
        raise CannotStart(failure)


class CannotStart(XagentError):
    """Something outside must change first."""

    code = "cannot_start"


class Family:
    """The processes of one `xagent up`, and how to tell that they are there."""

    def __init__(
        self,
        names: Sequence[str],
        host: str,
        port: int,
        data_dir: Path,
        *,
        headed: bool = False,
        verbose: bool = False,
    ) -> None:
        """Describe the processes; nothing is started."""
        self._names = names
        self._host = host
        self._data_dir = data_dir
        self._headed = headed
        self._verbose = verbose
        self._url = ""
        self._client: AsyncClient | None = None
        self._console = Console(highlight=False, soft_wrap=True)
        self._orchestrator = Child(
            "orchestrator", self._orchestrator_command(port), self._log("orchestrator")
        )
        self._children = [self._orchestrator]

    async def run(self) -> str | None:
        """Run until a signal, and return the sentence that made it end before, if any."""
        supervisor = Supervisor(self._orchestrator, self._make_agents, self, say=self._say)
        self._say(f"starting the orchestrator and {', '.join(self._names)} …")
        try:
            async with asyncio.TaskGroup() as tasks:
                following = tasks.create_task(self._follow_logs()) if self._verbose else None
                with _stopped_by_signals(supervisor):
                    failure = await supervisor.run(self._announce)
                if following is not None:
                    following.cancel()
        finally:
            if self._client is not None:
                await self._client.aclose()
        if failure is None:
            self._say("all stopped")
        return failure

    async def orchestrator_is_ready(self, pid: int) -> bool:
        """Say whether the orchestrator with that process id takes commands."""
        address = read_address(self._data_dir)
        # Elsewhere the interpreter of a virtual environment is a launcher with an id of its own.
        if address is None or (os.name == "posix" and address.pid != pid):
            return False
        if self._client is None:
            try:
                self._client = AsyncClient(address.url, token_file=self._data_dir / TOKEN_FILE)
            except NoToken:
                return False
            self._url = address.url
        return await self._client.is_ready()

    async def missing_agents(self) -> Sequence[str]:
        """Return the names of the agents that are not connected yet."""
        there = {agent.agent_id for agent in await self._local_agents() if _is_there(agent)}
        return [name for name in self._names if name not in there]

    async def _local_agents(self) -> Sequence[Agent]:
        if self._client is None:
            return ()
        try:
            agents = await self._client.agents()
        except XagentError:
            return ()
        return [agent for agent in agents if agent.agent_id in self._names]

    def _make_agents(self) -> Sequence[Child]:
        # Started again, it must be found where the agents look for it, even if it was free to
        # choose its port.
        port = urlsplit(self._url).port
        if port is not None:
            self._orchestrator.command = self._orchestrator_command(port)
        agents = [Child(name, self._agent_command(name), self._log(name)) for name in self._names]
        self._children += agents
        return agents

    def _orchestrator_command(self, port: int) -> tuple[str, ...]:
        return self._command("orchestrator", "--host", self._host, "--port", str(port))

    def _agent_command(self, name: str) -> tuple[str, ...]:
        headed = ("--headed",) if self._headed else ()
        return self._command("agent_runtime", name, "--url", self._url, *headed)

    def _log(self, name: str) -> Path:
        return self._data_dir / "logs" / f"{name}.log"

    def _command(self, module: str, *arguments: str) -> tuple[str, ...]:
        common = ("--data-dir", str(self._data_dir), "--exit-with-parent")
        return (*PYTHON, "-m", module, *arguments, *common)

    async def _announce(self, missing: Sequence[str]) -> None:
        place = Place(self._url, self._data_dir, Path.cwd())
        agents = [agent for agent in await self._local_agents() if agent.agent_id not in missing]
        banner.show(self._console, place, agents, self._names, missing, await self._link())

    async def _link(self) -> str | None:
        if self._client is None:
            return None
        try:
            return (await self._client.sign_in_link()).url
        except XagentError:
            return None

    async def _follow_logs(self) -> None:
        while True:
            for child in self._children:
                for line in child.fresh_output():
                    self._say(f"{child.name} | {line}")
            await asyncio.sleep(_FOLLOW_SECONDS)

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False)


def _is_there(agent: Agent) -> bool:
    return agent.contact.connected.value and agent.contact.browser_ok.value


@contextlib.contextmanager
def _stopped_by_signals(supervisor: Supervisor) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def stop(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(supervisor.stop)

    numbers = [signal.SIGINT, signal.SIGTERM]
    if sys.platform != "win32":
        numbers.append(signal.SIGHUP)  # the terminal was closed
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
