"""Submitting, fetching, stopping and listing commands."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import msgspec
import pytest

from tests.orchestrator.api.conftest import Api
from tests.orchestrator.gateway.conftest import eventually
from xagent_protocol.control import digest_of

COMMANDS = "/api/agents/alpha/commands"
ECHO = {"action": "echo", "params": {"text": "hi"}}
CONTRACT = (
    *("request_id", "agent_id", "action", "params", "page", "timeout", "idempotent", "record"),
    *("if_controlled", "requested_by"),
    *("state", "effect", "result", "error", "artifacts", "dialog", "notices", "attempt"),
    *("cancel_requested", "created_at", "dispatched_at", "started_at", "finished_at"),
    "duration_ms",
)


def problem(response: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """Return the problem document of a response, after a look at the envelope."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["status"] == status
    assert document["code"] == code, document
    assert document["type"] == f"/docs#{code}"
    assert document["title"]
    assert document["detail"]
    return document


async def test_a_finished_command_is_answered_whole(api: Api) -> None:
    response = await api.client.post(COMMANDS, json=ECHO)

    assert response.status_code == 200
    command = response.json()
    assert tuple(command) == CONTRACT
    assert command["state"] == "succeeded"
    assert command["effect"] == "complete"
    assert command["result"] == {"params": {"text": "hi"}}
    assert command["page"] == {"id": "p1", "url": "https://example.com/", "title": "Example"}
    assert command["idempotent"] is True
    assert command["error"] is None
    assert command["attempt"] == 1
    assert command["created_at"].endswith("Z")
    assert len(command["finished_at"]) == len("2026-11-23T09:30:00.000Z")
    assert "location" not in response.headers


async def test_a_command_tells_whether_it_is_recorded(api: Api) -> None:
    body = {**ECHO, "request_id": "r", "record": "trace"}

    recorded = await api.client.post(COMMANDS, json=body)
    other = await api.client.post(COMMANDS, json={**body, "record": None})
    plain = await api.client.post(COMMANDS, json=ECHO)

    assert recorded.json()["record"] == "trace"
    assert (await api.client.get("/api/commands/r")).json()["record"] == "trace"
    problem(other, 422, "request_id_reused")
    assert plain.json()["record"] is None


