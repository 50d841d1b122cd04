"""What can happen in a world, each as a value: drawn by chance, told to a reader, done again.

Every step makes sense in every world, if only by doing nothing; so a history is made shorter by
leaving steps out. A field names the values that it may have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from random import Random
from typing import TYPE_CHECKING, Literal, TypeVar

from tests.model.process import Place
from tests.model.wire import Closing, Direction, Text

if TYPE_CHECKING:
    from tests.model.process import Process
    from tests.model.world import World

_ValueT = TypeVar("_ValueT")

Who = Literal["orchestrator", "agent", "clone"]


def among(*values: _ValueT) -> _ValueT:
    """Declare what a field may be; the first is the plainest."""
    chosen: _ValueT = field(default=values[0], metadata={"values": values})
    return chosen


@dataclass(frozen=True)
class Step:
    """One thing that happens."""

    def take(self, world: World) -> None:
        """Let it happen."""
        raise NotImplementedError


@dataclass(frozen=True)
class Submit(Step):
    """A caller asks for a new command."""

    action: str = among("write", "read")
    idempotent: bool | None = among(None, None, True, False)
    page: str | None = among(None, "p2")
    seconds: float = among(0.0, 0.02, 1.0, 6.0)
    timeout: float = among(5.0, 1.0)
    ttl: float = among(60.0, 3.0)
    if_offline: Literal["fail", "queue"] = among("queue", "queue", "fail")
    wait: float = among(0.0, 10.0)

    def take(self, world: World) -> None:
        """Ask."""
        world.callers.submit(
            action=self.action,
            idempotent=self.idempotent,
            page=self.page,
            seconds=self.seconds,
            timeout=self.timeout,
            ttl=self.ttl,
            if_offline=self.if_offline,
            wait=self.wait,
        )


@dataclass(frozen=True)
class Retry(Step):
    """A caller asks again for the same command."""

    back: int = among(0, 1, 2)
    wait: float = among(0.0, 10.0)

    def take(self, world: World) -> None:
        """Ask."""
        world.callers.retry(self.back, self.wait)


@dataclass(frozen=True)
class Reuse(Step):
    """A caller asks for another command under the same id."""

    back: int = among(0, 1, 2)

    def take(self, world: World) -> None:
        """Ask."""
        world.callers.reuse(self.back)


@dataclass(frozen=True)
class CancelIt(Step):
    """A caller calls a command off."""

    back: int = among(0, 1, 2)

    def take(self, world: World) -> None:
        """Ask."""
        world.callers.cancel(self.back)


@dataclass(frozen=True)
class Look(Step):
    """A caller waits for the end of a command."""

    back: int = among(0, 1, 2)
    wait: float = among(0.0, 10.0)

    def take(self, world: World) -> None:
        """Ask."""
        world.callers.look(self.back, self.wait)


@dataclass(frozen=True)
class Let(Step):
    """Time passes, and everybody goes about his work."""

    seconds: float = among(0.005, 0.0, 0.001, 0.03, 0.1, 0.6, 2.0, 7.0, 20.0, 45.0)

    def take(self, world: World) -> None:
        """Wait."""
        world.let(self.seconds)


@dataclass(frozen=True)
class Run(Step):
    """One process takes a few steps while everybody else stands still."""

    who: Who = among("orchestrator", "agent")
    steps: int = among(1, 2, 3, 5, 8)

    def take(self, world: World) -> None:
        """Run."""
        if process := _process(world, self.who):
            world.run(process, self.steps)


@dataclass(frozen=True)
class Kill(Step):
    """A process is killed between two of its steps; or its machine goes down, without a word."""

    who: Who = among("agent", "orchestrator")
    is_silent: bool = among(False, False, True)

    def take(self, world: World) -> None:
        """Kill."""
        if process := _process(world, self.who):
            _kill(world, process, self.who, is_silent=self.is_silent)


@dataclass(frozen=True)
class KillAt(Step):
    """A process will be killed within a step, where it next touches the world."""

    who: Who = among("agent", "orchestrator")
    place: Place = among(*Place)
    passage: int = among(1, 2, 3, 4, 6)

    def take(self, world: World) -> None:
        """Arm it."""
        if process := _process(world, self.who):
            process.die_at(self.place, self.passage)


@dataclass(frozen=True)
class Start(Step):
    """Whoever is dead starts again, clones excepted."""

    def take(self, world: World) -> None:
        """Start."""
        world.start_orchestrator()
        world.start_agent("agent")


@dataclass(frozen=True)
class Clone(Step):
    """Another install takes the agent's name; or it goes away for good."""

    comes: bool = among(True, False)

    def take(self, world: World) -> None:
        """Let it come or go."""
        if self.comes:
            world.start_agent("clone")
        elif process := _process(world, "clone"):
            process.die()


@dataclass(frozen=True)
class Stop(Step):
    """A process stands still for a while, as under SIGSTOP."""

    who: Who = among("agent", "orchestrator")
    is_stopped: bool = among(True, False)

    def take(self, world: World) -> None:
        """Stop it, or let it go on."""
        if process := _process(world, self.who):
            process.is_stopped = self.is_stopped


@dataclass(frozen=True)
class Leave(Step):
    """A process is asked to end in order, as by SIGTERM."""

    who: Who = among("agent", "orchestrator")

    def take(self, world: World) -> None:
        """Ask."""
        if self.who == "orchestrator":
            life = world.orchestrator
            if life is not None and life.is_serving:
                life.process.loop.call_soon(life.drain)
        elif agent := world.agent(self.who):
            agent.process.loop.call_soon(agent.stop)


