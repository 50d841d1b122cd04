"""The document says what the server does: checked by a validator, then by asking the server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import schemathesis
import uvicorn
from openapi_spec_validator import validate

from orchestrator.access.entrances import Entrance, entrance
from orchestrator.access.keys import UserToken
from orchestrator.api.announced import with_actions
from orchestrator.api.openapi import describe
from orchestrator.api.routes import OPERATIONS
from orchestrator.app import open_orchestrator
from orchestrator.settings import Settings
from tests.orchestrator.api.conftest import TOKEN, Api, make_client
from tests.orchestrator.api.stand_ins import ACTIONS, InstantAgent, action

DOCUMENT = describe(OPERATIONS, "0.1.0")

# Of these none keeps its caller waiting, so that whatever is drawn by chance is answered at once.
ASKED = (
    *(each for each in ACTIONS if each.name != "hang"),
    action(
        "draw",
        colour={"enum": ["red", "blue"]},
        points={
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"x": {"type": "number"}, "y": {"type": "number"}},
                "required": ["x"],
                "additionalProperties": False,
            },
        },
        note={"anyOf": [{"type": "string", "maxLength": 20}, {"type": "null"}], "default": None},
    ),
)


def test_the_document_is_valid_openapi() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    validate(DOCUMENT)


def test_every_operation_is_in_the_document_with_its_key() -> None:
    for operation in OPERATIONS:
        described = DOCUMENT["paths"][operation.path][operation.method.lower()]
        is_public = entrance(operation.method, operation.path) is Entrance.PUBLIC
        assert (described["security"] == []) is is_public
        assert ("401" in described["responses"]) is not is_public
        assert described["summary"]
        assert described["description"]


def test_every_reference_leads_somewhere() -> None:
    def references(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            if "$ref" in value:
                yield value["$ref"]
            for part in value.values():
                yield from references(part)
        elif isinstance(value, list):
            for part in value:
                yield from references(part)

    names = {reference.rpartition("/")[2] for reference in references(DOCUMENT)}
    assert names <= set(DOCUMENT["components"]["schemas"])


def test_the_request_of_a_command_is_closed_and_bounded() -> None:
    schema = DOCUMENT["components"]["schemas"]["CommandRequest"]

    assert schema["additionalProperties"] is False
    assert schema["required"] == ["action"]
    assert schema["properties"]["params"]["type"] == "object"
    assert schema["properties"]["timeout"]["exclusiveMinimum"] == 0
    assert schema["properties"]["timeout"]["maximum"] == 3600


async def test_the_document_is_served_without_a_token(api: Api) -> None:
    response = await api.client.get("/openapi.json", headers={"Authorization": ""})

    assert response.headers["content-type"] == "application/json"
    assert response.json() == with_actions(DOCUMENT, [ACTIONS], own=False)


class _Served(threading.Thread):
    """An orchestrator with one agent, on a real socket, in a loop of its own."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(name="served")
        self._data_dir = data_dir
        self.port = 0
        self.is_up = threading.Event()
        self.server: uvicorn.Server

    def run(self) -> None:
        """Serve until `server.should_exit` is set."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        settings = Settings(self._data_dir)
        async with open_orchestrator(settings, UserToken(TOKEN)) as orchestrator:
            configuration = uvicorn.Config(
                orchestrator.app,
                port=0,
                lifespan="off",
                log_config=None,
                access_log=False,
                ws="websockets-sansio",
            )
            self.server = uvicorn.Server(configuration)
            async with make_client(orchestrator.app) as client, asyncio.TaskGroup() as tasks:
                api = Api(orchestrator, client, tasks, self._data_dir)
                await api.enrol("alpha")
                agent: InstantAgent = await api.connect("alpha", ASKED)
                serving = tasks.create_task(self.server.serve())
                async with asyncio.timeout(10):
                    while not self.server.started:  # noqa: ASYNC110  # uvicorn tells no other way
                        await asyncio.sleep(0.01)
                self.port = self.server.servers[0].sockets[0].getsockname()[1]
                self.is_up.set()
                await serving
                await agent.leave()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a served orchestrator."""
    served = _Served(tmp_path_factory.mktemp("served"))
    served.start()
    assert served.is_up.wait(10)
    yield f"http://127.0.0.1:{served.port}"
    served.server.should_exit = True
    served.join(10)
    assert not served.is_alive()


# Made here from the document that the server is shown to serve, because the plugin must know the
# operations while it collects.
asked = schemathesis.openapi.from_dict(
    with_actions(DOCUMENT, [ASKED], own=True),
    config=schemathesis.Config.from_dict(
        {"generation": {"max-examples": 15, "deterministic": True, "database": "none"}}
    ),
)


# What streams without an end, or both ways, has tests of its own.
@asked.exclude(path=["/api/events", "/api/bulk"]).parametrize()
@pytest.mark.slow
def test_the_server_keeps_what_the_document_says(case: schemathesis.Case[Any], url: str) -> None:
    case.call_and_validate(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"})


def test_a_socket_without_a_credential_is_refused_with_a_problem(url: str) -> None:
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }

    response = httpx2.get(f"{url}/ws/agents/alpha", headers=headers)

    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "unauthorized"
