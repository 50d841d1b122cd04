"""How an orchestrator learns an agent's credential."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import msgspec
import pytest

from agent_runtime.enrolment import Enrolment
from agent_runtime.errors import EnrolmentNeeded, NameTaken, OrchestratorUnreachable
from agent_runtime.identity import Identity
from tests.agent_runtime.fake_orchestrator import CUT, FakeOrchestrator, Reply
from xagent_protocol.ids import AgentId, InstallId

IDENTITY = Identity(AgentId("alpha"), InstallId("install"), "xagent_agent_secret")
TICKETS = "/api/agents/alpha/enrolment"
ENROLMENTS = "/api/enrolments"
TICKET = Reply.json(201, agent_id="alpha", token="xagent_enrol_local", expires_at="later")
ENROLLED = Reply.json(201, agent_id="alpha")
INVALID = Reply.json(401, code="invalid_enrolment_token", detail="used, or too old")


@pytest.fixture
async def http(orchestrator: FakeOrchestrator) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the fake."""
    async with httpx2.AsyncClient(base_url=orchestrator.url, trust_env=False) as client:
        yield client


@pytest.fixture
def user_token(tmp_path: Path) -> Path:
    """The file that the orchestrator's owner can read."""
    (tmp_path / "token").write_text("xagent_user\n")
    return tmp_path / "token"


async def test_a_given_token_is_redeemed_and_the_secret_stays_here(
    orchestrator: FakeOrchestrator, http: httpx2.AsyncClient
) -> None:
    orchestrator.answer("POST", ENROLMENTS, ENROLLED)

    await Enrolment(http, IDENTITY, token="xagent_enrol_given", user_token_file=None).enrol()

    [request] = orchestrator.requests
    assert request.headers["authorization"] == "Bearer xagent_enrol_given"
    assert msgspec.json.decode(request.body) == {
        "agent_id": "alpha",
        "install_id": "install",
        "credential_sha256": IDENTITY.credential_sha256,
    }
    assert b"secret" not in request.body


async def test_on_the_orchestrators_machine_the_users_token_gets_a_ticket(
    orchestrator: FakeOrchestrator, http: httpx2.AsyncClient, user_token: Path
) -> None:
    orchestrator.answer("POST", TICKETS, TICKET)
    orchestrator.answer("POST", ENROLMENTS, ENROLLED)

    await Enrolment(http, IDENTITY, token=None, user_token_file=user_token).enrol()

    assert [(one.path, one.headers["authorization"]) for one in orchestrator.requests] == [
        (TICKETS, "Bearer xagent_user"),
        (ENROLMENTS, "Bearer xagent_enrol_local"),
    ]


async def test_a_given_token_is_used_once(
    orchestrator: FakeOrchestrator, http: httpx2.AsyncClient
) -> None:
    orchestrator.answer("POST", ENROLMENTS, ENROLLED)
    enrolment = Enrolment(http, IDENTITY, token="given", user_token_file=None)
    await enrolment.enrol()

    with pytest.raises(EnrolmentNeeded, match="xagent token --agent alpha"):
        await enrolment.enrol()
    assert len(orchestrator.requests) == 1


async def test_a_token_that_is_refused_gives_way_to_the_users(
    orchestrator: FakeOrchestrator, http: httpx2.AsyncClient, user_token: Path
) -> None:
    orchestrator.answer("POST", TICKETS, TICKET)
    orchestrator.answer("POST", ENROLMENTS, INVALID, ENROLLED)

    await Enrolment(http, IDENTITY, token="stale", user_token_file=user_token).enrol()

    assert [one.path for one in orchestrator.requests] == [ENROLMENTS, TICKETS, ENROLMENTS]


async def test_a_token_survives_an_orchestrator_that_does_not_answer(
    orchestrator: FakeOrchestrator, http: httpx2.AsyncClient
) -> None:
    orchestrator.answer("POST", ENROLMENTS, CUT, Reply(502, b"<html>"), ENROLLED)
    enrolment = Enrolment(http, IDENTITY, token="given", user_token_file=None)

    for _ in range(2):
        with pytest.raises(OrchestratorUnreachable):
            await enrolment.enrol()
    await enrolment.enrol()


async def test_a_name_that_is_held_is_reported_in_the_orchestrators_words(
    orchestrator: FakeOrchestrator, http: httpx2.AsyncClient
) -> None:
    orchestrator.answer(
        "POST", ENROLMENTS, Reply.json(409, code="duplicate_agent", detail="held from 10.0.0.7")
    )

    with pytest.raises(NameTaken, match=r"10\.0\.0\.7"):
        await Enrolment(http, IDENTITY, token="given", user_token_file=None).enrol()


@pytest.mark.parametrize("content", ["", "two\nlines", "x" * 1000])
async def test_a_file_that_holds_no_token_is_not_sent(
    orchestrator: FakeOrchestrator, http: httpx2.AsyncClient, tmp_path: Path, content: str
) -> None:
    (tmp_path / "token").write_text(content)

    with pytest.raises(EnrolmentNeeded):
        await Enrolment(http, IDENTITY, token=None, user_token_file=tmp_path / "token").enrol()
    assert orchestrator.requests == []


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply.json(401, code="unauthorized"), EnrolmentNeeded),
        (Reply(401, b"<html>"), OrchestratorUnreachable),
        (Reply(201, b"<html>"), OrchestratorUnreachable),
        (Reply(500), OrchestratorUnreachable),
        (CUT, OrchestratorUnreachable),
    ],
)
async def test_no_ticket_is_final_only_in_the_orchestrators_own_words(
    orchestrator: FakeOrchestrator,
    http: httpx2.AsyncClient,
    user_token: Path,
    reply: Reply | None,
    error: type[Exception],
) -> None:
    orchestrator.answer("POST", TICKETS, reply)

    with pytest.raises(error):
        await Enrolment(http, IDENTITY, token=None, user_token_file=user_token).enrol()
