"""A canary at a whole agent: where it is kept, and nowhere else."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Final

import msgspec
import pytest

from agent_runtime.secrets.secret import Secret
from agent_runtime.secrets.spellings import base64_parts
from agent_runtime.secrets.store import FILE_NAME, SecretStore
from tests.agent_runtime.fake_orchestrator import FakeOrchestrator, Reply, Visit
from tests.agent_runtime.fake_performer import command
from tests.site import Site
from xagent_protocol.codec import encode
from xagent_protocol.messages import AgentBeat, AgentMessage, Beat, Hello, Result

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CANARY: Final = 'cAn4ry "trill" & <töne>\\/+'
SIGNS: Final = tuple(sign.encode() for sign in ("cAn4ry", *base64_parts("cAn4ry")))


class Ear:
    """Hears all that an agent says, and keeps it."""

    def __init__(self, visit: Visit) -> None:
        """Listen to *visit*."""
        self.visit = visit
        self.heard: list[AgentMessage] = []
        self._number = 0

    async def ask(self, action: str, **params: object) -> Result:
        """Have a command done, and leave its result unacknowledged."""
        self._number += 1
        self.visit.say(command(f"r{self._number}", action, params=msgspec.json.encode(params)))
        while True:
            message = await self.visit.hear(object)
            assert isinstance(message, AgentMessage)
            self.heard.append(message)
            if isinstance(message, Result):
                return message

    async def beat(self) -> AgentBeat:
        """Ask for a sign of life."""
        self.visit.say(Beat(1))
        beat = await self.visit.hear(AgentBeat)
        self.heard.append(beat)
        return beat


def holds_a_sign(content: bytes) -> bool:
    return any(sign in content for sign in SIGNS)


async def test_a_secret_is_in_its_file_and_nowhere_else(
    orchestrator: FakeOrchestrator, tmp_path: Path
) -> None:
    """What an agent says, writes and logs is looked through.

    1. A page is told it, and tells it; 2. an upload is refused once, in its words; 3. a beat and
    the next hello tell of the page.
    """
    directory = tmp_path / "agents" / "alpha"
    SecretStore(directory).put(Secret.checked("canary", CANARY))
    orchestrator.answer(
        "POST",
        "/api/artifacts",
        Reply.json(503, detail=f"no room for {CANARY}"),
        Reply.json(201, artifact_id="a", content_type="x/y", size=1, sha256="0", name="n"),
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "agent_runtime", "alpha", "--url", orchestrator.url),
        *("--data-dir", str(tmp_path), "--exit-with-parent"),
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ,
    )
    assert process.stdin is not None
    try:
        with Site() as site:
            visit = await orchestrator.visit(seconds=40)
            await visit.welcome()
            ear = Ear(visit)
            await ear.ask("goto", url=site.url("/indiscreet"))
            typed = await ear.ask("fill_secret", target="#word", name="canary")
            said = await ear.ask("inner_text", target="#said")
            await ear.ask("evaluate", expression="throw new Error(said.textContent)")
            await ear.ask("evaluate", expression="said.textContent.repeat(2000)")
            await ear.ask("content", max_chars=10)
            await ear.ask("title")
            beat = await ear.beat()
            journal = b"".join(path.read_bytes() for path in directory.glob("journal.db*"))
            visit.cut()
            visit = await orchestrator.visit(seconds=40)
            hello = await visit.hear(Hello)
            visit.close(4400)
    finally:
        process.stdin.close()
        _, log = await process.communicate()

    assert typed.outcome.error is None
    assert bytes(said.outcome.result) == b'"[secret:canary]"'
    for browser in (beat.browser, hello.browser):
        assert browser is not None
        assert [page.title for page in browser.pages] == ["[secret:canary]"]
        assert "q=[secret:canary]&b=" in browser.pages[0].url
    uploads = [one for one in orchestrator.requests if one.path.startswith("/api/artifacts")]
    assert len(uploads) >= 3
    assert b"[secret:canary]" in uploads[0].body
    assert b"fill_secret" in journal
    assert b"[secret:canary]" in log, "the reason of the refused upload"
    assert all(json.loads(line) for line in log.splitlines())
    left = [encode(one).encode() for one in (*ear.heard, hello)]
    left += [one.body + one.path.encode() for one in orchestrator.requests]
    assert not [one for one in [*left, journal, log] if holds_a_sign(one)]
    files = [
        path for path in directory.rglob("*") if path.is_file() and "profile" not in path.parts
    ]
    # The site has put it into a cookie, which is kept as the profile is.
    assert {path.name for path in files if holds_a_sign(path.read_bytes())} == {
        *(FILE_NAME, "cookies.json")
    }