@dataclass(frozen=True)
class WipeJournal(Step):
    """An agent dies and loses its journal."""

    def take(self, world: World) -> None:
        """Wipe."""
        if process := _process(world, "agent"):
            process.die()
        world.directories["agent"].wipe()


@dataclass(frozen=True)
class FillDisk(Step):
    """The orchestrator's disk is full, or has room again."""

    is_full: bool = among(True, False)

    def take(self, world: World) -> None:
        """Fill or free it."""
        if life := world.orchestrator:
            life.has_full_disk = self.is_full


@dataclass(frozen=True)
class BackUp(Step):
    """Somebody copies the database."""

    def take(self, world: World) -> None:
        """Copy."""
        world.backup = world.database.backup()


@dataclass(frozen=True)
class Restore(Step):
    """Somebody puts the copy into the database's place."""

    def take(self, world: World) -> None:
        """Restore."""
        if world.backup is not None:
            world.restore(world.backup)


@dataclass(frozen=True)
class Cut(Step):
    """The agent's connection is reset."""

    def take(self, world: World) -> None:
        """Cut."""
        if socket := world.network.latest:
            socket.cut()


@dataclass(frozen=True)
class Swallow(Step):
    """From now on the connection loses everything, in one direction or both."""

    up: bool = among(True, False)
    down: bool = among(True, False)

    def take(self, world: World) -> None:
        """Swallow."""
        if socket := world.network.latest:
            if self.up:
                socket.swallow(Direction.UP)
            if self.down:
                socket.swallow(Direction.DOWN)


@dataclass(frozen=True)
class Delay(Step):
    """From now on a direction is slow."""

    way: Direction = among(*Direction)
    seconds: float = among(0.3, 3.0, 30.0)

    def take(self, world: World) -> None:
        """Delay."""
        if socket := world.network.latest:
            socket.pipes[self.way].delay_seconds = self.seconds


@dataclass(frozen=True)
class Stall(Step):
    """The agent's machine takes no bytes, or takes them again."""

    is_stalled: bool = among(True, False)

    def take(self, world: World) -> None:
        """Stall."""
        if socket := world.network.latest:
            socket.stall(self.is_stalled)


@dataclass(frozen=True)
class Partition(Step):
    """Nobody can be dialled, or everybody can again."""

    is_partitioned: bool = among(True, False)

    def take(self, world: World) -> None:
        """Part them."""
        world.network.is_partitioned = self.is_partitioned


@dataclass(frozen=True)
class Replay(Step):
    """A frame that was sent before, on this socket or an earlier one, arrives (once more)."""

    kind: str = among(
        *("command", "command", "command", "result", "result", "result", "result", "result"),
        *("started", "ack", "cancel", "welcome", "inventory", "hello", "close"),
    )
    back: int = among(0, 1, 2)

    def take(self, world: World) -> None:
        """Send it again."""
        socket = world.network.latest
        if socket is None or world.network.is_past(socket):
            return
        is_down = self.kind in {"command", "ack", "cancel", "welcome"}
        way = Direction.DOWN if is_down else Direction.UP
        if self.kind == "close":
            socket.pipes[way].carry(Closing(1001, "replayed"))
            return
        frames = world.network.frames(way, self.kind)
        if self.back < len(frames):
            world.history.tell(f"replay {frames[-1 - self.back]}")
            socket.pipes[way].carry(Text(frames[-1 - self.back]))


WEIGHTS: dict[type[Step], int] = {
    Submit: 24,
    Let: 34,
    Run: 10,
    Start: 8,
    Kill: 6,
    KillAt: 8,
    Retry: 3,
    Reuse: 1,
    CancelIt: 4,
    Look: 1,
    Cut: 5,
    Swallow: 3,
    Delay: 2,
    Stall: 1,
    Partition: 2,
    Replay: 9,
    Stop: 3,
    Leave: 2,
    WipeJournal: 3,
    FillDisk: 3,
    Clone: 2,
    BackUp: 2,
    Restore: 2,
}
"""Everything that can happen, and how often it does."""

_ALWAYS = frozenset({Submit, Let, Start})


def values_of(kind: type[Step]) -> dict[str, Sequence[object]]:
    """Return what each field of a step may be."""
    return {one.name: one.metadata["values"] for one in fields(kind)}


def schedule(seed: int) -> list[Step]:
    """Draw a history.

    Each draws from its own half of all kinds: what needs the same few faults several times in a
    row is found far sooner than if everything happened in every history.
    """
    chance = Random(seed)
    kinds = [kind for kind in WEIGHTS if kind in _ALWAYS or chance.random() < 0.5]
    weights = [WEIGHTS[kind] for kind in kinds]
    drawn = chance.choices(kinds, weights, k=chance.randint(10, 50))
    return [
        kind(**{name: chance.choice(values) for name, values in values_of(kind).items()})
        for kind in drawn
    ]


def _process(world: World, who: Who) -> Process | None:
    life = world.orchestrator if who == "orchestrator" else world.agent(who)
    return life.process if life is not None else None


def _kill(world: World, process: Process, who: Who, *, is_silent: bool) -> None:
    if is_silent:
        way = Direction.DOWN if who == "orchestrator" else Direction.UP
        for socket in world.network.sockets:
            socket.swallow(way)
    process.die()
    if is_silent and who != "orchestrator":
        # The machine itself went down, so that its disk may lack the latest commits.
        world.directories[who].machine += 1
