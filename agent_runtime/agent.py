"""One agent, put together and kept alive: the only place here that builds objects.

    directory lock → journal → browser → runner → link

Each is opened after what it needs and closed before it, so a command always has its browser and
a result always has its way out.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import platform
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol
from uuid import uuid4

import httpx2
import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime.actions.agent_permissions import Permissions
from agent_runtime.actions.call import ActionLimits
from agent_runtime.actions.performer import Performer
from agent_runtime.actions.plugins import installed_registry
from agent_runtime.browser.browser import Browser, BrowserSettings
from agent_runtime.channels.channels import ChannelDialler, Channels, Serve
from agent_runtime.channels.live import LiveViews
from agent_runtime.directory import agent_directory
from agent_runtime.enrolment import USER_TOKEN_FILE, Enrolment
from agent_runtime.identity import IdentityFile
from agent_runtime.link.backoff import Backoff
from agent_runtime.link.conversation import Subjects
from agent_runtime.link.link import Link
from agent_runtime.logs import masked_by
from agent_runtime.machine import machine_boot
from agent_runtime.policy.proxy import EgressProxy
from agent_runtime.secrets.masking import Masking
from agent_runtime.secrets.store import SecretStore
from agent_runtime.secrets.vault import Vault
from agent_runtime.settings import Settings
from agent_runtime.stop import Stop
from agent_runtime.work.artifacts import ArtifactTransfers
from agent_runtime.work.inbox import Inbox
from agent_runtime.work.journal import Journal
from agent_runtime.work.journal_file import JournalFile, journal_file
from agent_runtime.work.lease import Lease
from agent_runtime.work.outbox import Outbox
from agent_runtime.work.runner import Performs, Runner
from xagent_protocol import OLDEST_PROTOCOL, PROTOCOL
from xagent_protocol.codec import encode_actions
from xagent_protocol.ids import BootId, InstallId
from xagent_protocol.messages import ActionSpec, BrowserStatus, Hello, Limits, RuntimeVersions

log: FilteringBoundLogger = structlog.get_logger()

GRACE_SECONDS: Final = 10.0
"""What running commands may still take once the agent is asked to stop."""

DELIVERY_SECONDS: Final = 3.0
"""How long a stopping agent waits for its last results to be acknowledged."""

HTTP_SECONDS: Final = 30.0

LOOPBACK_SECONDS: Final = (0.1, 5.0)
"""The first bound and the longest wait for an orchestrator on this machine, which no fleet can
overrun, and of which a restart is soon over."""


class LivingBrowser(Protocol):
    """What the agent itself needs of its browser."""

    async def start(self) -> None:
        """Launch it; raises an `AgentError` if there is none."""

    async def close(self) -> None:
        """End it, even half started; idempotent."""

    async def watch(self) -> None:
        """Keep it alive, for ever."""

    def status(self) -> BrowserStatus:
        """Tell how it is, from memory."""


class AnnouncedPerformer(Performs, Protocol):
    """What the agent needs of whoever drives its browser."""

    def specs(self) -> tuple[ActionSpec, ...]:
        """List the actions that can be asked for."""


@dataclass(frozen=True)
class Drive:
    """A browser, who drives it, who hears what is accepted, what is shown, and what none hears."""

    browser: LivingBrowser
    performer: AnnouncedPerformer
    heed: Callable[[Limits], None]
    channels: Mapping[str, Serve]
    masking: Masking = field(default_factory=Masking)


BuildDrive = Callable[[Settings, Path, InstallId, Callable[[], None], ArtifactTransfers], Drive]
"""Builds it from the settings, the agent's directory and install, whom to tell of changes, and
where artifacts go."""


def drive_chromium(
    settings: Settings,
    directory: Path,
    install_id: InstallId,
    on_change: Callable[[], None],
    transfers: ArtifactTransfers,
) -> Drive:
    """Build a real browser with the standard actions, and those of installed packages."""
    policy = settings.url_policy
    browser = Browser(
        BrowserSettings(directory, settings.headed, settings.browser, install_id),
        on_change=on_change,
        egress=EgressProxy(policy) if policy.is_limiting else None,
    )
    vault = Vault(SecretStore(directory))
    vault.load()
    permissions = Permissions(code=settings.allow_code)
    performer = Performer(
        browser, installed_registry(), transfers, vault=vault, permissions=permissions
    )

    def heed(limits: Limits) -> None:
        performer.limits = ActionLimits(limits.inline_result_bytes)
        browser.downloads.limit_bytes = limits.artifact_bytes

    channels = {"live": LiveViews(browser, transfers).serve}
    return Drive(browser, performer, heed, channels, vault.masking)


async def run_agent(
    settings: Settings, stop: Stop, build_drive: BuildDrive = drive_chromium
) -> None:
    """Run one agent until *stop* is asked.

    Raises:
        AgentError: it cannot start or go on; wrapped in exception groups once it runs.
    """
    with agent_directory(settings.data_directory, settings.agent_id) as directory:
        identity_file = IdentityFile(directory, settings.agent_id)
        async with httpx2.AsyncClient(
            base_url=settings.url,
            timeout=HTTP_SECONDS,
            trust_env=not settings.on_loopback,  # a proxy must not see this machine's own tokens
            # Nobody presents a certificate then, and to read the machine's takes a while.
            verify=settings.url.startswith("https") or not settings.on_loopback,
        ) as http:
            with journal_file(directory, machine_boot()) as file:
                agent = _build(settings, stop, build_drive, directory, identity_file, file, http)
                with masked_by(agent.masking):
                    await agent.run()


class Agent:
    """The parts of one agent while it lives."""

    def __init__(
        self,
        browser: LivingBrowser,
        runner: Runner,
        channels: Channels,
        outbox: Outbox,
        link: Link,
        stop: Stop,
        masking: Masking | None = None,
    ) -> None:
        """Hold what `_build` has made."""
        self.masking = masking or Masking()
        """What none of this may tell."""
        self._browser = browser
        self._runner = runner
        self._channels = channels
        self._outbox = outbox
        self._link = link
        self._stop = stop

    async def run(self) -> None:
        """Live until asked to stop, then stop in order, or at once if somebody insists."""
        async with asyncio.TaskGroup() as tasks:
            life = tasks.create_task(self._live())
            asked = tasks.create_task(self._stop.wait())
            await _first_of(life, asked)
            if asked.done() and not life.done():
                drained = tasks.create_task(self._drain())
                insisted = tasks.create_task(self._stop.wait_for_insistence())
                await _first_of(life, drained, insisted)
                drained.cancel()
                insisted.cancel()
            asked.cancel()
            life.cancel()

    async def _live(self) -> None:
        try:
            await self._browser.start()
            log.info("browser started", version=self._browser.status().version)
            async with self._runner, self._channels, asyncio.TaskGroup() as tasks:
                watch = tasks.create_task(self._browser.watch())
                await self._link.run()
                self._channels.close()
                watch.cancel()
        finally:
            await self._browser.close()

    async def _drain(self) -> None:
        log.info("stopping", reason=self._stop.reason, in_flight=self._runner.in_flight)
        await self._runner.drain(GRACE_SECONDS)
        try:
            async with asyncio.timeout(DELIVERY_SECONDS):
                await self._outbox.wait_until_acknowledged()
        except TimeoutError:
            log.warning("stopping with results that nobody has acknowledged")
        await self._link.leave(self._stop.reason, returning=False)


class _StoredEpochs:
    """The epochs of the identity's file, which is not written on the loop."""

    def __init__(self, file: IdentityFile) -> None:
        self._file = file

    @property
    def highest(self) -> int:
        return self._file.identity.highest_epoch

    async def accept(self, epoch: int) -> None:
        await asyncio.to_thread(self._file.raise_epoch, epoch)


