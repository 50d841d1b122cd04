"""An agent without a browser: its real parts from the journal's file to the link, and one life.

What outlives the process is its directory: the identity with the highest epoch, and the journal.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, cast

import msgspec

from agent_runtime.agent import Agent
from agent_runtime.channels.channels import Channels
from agent_runtime.errors import AgentError
from agent_runtime.link.backoff import Backoff
from agent_runtime.link.conversation import Subjects
from agent_runtime.link.link import Link
from agent_runtime.link.socket import PromptSocket
from agent_runtime.stop import Stop
from agent_runtime.work.inbox import Inbox
from agent_runtime.work.journal import Entry, Journal
from agent_runtime.work.journal_file import FILE_NAME, JournalFile, journal_file
from agent_runtime.work.lease import Lease
from agent_runtime.work.outbox import Outbox
from agent_runtime.work.runner import Runner
from tests.model.ends import AgentEnd
from tests.model.history import History
from tests.model.process import Place, Process
from tests.orchestrator.records import BROWSER, VERSIONS, action
from xagent_protocol.codec import encode_actions
from xagent_protocol.ids import AgentId, BootId, ChannelId, InstallId, RequestId
from xagent_protocol.messages import (
    ActionSpec,
    BrowserStatus,
    Command,
    Hello,
    Limits,
    OpenChannel,
    ResultRef,
)
from xagent_protocol.outcomes import Effect, Outcome, OutcomeState

if TYPE_CHECKING:
    from tests.model.mutants import Mutant

ACTIONS = (
    action("read", reads=True, type="object"),
    action("write", reads=False, type="object"),
)
MAIN = "main"


@dataclass
class Directory:
    """What an agent leaves behind when it dies; *lives* counts the starts."""

    path: Path
    agent_id: AgentId
    install_id: InstallId
    highest_epoch: int = 0
    lives: int = 0
    machine: int = 1
    """Grows when the machine itself goes down."""

    @property
    def credential(self) -> str:
        """The secret of this install."""
        return f"secret of {self.install_id}"

    @property
    def credential_sha256(self) -> str:
        """What the orchestrator knows of it."""
        return sha256(self.credential.encode()).hexdigest()

    @property
    def journal(self) -> Path:
        """The directory of the journal; each life has a copy of what the one before it left."""
        return self.path / f"{self.install_id}-{self.lives}"

    def begin_life(self) -> None:
        """Take over the files as they are now, be they of a process that was killed."""
        left = self.journal
        self.lives += 1
        self.journal.mkdir(parents=True)
        if left.exists():
            for file in left.glob(f"{FILE_NAME}*"):
                shutil.copy(file, self.journal)

    def wipe(self) -> None:
        """Delete the journal."""
        for file in self.journal.glob(f"{FILE_NAME}*"):
            file.unlink()


class WatchedJournal(Journal):
    """The real journal, in a process that may die before and after each commit."""

    def __init__(self, process: Process, file: JournalFile, reads: frozenset[str]) -> None:
        """Watch over *file* for *process*."""
        super().__init__(file, reads)
        self._process = process

    def started(self, request_id: RequestId) -> None:
        """Note a beginning."""
        self._process.cross(Place.BEFORE_COMMIT)
        super().started(request_id)
        self._process.cross(Place.AFTER_COMMIT)

    def done(self, request_id: RequestId, outcome: Outcome) -> None:
        """Note an end."""
        self._process.cross(Place.BEFORE_COMMIT)
        super().done(request_id, outcome)
        self._process.cross(Place.AFTER_COMMIT)

    def forget(self, results: Iterable[ResultRef]) -> list[Entry]:
        """Forget results."""
        self._process.cross(Place.BEFORE_COMMIT)
        forgotten = super().forget(results)
        self._process.cross(Place.AFTER_COMMIT)
        return forgotten


class Performer:
    """Counts what it begins, and takes as long for it as the command's params say."""

    def __init__(self, process: Process, history: History, name: str) -> None:
        """Work for the agent *name*."""
        self._process = process
        self._history = history
        self._name = name

    def specs(self) -> tuple[ActionSpec, ...]:
        """One action that reads, and one that writes."""
        return ACTIONS

    def lane(self, command: Command) -> str | None:
        """Each page is a lane."""
        return command.page or MAIN

    async def perform(self, command: Command) -> Outcome:
        """Do it: an effect at the beginning, and an answer in the end."""
        self._process.cross(Place.BEFORE_BEGIN)
        execution = self._history.begin(
            command.request_id, command.attempt, self._name, command.page or MAIN
        )
        self._process.cross(Place.AFTER_BEGIN)
        seconds = float(json.loads(bytes(command.params))["seconds"])
        await asyncio.sleep(min(seconds, command.timeout))
        if seconds > command.timeout:
            return Outcome(OutcomeState.TIMED_OUT, Effect.PARTIAL)
        execution.is_over = True
        result = msgspec.Raw(str(execution.number).encode())
        return Outcome(OutcomeState.SUCCEEDED, Effect.COMPLETE, result=result)

    def cancelled(self, command: Command, begun: bool) -> Outcome:
        """Describe what was stopped."""
        return Outcome(OutcomeState.CANCELLED, Effect.PARTIAL if begun else Effect.NONE)