async def test_a_token_of_control_is_told_to_nobody_and_tells_commands_apart(
    api: Api, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    token = "canary-q8ZrT0pW3xYvB1nM"
    body = {**ECHO, "request_id": "r", "if_controlled": "wait", "control_token": token}

    first = await api.client.post(COMMANDS, json=body)
    again = await api.client.post(COMMANDS, json=body)
    other = await api.client.post(COMMANDS, json={**body, "control_token": token[::-1]})
    without = await api.client.post(COMMANDS, json={**body, "control_token": None})
    found = await api.client.get("/api/commands/r")

    assert first.json() == again.json() == found.json()
    assert first.json()["if_controlled"] == "wait"
    problem(other, 422, "request_id_reused")
    problem(without, 422, "request_id_reused")
    texts = [one.text for one in (first, again, other, without, found)]
    texts += [caplog.text, *capsys.readouterr()]
    assert not any(token in text or digest_of(token) in text for text in texts)


async def test_a_failed_command_is_answered_with_200_and_its_error(api: Api) -> None:
    response = await api.client.post(COMMANDS, json={"action": "fail"})

    assert response.status_code == 200
    assert response.json()["state"] == "failed"
    assert response.json()["error"] == {
        "code": "evaluation_failed",
        "message": "it did not work",
        "details": None,
    }


async def test_params_and_result_travel_byte_for_byte(api: Api) -> None:
    body = b'{"action": "echo", "params": {"text":   "1\\u00e9 1e2"}}'
    headers = {"Content-Type": "application/json; charset=utf-8"}

    response = await api.client.post(COMMANDS, content=body, headers=headers)

    assert b'"params":{"text":   "1\\u00e9 1e2"}' in response.content


async def test_without_waiting_the_answer_is_202_and_where_to_ask_again(api: Api) -> None:
    response = await api.client.post(f"{COMMANDS}?wait=0", json={"action": "hang"})

    assert response.status_code == 202
    assert response.json()["state"] in ("dispatched", "running")
    assert response.json()["result"] is None
    location = response.headers["location"]
    assert location == f"/api/commands/{response.json()['request_id']}"
    assert (await api.client.get(location)).json()["request_id"] in location


async def test_a_wait_that_runs_out_is_202(api: Api) -> None:
    response = await api.client.post(f"{COMMANDS}?wait=0.01", json={"action": "hang"})

    assert response.status_code == 202


async def test_a_long_poll_ends_with_the_command(api: Api) -> None:
    submitted = await api.client.post(f"{COMMANDS}?wait=0", json={"action": "hang"})
    path = submitted.headers["location"]

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        poll = tasks.create_task(api.client.get(f"{path}?wait=30"))
        cancelled = await api.client.post(f"{path}/cancel")

    assert cancelled.status_code == 202
    assert cancelled.json()["cancel_requested"] is True
    assert poll.result().json()["state"] == "cancelled"
    assert (await api.client.post(f"{path}/cancel")).status_code == 200


async def test_the_same_request_id_never_makes_a_second_command(api: Api) -> None:
    """F39, F41: by either name of the field."""
    body = {**ECHO, "request_id": "once"}

    first = await api.client.post(COMMANDS, json=body)
    again = await api.client.post(COMMANDS, json=ECHO, headers={"Idempotency-Key": "once"})

    assert first.json() == again.json()
    other = await api.client.post(COMMANDS, json={"action": "fail", "request_id": "once"})
    problem(other, 422, "request_id_reused")


async def test_two_different_names_for_one_command_are_refused(api: Api) -> None:
    response = await api.client.post(
        COMMANDS, json={**ECHO, "request_id": "a"}, headers={"Idempotency-Key": "b"}
    )

    errors = problem(response, 422, "invalid_request")["errors"]
    assert [error["field"] for error in errors] == ["request_id", "Idempotency-Key"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"action": ""}, "action"),
        ({"action": "a" * 129}, "action"),
        ({"action": None}, "action"),
        ({"params": [1]}, "params"),
        ({"params": None}, "params"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": 3601}, "timeout"),
        ({"timeout": "30"}, "timeout"),
        ({"ttl": 0}, "ttl"),
        ({"ttl": 86401}, "ttl"),
        ({"page": "p" * 129}, "page"),
        ({"request_id": "-bad"}, "request_id"),
        ({"request_id": "bad\n"}, "request_id"),
        ({"request_id": "x" * 129}, "request_id"),
        ({"if_offline": "retry"}, "if_offline"),
        ({"idempotent": "yes"}, "idempotent"),
        ({"record": "film"}, "record"),
        ({"record": True}, "record"),
        ({"if_controlled": "steer"}, "if_controlled"),
        ({"control_token": "short"}, "control_token"),
        ({"control_token": "q8Zr:q8Zr:q8Zr:q8Zr:q8Zr"}, "control_token"),
        ({"paramz": {}}, "paramz"),
    ],
)
async def test_a_bad_field_is_named(api: Api, change: dict[str, Any], field: str) -> None:
    response = await api.client.post(COMMANDS, json={**ECHO, **change})

    [error] = problem(response, 422, "invalid_request")["errors"]
    assert error["field"] == field
    assert error["message"]


async def test_a_missing_action_is_named(api: Api) -> None:
    response = await api.client.post(COMMANDS, json={})

    assert problem(response, 422, "invalid_request")["errors"] == [
        {"field": "action", "message": "is required"}
    ]


async def test_an_unknown_field_names_the_nearest(api: Api) -> None:
    response = await api.client.post(COMMANDS, json={**ECHO, "time_out": 3})

    document = problem(response, 422, "invalid_request")
    assert document["known"] == ["timeout"]
    assert "did you mean 'timeout'" in document["detail"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("wait=-1", "wait"),
        ("wait=61", "wait"),
        ("wait=nan", "wait"),
        ("wait=", "wait"),
        ("wait=soon", "wait"),
        ("wait=1&wait=2", "wait"),
        ("wiat=1", "wiat"),
        ("wait=%ff", "query"),
        ("&".join(f"a{number}=1" for number in range(70)), "query"),
    ],
)
async def test_a_bad_query_is_named(api: Api, query: str, field: str) -> None:
    response = await api.client.post(f"{COMMANDS}?{query}", json=ECHO)

    assert problem(response, 422, "invalid_request")["errors"][0]["field"] == field


