"""What an action gets besides its params: its page, its clock, its targets, its artifacts.

This is also what users' own actions are written against.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Final, Protocol

import msgspec
from playwright.async_api import Locator, Page

from agent_runtime.actions.agent_permissions import Permissions
from agent_runtime.actions.artifacts import ArtifactStore, Fetched
from agent_runtime.actions.target import Element
from agent_runtime.actions.urls import allowed_url
from agent_runtime.browser.browser import Browser
from agent_runtime.browser.files import private_directory
from agent_runtime.browser.tab import Tab
from agent_runtime.browser.text import printable
from agent_runtime.secrets.vault import Vault
from xagent_protocol.messages import Command
from xagent_protocol.outcomes import ArtifactRef, PageState

_MARGIN_LIMITS: Final = (0.25, 1.0)


@dataclass(frozen=True)
class ActionLimits:
    """How much an answer may carry, in bytes of JSON; what is longer becomes an artifact."""

    inline_result_bytes: int = 256 * 1024


class Steps(Protocol):
    """Runs other actions on behalf of one that is made of them."""

    def check(self, action: str, params: bytes) -> None:
        """Raise the `ActionFailed` of an action that is not known, or of params that do not fit."""

    async def run(self, call: Call, action: str, params: bytes, page: str | None) -> StepDone:
        """Do it; raises an `ActionFailed` that explains whatever went wrong."""


@dataclass(frozen=True)
class StepDone:
    """What one of several actions has come to."""

    result: msgspec.Raw
    page: PageState | None


@dataclass(eq=False)
class Call:
    """One command while it runs."""

    command: Command
    browser: Browser
    artifact_store: ArtifactStore
    limits: ActionLimits
    deadline: float
    """On the loop's clock."""
    steps: Steps
    vault: Vault
    """What it may type and must never tell."""
    permissions: Permissions
    """What the agent's own settings allow."""
    expiry: asyncio.Timeout | None = None
    """What ends the command at its deadline, or earlier if its page does."""
    open_tab: Tab | None = None
    has_begun: bool = False
    """Whether the action itself has begun, so that it may have had an effect."""
    artifacts: list[ArtifactRef] = field(default_factory=list)
    dialogs_before: int = 0
    """How many dialogs its page had shown when it began."""
    notices: tuple[str, ...] = ()
    """What its caller should know besides how it ended."""
    moves_before: int = 0
    """How often its page had moved by then."""
    directory: Path | None = None
    """Where what it fetches lies, once it has fetched something."""

    @property
    def tab(self) -> Tab:
        """The page the command is for; only an action that is `on_page` has one from the start."""
        assert self.open_tab is not None
        return self.open_tab

    @property
    def page(self) -> Page:
        """The same, as Playwright knows it."""
        return self.tab.page

    @property
    def began_at(self) -> float:
        """When the command began, on the loop's clock; for a part of a batch, when that did."""
        return self.deadline - self.command.timeout

    @property
    def patience_ms(self) -> float:
        """How long Playwright may wait: less than is left, so that a failure can be explained."""
        least, most = _MARGIN_LIMITS
        budget = self.command.timeout
        margin = min(most, max(least, budget * 0.05), budget / 2)
        left = self.deadline - asyncio.get_running_loop().time()
        return max(1.0, (left - margin) * 1000)

    def url(self, url: str) -> str:
        """Return *url* as the browser will read it, if it may be opened.

        Raises:
            ActionFailed: `blocked_by_policy`, or `invalid_params` for what is no URL.
        """
        return allowed_url(url, self.browser.url_policy)

    def interrupted_by(self, tab: Tab) -> AbstractContextManager[None]:
        """Let the end of *tab*, a page that the action opened itself, end the block at once."""
        return tab.running(self.expiry) if self.expiry is not None else nullcontext()

    def element(self, target: str, frame: str | None = None) -> Element:
        """Return what *target* names on the page, for use with `async with`."""
        return Element(self.tab, target, frame)

    def secret_locators(self) -> list[Locator]:
        """Return the fields of the page that hold secrets, for a picture to leave out."""
        return self.vault.typed_fields.locators(self.page)

    async def keep(self, content: bytes | Path, *, content_type: str, name: str) -> ArtifactRef:
        """Hand *content* over as an artifact of this command.

        Secrets are masked in bytes that are text, and in no file.

        Raises:
            ArtifactUploadFailed: nobody took it.
        """
        masking = self.vault.masking
        if masking.is_active:
            name = masking.text(name)
            if isinstance(content, bytes):
                content = masking.content(content, content_type)
        artifact = await self.artifact_store.put(
            content, content_type=content_type, name=name, request_id=self.command.request_id
        )
        self.artifacts.append(artifact)
        return artifact

    async def fetch(self, artifact_id: str) -> Fetched:
        """Return a file with an artifact's bytes, which is gone when the command is over.

        Raises:
            ArtifactUnavailable: there is none of this id for this agent, or it cannot be had.
        """
        if self.directory is None:
            parent = await asyncio.to_thread(private_directory, self.browser.settings.uploads)
            self.directory = Path(await asyncio.to_thread(mkdtemp, dir=parent))
        return await self.artifact_store.fetch(artifact_id, self.directory)

    async def tidy_up(self) -> None:
        """Remove what was fetched."""
        if self.directory is not None:
            await asyncio.to_thread(rmtree, self.directory, ignore_errors=True)

    async def text(
        self,
        text: str,
        max_chars: int,
        *,
        name: str,
        content_type: str,
        whole_lines: bool = False,
    ) -> str:
        """Return *text*, or its beginning with a note, the whole being an artifact then.

        *whole_lines*: leave out the line that it would be cut in, lest half of a ref name another
        element.
        """
        # Before it is cut, for half a secret would not be known as one.
        text = self.vault.masking.text(printable(text))
        kept = text[:max_chars]
        room = self.limits.inline_result_bytes - 1024
        while len(msgspec.json.encode(kept)) > room:
            kept = kept[: len(kept) // 2]
        if len(kept) == len(text):
            return text
        limit = len(kept)
        if whole_lines and text[limit] != "\n":
            kept = kept[: max(0, kept.rfind("\n"))]
        artifact = await self.keep(text.encode(), content_type=content_type, name=name)
        return (
            f"{kept}\n[cut at {limit} of {len(text)} characters; "
            f"the whole is artifact {artifact.artifact_id}]"
        )