class Epochs:
    """The epochs of a directory; one is durable a step after it was accepted."""

    def __init__(self, process: Process, directory: Directory, history: History) -> None:
        """Keep them in *directory*."""
        self._process = process
        self._directory = directory
        self._history = history

    @property
    def highest(self) -> int:
        """The highest epoch ever accepted."""
        return self._directory.highest_epoch

    async def accept(self, epoch: int) -> None:
        """Make it the highest."""
        self._process.cross(Place.BEFORE_COMMIT)
        if epoch <= self._directory.highest_epoch:
            self._history.violate(
                "I8", f"epoch {epoch} was accepted after {self._directory.highest_epoch}"
            )
        self._directory.highest_epoch = epoch
        await asyncio.sleep(0)
        self._process.cross(Place.AFTER_COMMIT)


class _Browser:
    """A browser that needs nothing."""

    async def start(self) -> None:
        """Be there."""

    async def close(self) -> None:
        """Be gone."""

    async def watch(self) -> None:
        """Need nobody."""
        await asyncio.get_running_loop().create_future()

    def status(self) -> BrowserStatus:
        """Be well."""
        return BROWSER


class _WiredLink(Link):
    """The real link, dialling through the model's network."""

    dial: Callable[[], Awaitable[AgentEnd]]

    async def _dial(self) -> PromptSocket:
        # Structurally it is one, as far as the link and its conversation go.
        return cast("PromptSocket", await self.dial())


class AgentLife:
    """One process on a directory, from its start to its end."""

    def __init__(
        self,
        process: Process,
        directory: Directory,
        history: History,
        mutant: Mutant,
        *,
        dial: Callable[[], Awaitable[AgentEnd]],
        enrol: Callable[[], Awaitable[None]],
    ) -> None:
        """Take up the directory, and begin."""
        directory.begin_life()
        self.process = process
        self.directory = directory
        self._stop = Stop()
        # Kept open over a kill: whoever is killed closes nothing, and the files lie as they are.
        self._files = ExitStack()
        file = self._files.enter_context(
            journal_file(directory.journal, f"machine {directory.machine}")
        )
        performer = Performer(process, history, process.name)
        reads = frozenset(spec.name for spec in ACTIONS if spec.reads)
        self.journal = WatchedJournal(process, file, reads)
        self.outbox = Outbox(self.journal)
        self.lease = Lease(process.loop.time)
        self.runner = Runner(performer, self.journal, self.outbox, self.lease)
        self.inbox = Inbox(self.journal, self.outbox, self.runner)
        self.epochs = Epochs(process, directory, history)
        mutant.change_agent(self)
        self.boot_id = BootId(f"boot {directory.install_id} {directory.lives}")
        link = _WiredLink(
            "ws://orchestrator",
            directory.credential,
            hello=self._hello,
            subjects=Subjects(
                inbox=self.inbox,
                outbox=self.outbox,
                epochs=self.epochs,
                browser_status=lambda: BROWSER,
                browser_changed=asyncio.Event(),
                in_flight=lambda: self.runner.in_flight,
                heed=_ignore,
                lease=self.lease,
                open_channel=_ignore,
                resume=self.runner.resume,
            ),
            enrol=enrol,
            backoff=Backoff(lambda low, high: (low + high) / 2),
            use_proxy=False,
            clock=process.loop.time,
        )
        link.dial = dial
        self._agent = Agent(
            _Browser(), self.runner, Channels(_no_channel, {}), self.outbox, link, self._stop
        )
        process.begin(self._live())

    def stop(self) -> None:
        """Ask it to end in order."""
        self._stop.ask("asked")

    def _hello(self) -> Hello:
        return Hello(
            protocol_min=1,
            protocol_max=1,
            install_id=self.directory.install_id,
            journal_id=self.journal.journal_id,
            boot_id=self.boot_id,
            highest_epoch=self.epochs.highest,
            versions=VERSIONS,
            browser=BROWSER,
            actions=encode_actions(ACTIONS),
        )

    async def _live(self) -> None:
        try:
            await self._agent.run()
        except* AgentError:
            pass  # it is refused for good, as a real one may be, and ends
        except* Exception as errors:
            self.process.note_bug(f"it came to an end by {errors.exceptions}")
        # An orderly end closes the journal, and leaves the socket to the kernel.
        self.process.cross(Place.BEFORE_COMMIT)
        self._files.close()
        self.process.die()

    def bury(self) -> None:
        """Give back what a dead process holds of this one."""
        self.process.bury()
        self._files.close()


def _ignore(message: Limits | OpenChannel) -> None:
    """Accept every limit, and open no channel."""


async def _no_channel(channel_id: ChannelId) -> NoReturn:
    raise AssertionError("nobody asks for one")
