"""The users of the orchestrator: they ask, ask again, look, call off, and remember the answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Literal

import msgspec

from orchestrator.dispatch.submission import Submission
from orchestrator.errors import CommandUnknown, Refusal, RequestIdReused
from orchestrator.store.records import CommandRecord
from tests.model.history import Call
from xagent_protocol.ids import AgentId, RequestId

if TYPE_CHECKING:
    from tests.model.orchestrator_life import OrchestratorLife
    from tests.model.world import World

ALPHA = AgentId("alpha")
PROBE = RequestId("probe")

_Verb = Callable[["OrchestratorLife"], Awaitable[CommandRecord]]


class Callers:
    """All that anybody has asked of one world; who asks again says it as it was said before."""

    def __init__(self, world: World) -> None:
        """Nobody has asked anything yet."""
        self._world = world
        self._submissions: list[Submission] = []

    def submit(
        self,
        *,
        action: str,
        idempotent: bool | None,
        page: str | None,
        seconds: float,
        timeout: float,
        ttl: float,
        if_offline: Literal["fail", "queue"],
        wait: float,
    ) -> None:
        """Ask for a new command."""
        submission = Submission(
            ALPHA,
            action,
            _params(seconds),
            page,
            timeout,
            RequestId(f"c{len(self._submissions)}"),
            idempotent,
            if_offline,
            ttl,
        )
        self._submissions.append(submission)
        self._submit(submission, wait)

    def retry(self, back: int, wait: float) -> None:
        """Ask again for the command that was asked for *back* commands ago."""
        if submission := self._asked(back):
            self._submit(submission, wait)

    def reuse(self, back: int) -> None:
        """Ask for another command under an id that somebody was given."""
        submission = self._asked(back)
        if submission and submission.request_id in self._world.history.accepted:
            other = msgspec.structs.replace(submission, params=_params(0.125))
            self._submit(other, 1.0, is_another=True)

    def cancel(self, back: int) -> None:
        """Call a command off."""
        if submission := self._asked(back):
            call = self._call(submission, 5.0)
            self._ask(call, lambda life: life.dispatcher.submissions.cancel(call.request_id))

    def look(self, back: int, wait: float) -> None:
        """Wait for the end of a command."""
        if submission := self._asked(back):
            call = self._call(submission, wait)
            self._ask(call, lambda life: life.dispatcher.submissions.wait(call.request_id, wait))

    def probe(self) -> None:
        """Ask for a read that has every reason to succeed."""
        submission = Submission(
            ALPHA,
            "read",
            _params(0.0),
            request_id=PROBE,
            if_offline="queue",
            ttl=50.0,
        )
        self._submit(submission, 30.0)

    def _asked(self, back: int) -> Submission | None:
        return self._submissions[-1 - back] if back < len(self._submissions) else None

    def _submit(self, submission: Submission, wait: float, *, is_another: bool = False) -> None:
        call = self._call(submission, wait)
        self._world.history.asked.add(call.request_id)
        self._ask(
            call,
            lambda life: life.dispatcher.submissions.submit(submission, wait=wait),
            is_another=is_another,
        )

    def _call(self, submission: Submission, wait: float) -> Call:
        assert submission.request_id is not None
        is_read = submission.action == "read"
        repeatable = is_read if submission.idempotent is None else submission.idempotent
        self._world.history.repeatable[submission.request_id] = repeatable
        return Call(submission.request_id, self._world.clock.now, wait)

    def _ask(self, call: Call, verb: _Verb, *, is_another: bool = False) -> None:
        life = self._world.orchestrator
        if life is None or not life.is_serving:
            return
        self._world.history.calls.append(call)
        life.process.begin(self._answered(life, call, verb, is_another=is_another))

    async def _answered(
        self, life: OrchestratorLife, call: Call, verb: _Verb, *, is_another: bool
    ) -> None:
        history = self._world.history
        try:
            record = await verb(life)
        except RequestIdReused as refusal:
            if not is_another and call.request_id not in history.forgotten:
                history.violate("I6", f"{call.request_id} is said to be another command")
            history.refused(call.request_id, refusal)
        except CommandUnknown as refusal:
            if call.request_id in history.accepted:
                history.violate("I3", f"{call.request_id} was accepted and is unknown")
            history.refused(call.request_id, refusal)
        except Refusal as refusal:
            history.refused(call.request_id, refusal)
        else:
            if is_another and call.request_id in history.accepted:
                history.violate("I6", f"{call.request_id} was given to two commands")
            history.answered(record)
        call.is_over = True


def _params(seconds: float) -> msgspec.Raw:
    return msgspec.Raw(f'{{"seconds": {seconds}}}'.encode())
