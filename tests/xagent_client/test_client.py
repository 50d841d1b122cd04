"""The SDK for callers that wait, on real sockets."""

from __future__ import annotations

import inspect
import io
import socket
from dataclasses import dataclass

import pytest

import xagent_client
from tests.xagent_client.fake_api import PNG, TOKEN, FakeApi, Fault
from xagent_client import (
    ActionNotFound,
    AgentNotFound,
    AgentOffline,
    BrowserCrashed,
    Cancelled,
    Client,
    CommandFailed,
    CommandNotFound,
    InvalidParams,
    Lost,
    NavigationFailed,
    SelectorAmbiguous,
    SelectorNotFound,
    StaleRef,
    StillRunning,
    TimedOut,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
)
from xagent_client.agent_verbs import AgentVerbs
from xagent_client.asking import How, whole_texts
from xagent_protocol.transitions import CommandState


@dataclass(frozen=True)
class Kept:
    """As an action of somebody's own may answer."""

    artifact_id: str


def test_every_agent_is_listed_through_all_pages(client: Client) -> None:
    agents = client.agents()

    assert [agent.agent_id for agent in agents] == ["alpha", "beta"]
    assert [agent.is_connected for agent in agents] == [True, False]
    browser = agents[0].browser
    assert browser is not None
    assert browser.pages[0].id == "p1"


def test_an_action_answers_its_natural_result(client: Client) -> None:
    alpha = client.agent("alpha")

    arrived = alpha.goto("http://example.com/")

    assert (arrived.url, arrived.status, arrived.title) == ("http://example.com/", 200, "A page")
    assert alpha.inner_text("h1") == "the inner_text"
    assert alpha.title() == "the title"
    assert alpha.evaluate("x => x", 3) == {"arg": 3, "list": [1, 2]}
    alpha.click("#buy")


def test_params_left_out_are_not_sent(client: Client, fake: FakeApi) -> None:
    client.agent("alpha").click("#buy", page="p2", timeout=5)

    body = fake.bodies[0]
    assert body["params"] == {"target": "#buy"}
    assert (body["page"], body["timeout"]) == ("p2", 5)
    assert set(body) == {"action", "params", "page", "timeout", "request_id"}


def test_run_sends_params_as_they_are_given(client: Client, fake: FakeApi) -> None:
    command = client.agent("alpha").run("evaluate", {"expression": "1", "arg": None})

    assert command.succeeded
    assert fake.bodies[0]["params"] == {"expression": "1", "arg": None}


def test_an_action_without_a_verb_is_run_by_its_name(client: Client, fake: FakeApi) -> None:
    client.agent("alpha").run("click", {"force": True}, target="#buy", click_count=2, timeout=5)

    body = fake.bodies[0]
    assert (body["action"], body["timeout"]) == ("click", 5)
    assert body["params"] == {"force": True, "target": "#buy", "click_count": 2}


def test_a_result_that_did_not_fit_into_the_answer_comes_whole(
    client: Client, fake: FakeApi
) -> None:
    fake.is_large = True

    assert client.agent("alpha").evaluate("x => x", 3) == {"arg": 3, "list": [1, 2]}
    assert client.agent("alpha").goto("http://example.com/").title == "A page"


def test_a_text_within_a_result_comes_whole_unless_its_length_is_named(
    client: Client, fake: FakeApi
) -> None:
    fake.long_text = "- heading\n" * 1000

    assert client.agent("alpha").snapshot().snapshot == fake.long_text
    assert client.agent("alpha").snapshot(max_chars=10).snapshot.startswith("- heading\n\n[cut")


def test_a_text_is_made_whole_wherever_it_stands_in_a_result(client: Client, fake: FakeApi) -> None:
    fake.long_text = "long " * 1000
    command = client.agent("alpha").run("snapshot")
    cut = command.result["snapshot"]

    whole = client.perform(whole_texts(command, {"body": [{"text": cut}, 1], "note": "short"}))

    assert whole == {"body": [{"text": fake.long_text}, 1], "note": "short"}


