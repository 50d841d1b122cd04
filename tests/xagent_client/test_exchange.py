"""What a call does about lost connections and passing troubles, without a network or a clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
import pytest

from xagent_client import AgentOffline, InvalidRequest, Unavailable, UnexpectedAnswer, Unreachable
from xagent_client.calls import Submission, get_command, list_agents, submit
from xagent_client.exchange import Call, ConnectionLost, Pause, Reply, Request
from xagent_client.models import Command

T = TypeVar("T")

Answer = Reply | ConnectionLost


def carry_out(
    call: Call[T], answer: Callable[[Request], Answer]
) -> tuple[T, list[Request | Pause]]:
    """Drive *call* with made-up answers; return its result and the steps it took."""
    steps: list[Request | Pause] = []
    try:
        step = next(call)
        while True:
            steps.append(step)
            if isinstance(step, Pause):
                step = call.send(None)
                continue
            given = answer(step)
            step = call.throw(given) if isinstance(given, ConnectionLost) else call.send(given)
    except StopIteration as end:
        result: T = end.value
        return result, steps


def in_turn(answers: Sequence[Answer]) -> Callable[[Request], Answer]:
    """Answer with each of *answers* once, then with the last one."""
    left = list(answers)
    return lambda _request: left.pop(0) if len(left) > 1 else left[0]


def command(state: str, seconds: float = 0.0) -> Reply:
    document = {"request_id": "r1", "agent_id": "a", "action": "title", "state": state}
    return Reply(200, {}, msgspec.json.encode(document), seconds)


def problem(status: int, code: str, **headers: str) -> Reply:
    document = {"status": status, "code": code, "detail": "no"}
    return Reply(
        status,
        {key.replace("_", "-"): each for key, each in headers.items()},
        msgspec.json.encode(document),
    )


NEVER_SENT = ConnectionLost("refused", sent=False)
MAYBE_SENT = ConnectionLost("reset", sent=True)


def submission(wait: float = 45) -> Call[Command]:
    return submit("a", Submission("title", {}, request_id="r1"), wait=wait)


def pauses(steps: Sequence[Request | Pause]) -> list[float]:
    return [step.seconds for step in steps if isinstance(step, Pause)]


def test_an_answer_at_once_needs_one_request() -> None:
    done, steps = carry_out(submission(), in_turn([command("succeeded")]))

    assert done.succeeded
    assert [type(step) for step in steps] == [Request]


def test_each_submission_gets_an_id_of_its_own() -> None:
    ids = set()
    for _ in range(2):
        _, steps = carry_out(submit("a", Submission("title", {})), in_turn([command("succeeded")]))
        assert isinstance(steps[0], Request)
        assert steps[0].body is not None
        ids.add(msgspec.json.decode(steps[0].body)["request_id"])
        assert "idempotency-key" not in steps[0].headers

    assert len(ids) == 2


@pytest.mark.parametrize("request_id", ["", "a b", "a\nb", "grün", ".hidden", "x" * 129])
def test_an_id_that_cannot_name_a_command_is_refused_before_anything_is_sent(
    request_id: str,
) -> None:
    with pytest.raises(InvalidRequest, match="request_id: use up to 128"):
        next(submit("a", Submission("title", {}, request_id=request_id)))


def test_a_server_that_was_never_there_is_given_up_soon() -> None:
    with pytest.raises(Unreachable) as caught:
        carry_out(submission(), in_turn([NEVER_SENT]))

    assert caught.value.request_id is None


def test_a_command_that_may_run_is_asked_for_until_the_wait_is_spent() -> None:
    lost = ConnectionLost("reset", sent=True, seconds=1.0)

    with pytest.raises(Unreachable, match="may be running: ask for command r1") as caught:
        carry_out(submission(wait=20), in_turn([lost]))

    assert caught.value.request_id == "r1"


def test_a_command_survives_a_restart_of_the_server() -> None:
    answers: list[Answer] = [
        command("running", seconds=5),
        MAYBE_SENT,
        *[NEVER_SENT] * 8,
        command("succeeded"),
    ]

    done, steps = carry_out(submission(), in_turn(answers))

    assert done.succeeded
    assert max(pauses(steps)) == 2.0


def test_following_ends_with_the_wait() -> None:
    done, steps = carry_out(submission(wait=100), in_turn([command("running", seconds=60)]))

    waits = [step.query["wait"] for step in steps if isinstance(step, Request)]
    assert not done.is_over
    assert waits == [60, 40]


def test_retry_after_is_obeyed_within_the_wait() -> None:
    answers = [problem(503, "draining", retry_after="3"), command("succeeded")]

    _, steps = carry_out(submission(), in_turn(answers))

    assert pauses(steps) == [3]


def test_a_longer_retry_after_is_not_waited_for() -> None:
    with pytest.raises(Unavailable) as caught:
        carry_out(submission(wait=2), in_turn([problem(503, "draining", retry_after="60")]))

    assert caught.value.problem.retry_after == 60


def test_an_offline_agent_is_not_asked_again() -> None:
    with pytest.raises(AgentOffline):
        carry_out(submission(), in_turn([problem(503, "agent_offline", retry_after="1")]))


def test_a_proxy_without_a_server_is_a_passing_trouble() -> None:
    page = Reply(502, {}, b"<html>Bad gateway</html>")

    _, steps = carry_out(submission(), in_turn([page, page, command("succeeded")]))

    assert pauses(steps) == [0.1, 0.3]


@pytest.mark.parametrize("status", [502, 504])
def test_a_submission_that_a_proxy_gave_up_on_is_followed_to_the_end_of_the_wait(
    status: int,
) -> None:
    page = Reply(status, {}, b"<html>Gateway timeout</html>", seconds=2.0)

    done, steps = carry_out(submission(wait=40), in_turn([*[page] * 8, command("succeeded")]))

    bodies = {step.body for step in steps if isinstance(step, Request)}
    assert done.succeeded
    assert len(bodies) == 1


@pytest.mark.parametrize(
    "then", [Reply(502, {}, b""), problem(503, "draining"), NEVER_SENT], ids=["502", "503", "away"]
)
def test_what_a_proxy_may_have_handed_on_may_be_running(then: Answer) -> None:
    with pytest.raises(Unreachable, match="may be running: ask for command r1") as caught:
        carry_out(submission(wait=5), in_turn([Reply(504, {}, b"", seconds=1), then]))

    assert caught.value.request_id == "r1"


def test_a_command_that_began_is_in_doubt_while_a_proxy_answers_for_the_server() -> None:
    with pytest.raises(Unreachable) as caught:
        carry_out(submission(wait=5), in_turn([command("running"), Reply(503, {}, b"")]))

    assert caught.value.request_id == "r1"


def test_a_question_that_a_proxy_gave_up_on_leaves_nothing_in_doubt() -> None:
    with pytest.raises(Unavailable):
        carry_out(list_agents(), in_turn([Reply(504, {}, b"")]))


def test_no_wait_still_forgives_a_lost_connection() -> None:
    for lost in (NEVER_SENT, MAYBE_SENT, Reply(502, {}, b"")):
        done, _ = carry_out(submission(wait=0), in_turn([lost, command("queued")]))

        assert done.request_id == "r1"


def test_what_is_final_is_raised_at_once() -> None:
    final = ConnectionLost("refused", sent=False, is_final=True)

    with pytest.raises(Unreachable):
        carry_out(list_agents(), in_turn([final, command("succeeded")]))


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[]", b'{"items": 1}'])
def test_an_answer_that_is_none_of_ours_is_said_so(body: bytes) -> None:
    with pytest.raises(UnexpectedAnswer, match="is the URL an orchestrator's"):
        carry_out(list_agents(), in_turn([Reply(200, {}, body)]))


def test_names_in_paths_are_quoted() -> None:
    _, steps = carry_out(get_command("../x?y"), in_turn([command("succeeded")]))

    assert isinstance(steps[0], Request)
    assert steps[0].path == "/api/commands/..%2Fx%3Fy"
