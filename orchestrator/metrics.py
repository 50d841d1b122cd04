"""What Prometheus is told: one registry of our own, so that two servers in a process never mix.

Names of actions come from agents, so they are counted up to a limit and lumped together beyond
it: a label that a stranger can vary is a way to fill the memory of whoever scrapes.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
MAX_ACTIONS: Final = 100
OTHER: Final = "other"

_COMMAND_SECONDS: Final = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0),
)
_COMMIT_SECONDS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0)
_BATCH_ROWS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The server's figures; each method is one fact, told when it happens."""

    def __init__(self) -> None:
        """Register everything, all at zero."""
        self._registry = CollectorRegistry()
        self._actions: set[str] = set()
        # `labels()` takes a lock and builds a key at every call; its children live for ever anyway.
        self._children: dict[Hashable, Counter] = {}
        self._declare_commands()
        self._declare_server()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)

    def _declare_commands(self) -> None:
        registry = self._registry
        self._commands = Counter(
            "xagent_commands",
            "Commands that are over, by action and final state.",
            ("action", "state"),
            registry=registry,
        )
        self._command_seconds = Histogram(
            "xagent_command_duration_seconds",
            "From the acceptance of a command to its end.",
            buckets=_COMMAND_SECONDS,
            registry=registry,
        )
        self._in_flight = Gauge(
            "xagent_commands_in_flight", "Commands that are with an agent.", registry=registry
        )
        self._queued = Gauge(
            "xagent_commands_queued", "Commands that wait for their agent.", registry=registry
        )
        self._late = Counter(
            "xagent_unexpected_results",
            "Results of commands that nobody knows.",
            registry=registry,
        )

    def _declare_server(self) -> None:
        registry = self._registry
        self._agents = Gauge("xagent_agents", "Agents that ever enrolled.", registry=registry)
        self._connected = Gauge(
            "xagent_agents_connected", "Agents that are connected now.", registry=registry
        )
        self._sessions = Counter(
            "xagent_sessions", "Stays of agents that began.", registry=registry
        )
        self._extensions = Counter(
            "xagent_lease_extensions",
            "How often all agents got a lease more, because the fault may have been here.",
            ("reason",),
            registry=registry,
        )
        self._batch_rows = Histogram(
            "xagent_journal_batch_rows",
            "Rows that shared one commit.",
            buckets=_BATCH_ROWS,
            registry=registry,
        )
        self._commit_seconds = Histogram(
            "xagent_journal_commit_seconds",
            "How long one commit took.",
            buckets=_COMMIT_SECONDS,
            registry=registry,
        )
        self._commit_failures = Counter(
            "xagent_journal_commit_failures", "Commits that failed.", registry=registry
        )
        self._requests = Counter(
            "xagent_http_requests",
            "Answered HTTP requests, by route and status.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._refusals = Counter(
            "xagent_access_refusals",
            "Requests the guard did not let in, by the code of the refusal.",
            ("code",),
            registry=registry,
        )

        self._artifact_bytes = Gauge(
            "xagent_artifact_bytes",
            "Bytes of all artifacts on the disk, as of the latest look.",
            registry=registry,
        )
        self._deletions = Counter(
            "xagent_retention_deletions",
            "What was deleted because it was old, or too much.",
            ("kind",),
            registry=registry,
        )

    def command_finished(self, action: str, state: str, seconds: float) -> None:
        """Count a command that reached its final *state*, *seconds* after it was accepted."""
        key = (action, state)
        counter = self._children.get(key)
        if counter is None:
            counter = self._children[self._action(action), state] = self._commands.labels(
                self._action(action), state
            )
        counter.inc()
        # A wall clock that was set back in between must not make it negative.
        self._command_seconds.observe(seconds if seconds > 0 else 0.0)

    def result_unexpected(self) -> None:
        """Count a result of a command that nobody knows."""
        self._late.inc()

    def session_began(self) -> None:
        """Count an agent's welcome."""
        self._sessions.inc()

    def leases_extended(self, reason: str) -> None:
        """Count that the agents were not blamed for a silence."""
        self._extensions.labels(reason).inc()

    def journal_committed(self, rows: int, seconds: float) -> None:
        """Note one commit of *rows* statements that took *seconds*."""
        self._batch_rows.observe(rows)
        self._commit_seconds.observe(seconds)

    def journal_failed(self) -> None:
        """Count a commit that failed."""
        self._commit_failures.inc()

    def request_answered(self, method: str, route: str, status: int) -> None:
        """Count an HTTP request; *route* is a path with its placeholders, never a caller's own."""
        key = (method, route, status)
        counter = self._children.get(key)
        if counter is None:
            counter = self._children[key] = self._requests.labels(method, route, str(status))
        counter.inc()

    def access_refused(self, code: str) -> None:
        """Count a request that the guard turned away."""
        self._refusals.labels(code).inc()

    def artifacts_summed_up(self, total_bytes: int) -> None:
        """Note how many bytes all artifacts have together."""
        self._artifact_bytes.set(total_bytes)

    def retention_deleted(self, kind: str, count: int) -> None:
        """Count artifacts, files, commands or sessions that are kept no longer."""
        self._deletions.labels(kind).inc(count)

    def render(self, *, agents: int, connected: int, in_flight: int, queued: int) -> bytes:
        """Return the text of a scrape, with what is only known at that moment."""
        self._agents.set(agents)
        self._connected.set(connected)
        self._in_flight.set(in_flight)
        self._queued.set(queued)
        return generate_latest(self._registry)

    def _action(self, action: str) -> str:
        if action in self._actions:
            return action
        if len(self._actions) >= MAX_ACTIONS:
            return OTHER
        self._actions.add(action)
        return action
