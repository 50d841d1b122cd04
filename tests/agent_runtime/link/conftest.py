"""A link with all that hangs on it, but no browser and no directory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from agent_runtime.clock import sleepless
from agent_runtime.link.backoff import Backoff
from agent_runtime.link.conversation import Subjects
from agent_runtime.link.link import Link
from agent_runtime.work.inbox import Inbox
from agent_runtime.work.journal import Journal
from agent_runtime.work.lease import Lease
from agent_runtime.work.outbox import Outbox
from agent_runtime.work.runner import Runner
from tests.agent_runtime.fake_orchestrator import DEADLINE_SECONDS, FakeOrchestrator
from tests.agent_runtime.fake_performer import SPEC, FakePerformer
from xagent_protocol.codec import encode_actions
from xagent_protocol.ids import BootId, InstallId, PageId
from xagent_protocol.messages import (
    BrowserStatus,
    Hello,
    Limits,
    OpenChannel,
    PageSummary,
    RuntimeVersions,
)

CREDENTIAL = "xagent_agent_secret"


class Rig:
    """An agent's parts around a link.

    `highest` is the highest epoch it has accepted, `stopped_seconds` for how long its process was
    stopped, as its lease sees it.
    """

    def __init__(
        self,
        orchestrator: FakeOrchestrator,
        performer: FakePerformer,
        journal: Journal,
        url: str = "",
    ) -> None:
        """Put the parts together; nothing runs yet. *url* leads elsewhere than to the fake."""
        self.highest = 0
        self.on_accept: Callable[[], None] = lambda: None
        self.pages: tuple[PageSummary, ...] = ()
        self.browser_changed = asyncio.Event()
        self.heeded: list[Limits] = []
        self.channels: list[OpenChannel] = []
        self.enrolments: list[Callable[[], None]] = []
        self.pauses: list[float] = []
        self.journal = journal
        self.outbox = Outbox(self.journal)
        self.stopped_seconds = 0.0
        self.lease = Lease(self._clock)
        self.runner = Runner(performer, self.journal, self.outbox, self.lease)
        self.link = Link(
            url or f"{orchestrator.url.replace('http', 'ws')}/ws/agents/alpha",
            CREDENTIAL,
            hello=self._hello,
            subjects=Subjects(
                inbox=Inbox(self.journal, self.outbox, self.runner),
                outbox=self.outbox,
                epochs=self,
                browser_status=self.browser_status,
                browser_changed=self.browser_changed,
                in_flight=lambda: self.runner.in_flight,
                heed=self.heeded.append,
                lease=self.lease,
                open_channel=self.channels.append,
                resume=self.runner.resume,
            ),
            enrol=self._enrol,
            backoff=Backoff(self._no_jitter),
            use_proxy=False,
            name_taken_seconds=0.001,
            clock=self._clock,
        )

    async def accept(self, epoch: int) -> None:
        """Accept an epoch."""
        self.on_accept()
        self.highest = epoch

    def browser_status(self) -> BrowserStatus:
        """A browser that has the pages it was given."""
        return BrowserStatus("chromium", "156.0", 1, True, True, self.pages)

    def open_page(self, page_id: str) -> None:
        """Let the browser change."""
        self.pages = (*self.pages, PageSummary(PageId(page_id), "about:blank", ""))
        self.browser_changed.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        """Run link and runner while the context is open; yields the link's task."""
        async with self.runner, asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self.link.run())
            yield task
            task.cancel()
            await self.runner.drain(0.0)

    def _clock(self) -> float:
        return sleepless() + self.stopped_seconds

    def _no_jitter(self, low: float, high: float) -> float:
        self.pauses.append(high)
        return low

    async def _enrol(self) -> None:
        self.enrolments.pop(0)()

    def _hello(self) -> Hello:
        return Hello(
            protocol_min=1,
            protocol_max=1,
            install_id=InstallId("install"),
            journal_id=self.journal.journal_id,
            boot_id=BootId("boot"),
            highest_epoch=self.highest,
            versions=RuntimeVersions("0", "3", "test"),
            browser=self.browser_status(),
            actions=encode_actions((SPEC,)),
        )


async def until(condition: Callable[[], bool]) -> None:
    """Wait until *condition* holds."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():  # noqa: ASYNC110 (what is waited for has no event)
            await asyncio.sleep(0.001)


async def until_over(task: asyncio.Task[None]) -> BaseException | None:
    """Wait until *task* ends of itself, and return what it raised."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        await asyncio.wait([task])
    return task.exception()


@pytest.fixture
def rig(orchestrator: FakeOrchestrator, performer: FakePerformer, journal: Journal) -> Rig:
    """The parts of an agent that is about to dial."""
    return Rig(orchestrator, performer, journal)
