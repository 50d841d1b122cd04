"""The tables, once, for SQLite and PostgreSQL; the migrations are checked against them.

JSON that is only kept and given back stands in text columns, so that what the agent wrote comes
out byte for byte and nothing is parsed on a command's path.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

from orchestrator.store.records import TOKEN_NAME
from xagent_protocol.transitions import CommandState

UNCOMMON_STATES: Final = (
    CommandState.FAILED,
    CommandState.TIMED_OUT,
    CommandState.CANCELLED,
    CommandState.EXPIRED,
    CommandState.LOST,
)
"""How few commands end, so that finding them by it costs the others nothing."""

_IS_UNCOMMON: Final = text(" OR ".join(f"state = '{state.value}'" for state in UNCOMMON_STATES))

IS_BY_A_PERSON: Final = f"requested_by <> '{TOKEN_NAME}'"
"""That a browser which signed in asked for a command: programs, which send thousands a second,
pay for no index of theirs."""

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

agents: Final = Table(
    "agents",
    metadata,
    Column("agent_id", String(63), primary_key=True),
    Column("install_id", String(64), nullable=False),
    Column("credential_sha256", String(64), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger),
    Column("labels", Text, nullable=False),
    Column("versions", Text),
    Column("browser", Text),
    # What it announced, if it stands here and not under a digest below: older releases wrote it so.
    Column("actions", Text, nullable=False),
    Column("announced", String(64)),
)

# Each set of actions once, however many agents announced it.
announcements: Final = Table(
    "announcements",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("actions", Text, nullable=False),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("session_id", String(64), primary_key=True),
    Column("agent_id", String(63), ForeignKey("agents.agent_id"), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("install_id", String(64), nullable=False),
    Column("journal_id", String(64), nullable=False),
    Column("boot_id", String(64), nullable=False),
    Column("remote_address", String(255), nullable=False),
    Column("xagent_version", String(64), nullable=False),
    Column("browser_version", String(64), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("end_reason", String(500)),
    Index(None, "agent_id", "epoch"),
)

commands: Final = Table(
    "commands",
    metadata,
    # The order of acceptance. As SQLite's row id it costs nothing, and reading the history by it
    # needs no index: each one more costs every command two pages of log.
    Column(
        "seq",
        BigInteger().with_variant(Integer(), "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("request_id", String(128), nullable=False, unique=True),
    Column("agent_id", String(63), ForeignKey("agents.agent_id"), nullable=False),
    Column("action", String(128), nullable=False),
    Column("params", Text, nullable=False),
    Column("page_asked", String(128)),
    Column("timeout", Float, nullable=False),
    Column("idempotent", Boolean, nullable=False),
    Column("ttl", Float, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("effect", String(16), nullable=False),
    Column("tainted", Boolean, nullable=False),
    Column("cancel_requested", Boolean, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("journal_id", String(64), nullable=False),
    Column("boot_id", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("dispatched_at", BigInteger),
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("duration_ms", Float),
    Column("result", Text),
    Column("error", Text),
    Column("page", Text),
    Column("artifacts", Text),
    Column("dialog", Text),
    Column("notices", Text),
    Column("late_result", Text),
    Column("record", String(16)),
    Column("if_controlled", String(8)),
    Column("control_digest", String(64)),
    Column("requested_by", String(64)),
    Column("reads", Boolean),
    Index(None, "agent_id", "seq"),
    Index(None, "state", "seq", sqlite_where=_IS_UNCOMMON, postgresql_where=_IS_UNCOMMON),
    Index(
        None, "agent_id", "state", "seq", sqlite_where=_IS_UNCOMMON, postgresql_where=_IS_UNCOMMON
    ),
    Index(
        None,
        "requested_by",
        "seq",
        sqlite_where=text(IS_BY_A_PERSON),
        postgresql_where=text(IS_BY_A_PERSON),
    ),
)

# Everything up to the mark is over: what is still owed is found at start by reading from there,
# without an index that each command would enter and leave.
marks: Final = Table(
    "marks",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

artifacts: Final = Table(
    "artifacts",
    metadata,
    Column("artifact_id", String(64), primary_key=True),
    Column("agent_id", String(63)),
    Column("request_id", String(128)),
    Column("content_type", String(255), nullable=False),
    Column("name", String(255), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # Ids sort by their time, so each of these gives a list by age, too.
    Index(None, "request_id"),
    Index(None, "agent_id", "artifact_id"),
    # Whether other rows name the same bytes, and, with the size, how many bytes there are in all.
    Index(None, "sha256", "size"),
)

enrolments: Final = Table(
    "enrolments",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("agent_id", String(63), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

passes: Final = Table(
    "passes",
    metadata,
    Column("secret_sha256", String(64), primary_key=True),
    Column("token_sha256", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("content", Text, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
)