async def test_params_that_do_not_fit_the_schema_name_the_field(api: Api) -> None:
    response = await api.client.post(COMMANDS, json={"action": "goto", "params": {"href": "x"}})

    fields = {error["field"] for error in problem(response, 422, "invalid_params")["errors"]}
    assert fields == {"params.url", "params.href"}


async def test_an_unknown_action_names_the_nearest(api: Api) -> None:
    response = await api.client.post(COMMANDS, json={"action": "gotoo"})

    assert "goto" in problem(response, 422, "action_unknown")["known"]


async def test_an_unknown_agent_names_those_there_are(api: Api) -> None:
    response = await api.client.post("/api/agents/alpa/commands", json=ECHO)

    assert "alpha" in problem(response, 404, "agent_unknown")["known"]


async def test_an_offline_agent_is_503_with_retry_after(api: Api) -> None:
    await api.enrol("beta")
    beta = await api.connect("beta")
    await beta.leave()
    await api.settle("beta", connected=False)

    response = await api.client.post("/api/agents/beta/commands", json=ECHO)

    document = problem(response, 503, "agent_offline")
    assert int(response.headers["retry-after"]) >= 1
    assert document["retry_after"] >= 1
    listed = await api.client.get("/api/agents/beta/commands")
    assert listed.json()["items"] == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"action=echo", b'{"action": "echo",}', b"\xff\xfe", b'{"action": "\xff"}'],
)
async def test_a_body_that_is_not_json_is_400(api: Api, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}

    response = await api.client.post(COMMANDS, content=body, headers=headers)

    problem(response, 400, "malformed_body")


async def test_text_that_is_no_utf8_does_not_hide_in_params(api: Api) -> None:
    headers = {"Content-Type": "application/json"}
    body = b'{"action": "echo", "params": {"text": "\xff"}}'

    response = await api.client.post(COMMANDS, content=body, headers=headers)

    problem(response, 400, "malformed_body")


@pytest.mark.parametrize("body", [b"[]", b'"echo"', b"1", b"null"])
async def test_json_that_is_no_object_is_422(api: Api, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}

    response = await api.client.post(COMMANDS, content=body, headers=headers)

    problem(response, 422, "invalid_request")


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", None],
)
async def test_any_other_media_type_is_415(api: Api, media_type: str | None) -> None:
    headers = {} if media_type is None else {"Content-Type": media_type}

    response = await api.client.post(COMMANDS, content=msgspec.json.encode(ECHO), headers=headers)

    problem(response, 415, "unsupported_media_type")
    assert (await api.client.get("/api/commands")).json()["items"] == []


async def test_a_body_over_the_limit_is_413(api: Api) -> None:
    """F30: and no row is written."""
    body = {**ECHO, "params": {"text": "x" * (1024 * 1024)}}

    problem(await api.client.post(COMMANDS, json=body), 413, "body_too_large")
    assert (await api.client.get("/api/commands")).json()["items"] == []


async def test_a_stream_over_the_limit_is_413_and_not_read_to_its_end(api: Api) -> None:
    """F30, of a body whose length nobody says."""
    sent = 0

    async def receive() -> dict[str, object]:
        nonlocal sent
        sent += 1
        return {"type": "http.request", "body": b" " * 65536, "more_body": True}

    answered: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        answered.append(message)

    headers = [
        (b"host", b"localhost"),
        (b"content-type", b"application/json"),
        (b"authorization", api.client.headers["authorization"].encode()),
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": COMMANDS,
        "query_string": b"",
        "headers": headers,
    }
    await api.app(scope, receive, send)

    assert answered[0]["status"] == 413
    assert sent == 17


@pytest.mark.parametrize("depth", [65, 100_000])
async def test_deep_nesting_is_422(api: Api, depth: int) -> None:
    headers = {"Content-Type": "application/json"}
    body = b'{"action": "echo", "params": ' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"

    response = await api.client.post(COMMANDS, content=body, headers=headers)

    assert problem(response, 422, "invalid_request")["errors"][0]["message"].startswith("is nested")