def test_run_takes_the_keywords_of_every_verb() -> None:
    kinds = inspect.signature(AgentVerbs.run._exchanges).parameters.values()

    assert {each.name for each in kinds if each.kind is each.KEYWORD_ONLY} == set(
        How.__annotations__
    )


def test_text_comes_whole_even_if_the_answer_was_cut(client: Client, fake: FakeApi) -> None:
    fake.long_text = "long " * 1000

    assert client.agent("alpha").inner_text() == fake.long_text


def test_text_is_cut_where_the_caller_says(client: Client, fake: FakeApi) -> None:
    fake.long_text = "long " * 1000

    assert client.agent("alpha").inner_text(max_chars=5) == "the inner_text"


def test_an_artifact_is_fetched_or_streamed(client: Client) -> None:
    command = client.agent("alpha").run("screenshot")
    sink = io.BytesIO()

    client.download(command.artifacts[0], sink)

    assert sink.getvalue() == PNG
    assert client.artifact(command.artifacts[0]) == PNG
    assert client.artifact("a1") == PNG
    assert client.artifact(Kept(command.result["artifact_id"])) == PNG


def test_a_recorded_command_has_a_trace_beside_what_it_made(client: Client, fake: FakeApi) -> None:
    alpha = client.agent("alpha")
    command = alpha.run("screenshot", record="trace")
    plain = alpha.run("screenshot")

    assert fake.bodies[0]["record"] == "trace"
    assert command.trace is not None
    assert client.artifact(command.trace) == b"a trace"
    assert command.made == command.artifacts[:1]
    assert plain.trace is None
    assert plain.made == plain.artifacts


def test_a_command_may_wait_for_a_person_or_be_their_own(client: Client, fake: FakeApi) -> None:
    alpha = client.agent("alpha")
    command = alpha.run("title", if_controlled="wait", control_token="q8Zr")

    assert alpha.title(if_controlled="wait") == "the title"
    assert command.if_controlled == "wait"
    assert fake.bodies[0]["control_token"] == "q8Zr"
    assert fake.bodies[1]["if_controlled"] == "wait"


def test_a_trace_is_never_taken_for_what_was_asked_for(client: Client, fake: FakeApi) -> None:
    alpha = client.agent("alpha")

    assert alpha.inner_text(record="trace") == "the inner_text"
    assert alpha.evaluate("1", record="trace") == {"arg": None, "list": [1, 2]}
    assert alpha.screenshot(record="trace") == PNG
    fake.long_text = "long " * 1000
    assert alpha.inner_text(record="trace") == fake.long_text


def test_a_screenshot_is_its_bytes(client: Client) -> None:
    assert client.agent("alpha").screenshot() == PNG


@pytest.mark.parametrize(
    ("ending", "kind"),
    [
        ("failed:selector_not_found", SelectorNotFound),
        ("failed:selector_ambiguous", SelectorAmbiguous),
        ("failed:stale_ref", StaleRef),
        ("failed:navigation_failed", NavigationFailed),
        ("failed:browser_crashed", BrowserCrashed),
        ("failed:somebody_s_own", CommandFailed),
        ("timed_out:timed_out", TimedOut),
        ("cancelled:cancelled", Cancelled),
        ("lost:outcome_unknown", Lost),
    ],
)
def test_a_failed_command_raises_by_its_code(
    client: Client, ending: str, kind: type[CommandFailed]
) -> None:
    state, _, code = ending.partition(":")

    with pytest.raises(kind) as caught:
        client.agent("alpha").click(f"!{ending}")

    assert type(caught.value) is kind
    assert caught.value.code == code
    assert caught.value.command.state == state
    assert str(caught.value) == f"it ended {code}; try something else"


def test_run_does_not_raise_for_a_failed_command(client: Client) -> None:
    command = client.agent("alpha").run("click", {"target": "!failed:dialog_open"})

    assert command.state is CommandState.FAILED
    assert command.error is not None
    assert command.error.code == "dialog_open"


def test_a_refusal_raises_by_its_code(client: Client) -> None:
    with pytest.raises(AgentNotFound) as unknown:
        client.agent("alhpa").title()
    with pytest.raises(AgentOffline) as offline:
        client.agent("beta").title()
    with pytest.raises(ActionNotFound):
        client.agent("alpha").run("clikc")
    with pytest.raises(InvalidParams, match=r"params\.bad: is not known"):
        client.agent("alpha").run("click", {"bad": 1})
    with pytest.raises(CommandNotFound):
        client.command("never")

    assert unknown.value.problem.known == ("alpha",)
    assert offline.value.problem.retry_after == 5


