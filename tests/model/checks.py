"""The invariants that a look at the database, the agents and the callers can check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.model.callers import ALPHA, PROBE
from tests.model.database import Row
from tests.model.history import Terminal
from tests.model.orchestrator_life import BOUNDS
from xagent_protocol.ids import RequestId

if TYPE_CHECKING:
    from tests.model.world import World

ANSWER_SECONDS = 2.0
"""How much longer than he said a caller may have to wait."""


class Checks:
    """Looks at one world; whatever is wrong is noted in its history."""

    def __init__(self, world: World) -> None:
        """Begin with nothing seen."""
        self._world = world
        self._history = world.history
        self._rows: dict[RequestId, Row] = {}
        self._begun = 0

    def now(self) -> None:
        """Check what has to be true at any moment."""
        has_changed = self._world.database.has_changed()
        if has_changed:
            self._rows = {row.request_id: row for row in self._world.database.rows()}
            self._check_rows()
        begun = len(self._history.first_begun)
        if has_changed or begun != self._begun:
            self._begun = begun
            self._check_order()
        self._check_calls()

    def is_settled(self) -> bool:
        """Say whether everything is over, and the agent is there for more."""
        return self._is_agent_connected() and all(row.is_over for row in self._rows.values())

    def in_the_end(self) -> None:
        """Check what has to be true once everything was mended and time has passed."""
        self.now()
        history, rows = self._history, self._rows
        for row in rows.values():
            if not row.is_over:
                history.violate("I3", f"{row.request_id} is still {row.state}")
        for request_id in rows.keys() - history.asked:
            history.violate("I15", f"nobody ever asked for {request_id}")
        life = self._world.orchestrator
        if life is None or not self._is_agent_connected():
            history.violate("I13", "a living agent is not connected")
            return
        if PROBE not in rows or rows[PROBE].state != "succeeded":
            history.violate("I13", "a read has every reason to succeed, and did not")
        counted = (
            life.dispatcher.submissions.open_commands(),
            *life.dispatcher.submissions.counts(ALPHA),
        )
        if counted != (0, 0, 0):
            history.violate("I15", f"nothing is open, and {counted} are counted")
        for agent in self._world.agents:
            if not agent.process.is_dead and agent.journal.inventory():
                history.violate(
                    "I11", f"{agent.process.name} still holds {agent.journal.inventory()}"
                )

    def _is_agent_connected(self) -> bool:
        life, agent = self._world.orchestrator, self._world.agent("agent")
        return (
            life is not None
            and agent is not None
            and life.is_serving
            and life.is_connected(ALPHA, agent.boot_id)
        )

    def _check_rows(self) -> None:
        history = self._history
        for row in self._rows.values():
            if row.is_over:
                end = Terminal(row.state, row.effect, row.result)
                history.saw_end(row.request_id, row.attempt, end)
            elif row.request_id in history.ends:
                history.violate("I2", f"{row.request_id} was over and is {row.state}")
            if (
                row.attempt > BOUNDS.attempts
                and history.begun.get(row.request_id, 0) > BOUNDS.attempts
            ):
                history.violate("I11", f"{row.request_id} was begun too often")
        for request_id, fingerprint in history.accepted.items():
            known = self._rows.get(request_id)
            if known is None:
                history.violate("I3", f"{request_id} was accepted and is not in the database")
            elif known.fingerprint != fingerprint and request_id not in history.forgotten:
                history.violate("I6", f"{request_id} has become another command")
        open_rows = [row for row in self._rows.values() if not row.is_over]
        if len(open_rows) > BOUNDS.open_commands:
            history.violate("I11", f"{len(open_rows)} commands are open")

    def _check_order(self) -> None:
        """Check that commands begin, on each page, in the order in which they were accepted."""
        latest: dict[str, Row] = {}
        for execution in self._history.first_begun.values():
            row = self._rows.get(execution.request_id)
            if row is None or execution.request_id in self._history.forgotten:
                continue
            before = latest.get(execution.page)
            if before is not None and before.seq > row.seq:
                self._history.violate(
                    "I9", f"{row.request_id} begins on {execution.page} after {before.request_id}"
                )
            latest[execution.page] = row

    def _check_calls(self) -> None:
        world = self._world
        life = world.orchestrator
        if life is None or not life.process.can_run or life.has_full_disk:
            # Nobody promises an answer of a process that stands still, or that cannot write.
            self._history.calls.clear()
            return
        waiting = [call for call in self._history.calls if not call.is_over]
        self._history.calls[:] = waiting
        for call in waiting:
            if world.clock.now > call.begun_at + call.waits + ANSWER_SECONDS:
                self._history.violate("I12", f"nobody has answered {call}")
