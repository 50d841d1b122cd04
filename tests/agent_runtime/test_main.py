"""The program: what people see when it cannot run."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import structlog

from agent_runtime.__main__ import main
from agent_runtime.directory import agent_directory
from agent_runtime.secrets.secret import Secret
from agent_runtime.secrets.store import SecretStore
from tests.agent_runtime.fake_orchestrator import FakeOrchestrator, Reply
from xagent_protocol.ids import AgentId
from xagent_protocol.messages import Goodbye


@pytest.fixture(autouse=True)
def _undo_what_belongs_to_the_process() -> Iterator[None]:
    root = logging.getLogger()
    umask = os.umask(0o077)
    handlers, level = root.handlers, root.level
    yield
    os.umask(umask)
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def _complaint(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert captured.out == ""
    [line] = [one for one in captured.err.splitlines() if not _is_log(one)]
    return line


def _is_log(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def test_bad_flags_are_one_sentence_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["Not A Name"], {}) == 2
    assert "cannot name an agent" in _complaint(capsys)


def test_a_profile_in_use_is_one_sentence_and_status_1(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with agent_directory(tmp_path, AgentId("alpha")):
        status = main(["alpha", "--data-dir", str(tmp_path)], {})

    assert status == 1
    assert "already runs here as process" in _complaint(capsys)


def test_a_directory_in_the_way_is_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "agents").write_text("")

    assert main(["alpha", "--data-dir", str(tmp_path)], {}) == 1
    assert str(tmp_path) in _complaint(capsys)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_secrets_that_others_can_read_are_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    store = SecretStore(tmp_path / "agents" / "alpha")
    store.put(Secret.checked("shop", "hunter2"))
    (tmp_path / "agents" / "alpha" / "secrets.json").chmod(0o644)

    assert main(["alpha", "--data-dir", str(tmp_path)], {}) == 1
    assert "make it yours alone" in _complaint(capsys)


@pytest.mark.slow
def test_a_browser_that_is_not_there_is_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status = main(
        ["alpha", "--data-dir", str(tmp_path)], {"XAGENT_BROWSER": str(tmp_path / "no-browser")}
    )

    assert status == 1
    assert "no-browser" in _complaint(capsys)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.browser
@pytest.mark.slow
async def test_the_whole_process_from_its_start_to_its_parents_end(
    orchestrator: FakeOrchestrator, tmp_path: Path
) -> None:
    """1. It launches a browser; 2. is turned away; 3. enrols; 4. works; 5. loses its parent."""
    orchestrator.handshakes.append(Reply.json(401, code="unauthorized"))
    orchestrator.answer("POST", "/api/enrolments", Reply.json(201, agent_id="alpha"))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "agent_runtime", "alpha", "--url", orchestrator.url),
        *("--data-dir", str(tmp_path), "--exit-with-parent"),
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "XAGENT_ENROLMENT_TOKEN": "xagent_enrol_given"},
    )
    assert process.stdin is not None
    try:
        visit = await orchestrator.visit(seconds=40)
        await visit.welcome()
        children = psutil.Process(process.pid).children(recursive=True)
        process.stdin.close()
        assert await visit.hear(Goodbye) == Goodbye("parent_gone", returning=False)
        _, log = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

    assert process.returncode == 0
    assert children
    assert not [child for child in children if _lives(child)]
    assert all(json.loads(line)["agent_id"] == "alpha" for line in log.splitlines())
    assert b"xagent_enrol" not in log
    assert b"xagent_agent_" not in log