def test_an_offline_agent_is_an_answer_and_not_asked_again(client: Client, fake: FakeApi) -> None:
    with pytest.raises(AgentOffline):
        client.agent("beta").title()

    assert fake.paths.count("POST /api/agents/beta/commands") == 1


def test_a_wrong_token_is_said_so(fake: FakeApi) -> None:
    with Client(fake.url, "xagent_wrong") as client, pytest.raises(Unauthorized):
        client.agents()


def test_the_request_id_of_the_caller_is_honoured(client: Client) -> None:
    command = client.agent("alpha").run("title", request_id="mine-1")

    assert command.request_id == "mine-1"
    assert client.command("mine-1") == command


@pytest.mark.parametrize("fault", [Fault(), Fault(is_handled=True), Fault(502), Fault(503)])
def test_a_submission_is_repeated_under_the_same_id(
    client: Client, fake: FakeApi, fault: Fault
) -> None:
    fake.faults.append(fault)

    assert client.agent("alpha").title() == "the title"

    assert len({body["request_id"] for body in fake.bodies}) == 1
    assert len(fake.commands) == 1
    assert fake.paths.count("POST /api/agents/alpha/commands") == 2


def test_a_server_that_stays_away_is_given_up(client: Client, fake: FakeApi) -> None:
    fake.faults.extend([Fault(503, {"retry-after": "3600"})])

    with pytest.raises(Unavailable):
        client.agents()


def test_a_command_is_followed_over_lost_connections(client: Client, fake: FakeApi) -> None:
    fake.is_slow = True
    with pytest.raises(StillRunning) as caught:
        client.agent("alpha").title(wait=0, request_id="slow-1")
    assert caught.value.command.state is CommandState.RUNNING
    fake.faults.extend([Fault(), Fault(502)])
    fake.finish("slow-1", result="at last")

    assert client.command("slow-1", wait=5).result == "at last"


def test_no_wait_at_all_answers_the_unfinished_command(client: Client, fake: FakeApi) -> None:
    fake.is_slow = True

    command = client.agent("alpha").run("title", wait=0)

    assert not command.is_over
    assert fake.queries[-1] == {"wait": "0"}


def test_a_command_is_followed_until_it_ends(client: Client, fake: FakeApi) -> None:
    fake.is_slow = True
    client.agent("alpha").run("title", wait=0, request_id="slow-2")

    cancelled = client.cancel("slow-2")

    assert cancelled.cancel_requested
    assert client.command("slow-2", wait=5).state is CommandState.CANCELLED


def test_a_closed_port_is_unreachable_and_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    with Client(url, TOKEN, retry=False) as client:
        assert not client.is_ready()
        with pytest.raises(Unreachable, match=f"{url} does not answer.*xagent up") as caught:
            client.agents()

    assert caught.value.request_id is None


def test_an_answer_of_something_else_is_told_from_a_problem(client: Client, fake: FakeApi) -> None:
    fake.faults.append(Fault(404))

    with pytest.raises(UnexpectedAnswer, match="HTTP 404"):
        client.agents()


def test_the_rest_of_the_api_is_there(client: Client, fake: FakeApi) -> None:
    alpha = client.agent("alpha")
    alpha.run("title", request_id="one")

    assert client.is_ready()
    assert alpha.describe().agent_id == "alpha"
    assert "goto" in {spec.name for spec in alpha.actions()}
    assert alpha.sessions()[0].epoch == 3
    assert [each.request_id for each in alpha.commands(limit=5)] == ["one"]
    assert len(client.commands(state="failed")) == 0
    assert client.enrol("gamma").token == "xagent_enrol_x"


def test_a_verb_shows_its_contract() -> None:
    assert "NavigationFailed" in (xagent_client.AgentHandle.goto.__doc__ or "")
    assert xagent_client.AgentHandle.goto.__name__ == "goto"
