"""Records as tests need them: everything has a value, any of them can be another."""

from __future__ import annotations

from typing import Any

import msgspec

from orchestrator.store.records import AgentRecord, CommandRecord, SessionRecord
from xagent_protocol.codec import encode_actions
from xagent_protocol.ids import AgentId, BootId, InstallId, JournalId, RequestId, SessionId
from xagent_protocol.messages import ActionSpec, BrowserStatus, Hello, RuntimeVersions
from xagent_protocol.transitions import CommandState, Progress

VERSIONS = RuntimeVersions(xagent="0.1.0", python="3.11", platform="linux", hostname="desk")
BROWSER = BrowserStatus("chromium", "156", 1, ok=True, headless=True)


def action(name: str, *, reads: bool, **schema: Any) -> ActionSpec:
    """Return an action that takes `text`, unless *schema* says otherwise."""
    params: dict[str, Any] = {
        "type": "object",
        "properties": {"text": {"type": "string"}},
        "additionalProperties": False,
    }
    return ActionSpec(name, "test", f"{name}.", reads, True, schema or params, {})


ACTIONS = (action("read", reads=True), action("write", reads=False))


def agent_record(agent_id: str = "alpha", **changes: Any) -> AgentRecord:
    """Return an agent that enrolled."""
    record = AgentRecord(
        agent_id=AgentId(agent_id),
        install_id=InstallId(f"install-{agent_id}"),
        credential_sha256=f"digest-{agent_id}",
        created_at=1000,
        actions=ACTIONS,
    )
    return msgspec.structs.replace(record, **changes)


def session_record(agent_id: str = "alpha", epoch: int = 1, **changes: Any) -> SessionRecord:
    """Return a stay."""
    record = SessionRecord(
        session_id=SessionId(f"session-{agent_id}-{epoch}"),
        agent_id=AgentId(agent_id),
        epoch=epoch,
        install_id=InstallId(f"install-{agent_id}"),
        journal_id=JournalId("journal-1"),
        boot_id=BootId("boot-1"),
        remote_address="127.0.0.1",
        xagent_version="0.1.0",
        browser_version="156",
        started_at=1000 + epoch,
    )
    return msgspec.structs.replace(record, **changes)


def command_record(
    request_id: str = "r1", agent_id: str = "alpha", **changes: Any
) -> CommandRecord:
    """Return a command that is queued."""
    record = CommandRecord(
        request_id=RequestId(request_id),
        agent_id=AgentId(agent_id),
        action="write",
        params=msgspec.Raw(b'{"text": "x"}'),
        timeout=30.0,
        idempotent=False,
        ttl=900.0,
        fingerprint="f" * 64,
        progress=Progress(CommandState.QUEUED),
        created_at=1000,
    )
    return msgspec.structs.replace(record, **changes)


def hello(agent_id: str = "alpha", **changes: Any) -> Hello:
    """Return what an agent says first."""
    message = Hello(
        protocol_min=1,
        protocol_max=1,
        install_id=InstallId(f"install-{agent_id}"),
        journal_id=JournalId("journal-1"),
        boot_id=BootId("boot-1"),
        highest_epoch=0,
        versions=VERSIONS,
        browser=BROWSER,
        actions=encode_actions(ACTIONS),
    )
    return msgspec.structs.replace(message, **changes)