def _build(
    settings: Settings,
    stop: Stop,
    build_drive: BuildDrive,
    directory: Path,
    identity_file: IdentityFile,
    file: JournalFile,
    http: httpx2.AsyncClient,
) -> Agent:
    identity = identity_file.identity
    browser_changed = asyncio.Event()
    transfers = ArtifactTransfers(http, identity.credential, lambda: Backoff(random.uniform))
    drive = build_drive(settings, directory, identity.install_id, browser_changed.set, transfers)
    journal = Journal(file, {spec.name for spec in drive.performer.specs() if spec.reads})
    outbox = Outbox(journal)
    lease = Lease()
    runner = Runner(drive.performer, journal, outbox, lease)
    dialler = ChannelDialler(
        settings.channels_url, identity.credential, use_proxy=not settings.on_loopback
    )
    channels = Channels(dialler.dial, drive.channels)
    boot_id = BootId(str(uuid4()))
    versions = _versions()

    def browser_status() -> BrowserStatus:
        return drive.masking.status(drive.browser.status())

    announcement = encode_actions(drive.performer.specs())

    def hello() -> Hello:
        return Hello(
            protocol_min=OLDEST_PROTOCOL,
            protocol_max=PROTOCOL,
            install_id=identity.install_id,
            journal_id=journal.journal_id,
            boot_id=boot_id,
            highest_epoch=identity_file.identity.highest_epoch,
            versions=versions,
            browser=browser_status(),
            actions=announcement,
            labels=dict(settings.labels),
            channels=channels.kinds,
        )

    enrolment = Enrolment(
        http,
        identity,
        token=settings.enrolment_token,
        user_token_file=(
            settings.data_directory / USER_TOKEN_FILE if settings.on_loopback else None
        ),
    )
    link = Link(
        settings.websocket_url,
        identity.credential,
        hello=hello,
        subjects=Subjects(
            inbox=Inbox(journal, outbox, runner),
            outbox=outbox,
            epochs=_StoredEpochs(identity_file),
            browser_status=browser_status,
            browser_changed=browser_changed,
            in_flight=lambda: runner.in_flight,
            heed=drive.heed,
            lease=lease,
            open_channel=channels.open,
            resume=runner.resume,
        ),
        enrol=enrolment.enrol,
        backoff=_backoff(settings),
        use_proxy=not settings.on_loopback,
    )
    return Agent(drive.browser, runner, channels, outbox, link, stop, drive.masking)


def _backoff(settings: Settings) -> Backoff:
    if not settings.on_loopback:
        return Backoff(random.uniform)
    first, longest = LOOPBACK_SECONDS
    return Backoff(random.uniform, first_seconds=first, longest_seconds=longest)


def _versions() -> RuntimeVersions:
    return RuntimeVersions(
        xagent=_version_of("xagent"),
        python=platform.python_version(),
        platform=platform.platform(),
        playwright=_version_of("playwright"),
        hostname=platform.node(),
    )


def _version_of(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""  # run from a checkout that was never installed


async def _first_of(*tasks: asyncio.Task[None]) -> None:
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