async def test_history_comes_in_pages_newest_first(api: Api) -> None:
    for number in range(5):
        await api.client.post(COMMANDS, json={**ECHO, "request_id": f"r{number}"})

    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await api.client.get("/api/commands", params=query)).json()
        seen += [command["request_id"] for command in page["items"]]
        cursor = page["next_cursor"]

    assert seen == ["r4", "r3", "r2", "r1", "r0"]


async def test_history_is_filtered(api: Api) -> None:
    await api.client.post(COMMANDS, json=ECHO)
    await api.client.post(COMMANDS, json={"action": "fail"})

    async def states(query: str) -> list[str]:
        items = (await api.client.get(f"/api/commands?{query}")).json()["items"]
        return [command["state"] for command in items]

    assert await states("state=failed") == ["failed"]
    assert await states("action=echo") == ["succeeded"]
    assert await states("agent_id=gone") == []
    assert len(await states("agent_id=alpha")) == 2
    own = await api.client.get(f"{COMMANDS}?state=failed")
    assert len(own.json()["items"]) == 1
    problem(await api.client.get("/api/agents/nobody/commands"), 404, "agent_unknown")


async def test_what_is_open_is_listed_by_the_state_it_is_in(api: Api) -> None:
    def listed(found: httpx2.Response) -> list[str]:
        return [command["request_id"] for command in found.json()["items"]]

    for name in ("first", "second", "third"):
        await api.client.post(f"{COMMANDS}?wait=0", json={"action": "hang", "request_id": name})
    running = f"{COMMANDS}?state=running"

    async def all_run() -> bool:
        return len(listed(await api.client.get(running))) == 3

    await eventually(all_run)
    page = await api.client.get(f"{running}&limit=2")
    cursor = page.json()["next_cursor"]
    rest = await api.client.get(f"{running}&limit=2&cursor={cursor}")

    assert (listed(page), listed(rest)) == (["third", "second"], ["first"])
    assert rest.json()["next_cursor"] is None
    for elsewhere in ("state=dispatched", "state=queued", "state=running&action=echo"):
        assert listed(await api.client.get(f"{COMMANDS}?{elsewhere}")) == []


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "1e3", " 1", "\u0661", "9" * 16, "1\x00"])
async def test_a_bad_cursor_is_named(api: Api, cursor: str) -> None:
    response = await api.client.get("/api/commands", params={"cursor": cursor})

    assert problem(response, 422, "invalid_request")["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize("request_id", ["unknown", "%20", "bad%0A", "%00", "x" * 300])
async def test_an_unknown_command_is_404(api: Api, request_id: str) -> None:
    path = f"/api/commands/{request_id}"

    problem(await api.client.get(path), 404, "command_unknown")
    problem(await api.client.get(f"{path}?wait=1"), 404, "command_unknown")
    problem(await api.client.post(f"{path}/cancel"), 404, "command_unknown")


async def test_while_draining_submissions_are_503(api: Api) -> None:
    api.orchestrator.dispatcher.submissions.drain()

    problem(await api.client.post(COMMANDS, json=ECHO), 503, "draining")


async def test_the_history_is_bounded_by_times(api: Api) -> None:
    for number in range(3):
        await api.client.post(
            "/api/agents/alpha/commands", json={"action": "echo", "request_id": f"r{number}"}
        )
    listed = (await api.client.get("/api/commands")).json()["items"]
    second = listed[1]["created_at"]

    since = (await api.client.get("/api/commands", params={"created_after": second})).json()
    before = (await api.client.get("/api/commands", params={"created_before": second})).json()

    assert {one["request_id"] for one in since["items"]} >= {"r1", "r2"}
    assert "r1" not in {one["request_id"] for one in before["items"]}


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-23", "2026-11-23T09:30:00", "0.5"])
async def test_what_is_no_time_is_refused_by_name(api: Api, moment: str) -> None:
    answer = await api.client.get("/api/commands", params={"created_after": moment})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "created_after"
