"""Carries out the plan, and writes it down; what it stops, cuts or fills it sets right again."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

import psutil

from chaos import family
from chaos.disk import SmallDisk
from chaos.freezer import Freezer
from chaos.history import History
from chaos.member import Member
from chaos.plan import FaultName, Step
from chaos.proxy import Proxy

_N = FaultName


class Nemesis:
    """The enemy of one fleet."""

    def __init__(
        self,
        history: History,
        members: Mapping[str, Member],
        proxies: Mapping[str, Proxy],
        freezer: Freezer,
        disk: SmallDisk | None,
    ) -> None:
        """Know whom to hurt; *proxies* are the agents' ways to the orchestrator."""
        self._history = history
        self._members = members
        self._proxies = proxies
        self._freezer = freezer
        self._disk = disk
        self._suffering: set[tuple[str, str]] = set()

    async def run(self, steps: Iterable[Step]) -> None:
        """Do one step after the other; cancelled, set right what still is wrong."""
        async with asyncio.TaskGroup() as tasks:
            for step in steps:
                await asyncio.sleep(step.after_seconds)
                if step.seconds:
                    tasks.create_task(self._last(step))
                else:
                    self._strike(step)

    def _strike(self, step: Step) -> None:
        """Do what is done at once, if there is anybody to do it to."""
        member = self._members[step.target]
        match step.name:
            case _N.ORCHESTRATOR_KILL | _N.AGENT_KILL:
                done = member.signal(signal.SIGKILL)
            case _N.ORCHESTRATOR_TERM | _N.AGENT_TERM:
                done = member.signal(signal.SIGTERM)
            case _N.ORCHESTRATOR_CRASH | _N.AGENT_CRASH:
                # The point is set for the life that begins now.
                member.crash_at = step.crash_at
                done = member.signal(signal.SIGKILL)
            case _:
                done = _kill(self._part(step))
        if done:
            self._history.inject(step.name, step.target, step.crash_at or "")

    async def _last(self, step: Step) -> None:
        """Do what lasts, unless the same is going on already."""
        family = step.name.partition("-")[2] if step.toxic is None else "toxic"
        key = (step.target, family)
        if key in self._suffering:
            return
        self._suffering.add(key)
        try:
            async with self._fault(step) as has_struck:
                if has_struck:
                    number = self._history.inject(step.name, step.target, _detail(step))
                    try:
                        await asyncio.sleep(step.seconds)
                    finally:
                        self._history.heal(number)
        finally:
            self._suffering.discard(key)

    def _fault(self, step: Step) -> AbstractAsyncContextManager[bool]:
        match step.name:
            case _N.ORCHESTRATOR_FREEZE | _N.AGENT_FREEZE | _N.BROWSER_FREEZE:
                return self._frozen(self._part(step))
            case _N.NETWORK_CUT:
                return self._cut(self._proxies[step.target])
            case _N.DISK_FULL:
                return nullcontext(False) if self._disk is None else self._full(self._disk)
        return self._poisoned(self._proxies[step.target], step)

    @asynccontextmanager
    async def _frozen(self, process: psutil.Process | None) -> AsyncIterator[bool]:
        if process is None:
            yield False
            return
        number = await self._freezer.freeze([process])
        try:
            yield True
        finally:
            await self._freezer.thaw(number)

    @asynccontextmanager
    async def _cut(self, proxy: Proxy) -> AsyncIterator[bool]:
        proxy.cut()
        try:
            yield True
        finally:
            proxy.mend()

    @asynccontextmanager
    async def _full(self, disk: SmallDisk) -> AsyncIterator[bool]:
        try:
            # It has as much to write as there is room.
            await asyncio.to_thread(disk.fill)
            yield True
        finally:
            disk.empty()

    @asynccontextmanager
    async def _poisoned(self, proxy: Proxy, step: Step) -> AsyncIterator[bool]:
        assert step.toxic is not None
        proxy.add(step.toxic)
        try:
            yield True
        finally:
            proxy.remove(step.toxic)

    def _part(self, step: Step) -> psutil.Process | None:
        """Return the process that the step means, of those that belong to its target."""
        process = self._members[step.target].process
        if process is None:
            return None
        match step.name:
            case _N.BROWSER_KILL | _N.BROWSER_FREEZE:
                return family.browser_of(process)
            case _N.RENDERER_KILL:
                return next(iter(family.renderers_of(process)), None)
            case _N.DRIVER_KILL:
                return family.driver_of(process)
        return process


def _kill(process: psutil.Process | None) -> bool:
    if process is None:
        return False
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return False
    return True


def _detail(step: Step) -> str:
    seconds = f"{step.seconds:.1f} s"
    return seconds if step.toxic is None else f"{seconds}, {step.toxic}"
