"""One orchestrator, one name, its agent and maybe a clone of it, a network, callers, and a clock.

A world does what its steps say (`steps.py`) and nothing else, so a list of steps is a history that
can be told again. After each step it is checked against the invariants of `docs/delivery.md`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Self

from tests.model.agent_life import AgentLife, Directory
from tests.model.bugs import Bugs
from tests.model.callers import ALPHA, Callers
from tests.model.checks import Checks
from tests.model.database import Backup, DatabaseFile
from tests.model.history import History, Violation
from tests.model.loop import Clock
from tests.model.mutants import Mutant
from tests.model.network import Network
from tests.model.orchestrator_life import OrchestratorLife
from tests.model.process import Process
from tests.model.wire import LATENCY_SECONDS, Agenda
from xagent_protocol.ids import InstallId

MAX_STEPS_AT_ONCE = 20_000
MEMORY = Path("/dev/shm")
"""Where a disk costs nothing, if there is such a place."""

SETTLED_SECONDS = 600.0
"""Longer than all patience of both ends together: by then every command is over."""


class Broken(AssertionError):
    """An invariant does not hold."""

    def __init__(self, violation: Violation) -> None:
        """Say which."""
        super().__init__(str(violation))
        self.violation = violation


class World:
    """Use it with `with`; it leaves nothing behind."""

    def __init__(
        self, mutant: Mutant | None = None, tell: Callable[[str], None] = lambda line: None
    ) -> None:
        """Begin with everybody alive and nobody connected; *tell* hears what happens."""
        self.clock = Clock()
        self.agenda = Agenda(self.clock)
        self.mutant = mutant or Mutant()
        self.history = History(lambda line: tell(self._stamped(line)))
        self.is_over = False
        self._directory = Path(mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.database = DatabaseFile(self._directory)
        self.network = Network(self.clock, self.agenda, self.history, self.database.holds)
        self.backup: Backup | None = None
        self.orchestrators: list[OrchestratorLife] = []
        self.agents: list[AgentLife] = []
        self.directories = {
            name: Directory(self._directory, ALPHA, InstallId(f"install of {name}"))
            for name in ("agent", "clone")
        }
        self.processes: list[Process] = []
        """Those that live."""
        self.callers = Callers(self)
        self._checks = Checks(self)
        self._bugs = Bugs()
        self.start_orchestrator()
        self.start_agent("agent")

    def __enter__(self) -> Self:
        """Live."""
        self._bugs.listen()
        return self

    def __exit__(self, *_: object) -> None:
        """End every process, and leave no file."""
        self.is_over = True
        for agent in self.agents:
            agent.bury()
        for orchestrator in self.orchestrators:
            orchestrator.bury()
        self._bugs.forget()
        self.database.close()
        shutil.rmtree(self._directory)

    # --- time -----------------------------------------------------------------------------------

    def let(self, seconds: float) -> None:
        """Let everybody run for a while, each step in its time, all of them side by side."""
        until = self.clock.now + seconds
        while True:
            self._settle()
            due = [self.agenda.next_due()]
            due += [one.loop.next_due() for one in self.processes if one.can_run]
            next_due = min((one for one in due if one is not None), default=until)
            if next_due > until:
                break
            self.clock.now = max(self.clock.now, next_due)
            self.agenda.act()
            if next_due == until and not self._is_anybody_ready():
                break
        self.clock.now = max(self.clock.now, until)

    def run(self, process: Process, steps: int) -> None:
        """Let one process take some steps while everybody else stands still."""
        for _ in range(steps):
            if not process.can_run or not process.loop.is_ready():
                return
            process.loop.step()

    def _is_anybody_ready(self) -> bool:
        return any(one.can_run and one.loop.is_ready() for one in self.processes)

    def _settle(self) -> None:
        for _ in range(MAX_STEPS_AT_ONCE):
            is_idle = True
            for process in tuple(self.processes):
                if process.can_run and process.loop.is_ready():
                    process.loop.step()
                    is_idle = False
            if is_idle:
                return
        turning = [one.name for one in self.processes if one.can_run and one.loop.is_ready()]
        self.history.violate("I11", f"turning without end: {', '.join(turning)}")
        raise Broken(self.history.violations[0])

    # --- lives ----------------------------------------------------------------------------------

    @property
    def orchestrator(self) -> OrchestratorLife | None:
        """The one that lives."""
        life = self.orchestrators[-1]
        return None if life.process.is_dead else life

    def agent(self, name: str) -> AgentLife | None:
        """The life of that name that has not ended."""
        for life in reversed(self.agents):
            if life.process.name == name:
                return None if life.process.is_dead else life
        return None

    def start_orchestrator(self) -> None:
        """Start it on its database; does nothing if it lives."""
        if self.orchestrators and self.orchestrator is not None:
            return
        # Each process has a clock of its own; none may be compared with another's.
        skew = 5000.0 * (1 + len(self.orchestrators))
        process = Process("orchestrator", self.clock, skew, self._note_bug)
        life = OrchestratorLife(process, self.database.path, self.mutant)
        self._take_in(process)
        # Whoever asked it has seen his connection end.
        process.at_death(self.history.calls.clear)
        self.orchestrators.append(life)
        self.network.orchestrator = life

    def start_agent(self, name: str) -> None:
        """Start an agent on its directory; does nothing if it lives."""
        if self.agent(name) is not None:
            return
        directory = self.directories[name]
        process = Process(name, self.clock, -300.0 * (1 + len(self.agents)), self._note_bug)
        life = AgentLife(
            process,
            directory,
            self.history,
            self.mutant,
            dial=self.network.dialler(process, directory),
            enrol=self.network.enroller(process, directory),
        )
        self.agents.append(life)
        self._take_in(process)

    def _take_in(self, process: Process) -> None:
        self.processes.append(process)
        process.at_death(lambda: self.processes.remove(process))
        process.at_death(lambda: self.history.tell(f"{process.name} is dead"))

    def restore(self, backup: Backup) -> None:
        """Put an earlier database in the place of the present one, and start on it."""
        if self.orchestrator is not None:
            self.orchestrator.process.die()
        self.orchestrators[-1].close_files()
        self.database.restore(backup)
        known = {row.request_id: row for row in self.database.rows()}
        history = self.history
        self.network.forget_epochs()
        for request_id in (*history.accepted, *history.asked):
            row = known.get(request_id)
            if row is None or not row.is_over:
                history.forgotten.add(request_id)
                history.ends.pop(request_id, None)
            if row is None:
                history.accepted.pop(request_id, None)
        self.start_orchestrator()

    # --- checks ---------------------------------------------------------------------------------

    def check(self) -> None:
        """Raise `Broken` if an invariant does not hold."""
        self._checks.now()
        self._raise_what_was_found()

    def heal_and_check(self) -> None:
        """Mend everything, let time pass, and check what has to be true in the end."""
        self.heal()
        for _ in range(int(SETTLED_SECONDS / 10)):
            # Whoever was asked to end does so, and somebody starts him again.
            self.start_orchestrator()
            self.start_agent("agent")
            self.let(10.0)
            self.check()
            if self._checks.is_settled():
                break
        # Whatever begins too late shall have the time to.
        self.let(5.0)
        self.callers.probe()
        self.let(60.0)
        self._checks.in_the_end()
        self.check()

    def heal(self) -> None:
        """Have everybody up, connected by a network without faults, on disks with room."""
        self.network.is_partitioned = False
        for socket in self.network.sockets:
            socket.stall(False)
            for pipe in socket.pipes.values():
                pipe.delay_seconds = LATENCY_SECONDS
        clone = self.agent("clone")
        if clone is not None:
            clone.process.is_stopped = False
            clone.process.die()
        for process in self.processes:
            process.is_stopped = False
            process.spare()
        self.start_orchestrator()
        self.orchestrators[-1].has_full_disk = False
        self.start_agent("agent")

    def _raise_what_was_found(self) -> None:
        for story in self._bugs.heard():
            self.history.violate("bug", story)
        if self.history.violations:
            raise Broken(self.history.violations[0])

    def _stamped(self, line: str) -> str:
        return f"{self.clock.now - 1000:10.4f}  {line}"

    def _note_bug(self, story: str) -> None:
        if not self.is_over:
            self.history.violate("bug", story)
