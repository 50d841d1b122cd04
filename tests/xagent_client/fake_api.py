"""An orchestrator of straw: the routes of the API on a real socket, with its agents made up.

It knows just enough to be asked: commands end as their action and params tell, and faults can be
laid in the way of the next requests.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

TOKEN: Final = "xagent_" + "t" * 43
NOW: Final = "2026-11-23T01:02:03.456Z"
PNG: Final = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40

JsonObject = dict[str, Any]


@dataclass
class Fault:
    """What befalls one request.

    *status* is answered instead of it, unless it is 0: then the connection breaks. With
    *is_handled* the request takes effect all the same.
    """

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    is_handled: bool = False


def _string(**more: Any) -> JsonObject:
    return {"type": "string", **more}


def _params(required: list[str], **properties: JsonObject) -> JsonObject:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


ACTIONS: Final[dict[str, JsonObject]] = {
    "goto": _params(
        ["url"], url=_string(description="Where to."), wait_until=_string(enum=["load", "commit"])
    ),
    "click": _params(
        ["target"],
        target=_string(),
        click_count={"type": "integer", "default": 1},
        delay={"type": "number"},
        force={"type": "boolean"},
        position={"anyOf": [{"type": "null"}, {"type": "object"}]},
    ),
    "inner_text": _params([], target=_string(default="body"), max_chars={"type": "integer"}),
    "evaluate": _params(["expression"], expression=_string(), arg={}),
    "screenshot": _params([], full_page={"type": "boolean"}),
    "snapshot": _params([], max_chars={"type": "integer"}),
    "title": _params([]),
    "greet": _params(["name"], name=_string()),
}
ACTIONS["goto"]["examples"] = [{"url": "https://example.com/?a=b"}]
_FAMILIES: Final = {"goto": "navigate", "click": "act", "evaluate": "script"}
_GOTO_RESULT: Final[JsonObject] = {
    "type": "object",
    "properties": {"url": _string(), "status": {"type": "integer"}},
    "required": ["url"],
}


class FakeApi:
    """The made-up orchestrator; tests read and set its attributes while it serves."""

    def __init__(self, url: str) -> None:
        """Begin with alpha connected, beta offline, and nothing asked yet."""
        self.url = url
        self.commands: dict[str, JsonObject] = {}
        self.bodies: list[JsonObject] = []
        self.paths: list[str] = []
        self.queries: list[dict[str, str]] = []
        self.hosts_seen_token: list[str] = []
        self.faults: deque[Fault] = deque()
        self.is_slow = False
        """Whether new commands stay running until they are finished or cancelled."""
        self.shares: dict[str, JsonObject] = {}
        self.artifacts: dict[str, bytes] = {}
        self.headers: list[dict[str, str]] = []
        """Those of each upload."""
        self.is_damaging = False
        """Whether artifacts arrive with another first byte."""
        self.long_text = ""
        self.is_large = False
        """Whether results are too large for the answer, so that an artifact stands for each."""
        self.is_empty = False
        """Whether no agent ever enrolled."""

    def finish(self, request_id: str, state: str = "succeeded", **more: Any) -> None:
        """End a running command."""
        self.commands[request_id].update(
            state=state, effect="complete", finished_at=NOW, duration_ms=12.5, **more
        )

    def app(self) -> ASGIApp:
        """Return the routes, with faults in front of them."""
        routes = [
            Route("/health/ready", self._ready),
            Route("/api/agents", self._agents),
            Route("/api/agents/{agent_id}", self._agent),
            Route("/api/agents/{agent_id}/actions", self._actions),
            Route("/api/agents/{agent_id}/sessions", self._sessions),
            Route("/api/agents/{agent_id}/enrolment", self._enrol, methods=["POST"]),
            Route("/api/agents/{agent_id}/commands", self._submit, methods=["POST"]),
            Route("/api/agents/{agent_id}/commands", self._history),
            Route("/api/commands", self._history),
            Route("/api/commands/{request_id}", self._command),
            Route("/api/commands/{request_id}/cancel", self._cancel, methods=["POST"]),
            Route("/api/sign-in-links", self._sign_in_link, methods=["POST"]),
            Route("/api/agents/{agent_id}/shares", self._share, methods=["POST"]),
            Route("/api/shares", self._shares),
            Route("/api/shares/{share_id}", self._end_share, methods=["DELETE"]),
            Route("/api/artifacts", self._upload, methods=["POST"]),
            Route("/api/artifacts", self._artifacts),
            Route("/api/artifacts/{artifact_id}", self._artifact),
        ]
        inner = Starlette(routes=routes)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return
            request = Request(scope)
            self.paths.append(f"{request.method} {request.url.path}")
            self.queries.append(dict(request.query_params))
            if scope["path"].startswith("/api/") and self.faults:
                await _befall(self.faults.popleft(), inner, scope, receive, send)
                return
            if (
                scope["path"].startswith("/api/")
                and request.headers.get("authorization") != f"Bearer {TOKEN}"
            ):
                answer = _problem(401, "unauthorized", "the token opens nothing here")
                await answer(scope, receive, send)
                return
            await inner(scope, receive, send)

        return app

    async def _ready(self, request: Request) -> Response:
        return JSONResponse({"status": "ready"})

    async def _agents(self, request: Request) -> Response:
        if self.is_empty:
            return JSONResponse({"items": [], "next_cursor": None})
        # Two pages, so that whoever wants all must turn over.
        if request.query_params.get("cursor") == "more":
            return JSONResponse({"items": [_agent("beta", False)], "next_cursor": None})
        return JSONResponse({"items": [_agent("alpha", True)], "next_cursor": "more"})

    async def _agent(self, request: Request) -> Response:
        agent_id = request.path_params["agent_id"]
        if (unknown := _unknown(agent_id)) is not None:
            return unknown
        return JSONResponse(_agent(agent_id, agent_id == "alpha"))

    async def _actions(self, request: Request) -> Response:
        if (unknown := _unknown(request.path_params["agent_id"])) is not None:
            return unknown
        return JSONResponse(
            {
                "items": [
                    {
                        "name": name,
                        "family": _FAMILIES.get(name, "read"),
                        "description": f"What {name} does.\n\nAnd more.",
                        "reads": name in {"inner_text", "title", "screenshot"},
                        "on_page": True,
                        "params": params,
                        "result": _GOTO_RESULT if name == "goto" else {},
                        "package": "xagent-greeting" if name == "greet" else None,
                    }
                    for name, params in ACTIONS.items()
                ]
            }
        )

    async def _sessions(self, request: Request) -> Response:
        session = {"session_id": "s1", "epoch": 3, "started_at": NOW, "remote_address": "::1"}
        return JSONResponse({"items": [session], "next_cursor": None})

    async def _enrol(self, request: Request) -> Response:
        agent_id = request.path_params["agent_id"]
        token = {"agent_id": agent_id, "token": "xagent_enrol_x", "expires_at": NOW}
        return JSONResponse(token, status_code=201)

    async def _sign_in_link(self, request: Request) -> Response:
        link = {"url": f"{self.url}/sign-in/{'c' * 22}", "expires_at": NOW}
        return JSONResponse(link, status_code=201)

    async def _share(self, request: Request) -> Response:
        agent_id = request.path_params["agent_id"]
        if (unknown := _unknown(agent_id)) is not None:
            return unknown
        self.bodies.append(msgspec.json.decode(await request.body()))
        share_id = f"s{len(self.shares) + 1}"
        times = {"created_at": NOW, "expires_at": NOW}
        self.shares[share_id] = {"id": share_id, "agent_id": agent_id, **times}
        url = f"{self.url}/share/{'s' * 43}"
        return JSONResponse({**self.shares[share_id], "url": url}, status_code=201)

    async def _shares(self, request: Request) -> Response:
        return JSONResponse({"items": list(reversed(self.shares.values()))})

    async def _end_share(self, request: Request) -> Response:
        ended = self.shares.pop(request.path_params["share_id"], None)
        if ended is None:
            return _problem(404, "share_unknown", "there is no such share")
        return JSONResponse(ended)

    async def _submit(self, request: Request) -> Response:
        body = msgspec.json.decode(await request.body(), type=JsonObject)
        self.bodies.append(body)
        agent_id = request.path_params["agent_id"]
        if (unknown := _unknown(agent_id)) is not None:
            return unknown
        if agent_id == "beta" and body.get("if_offline") != "queue":
            return _problem(503, "agent_offline", "beta is not connected", {"retry-after": "5"})
        if body["action"] not in ACTIONS:
            return _problem(422, "action_unknown", "no such action", known=["click"])
        if "bad" in body["params"]:
            return _problem(
                422,
                "invalid_params",
                "the params do not fit",
                errors=[{"field": "params.bad", "message": "is not known"}],
            )
        request_id = body.setdefault("request_id", f"made-{len(self.commands)}")
        if request_id not in self.commands:
            self.commands[request_id] = self._new_command(agent_id, body)
        command = await self._until_over(request_id, float(request.query_params.get("wait", 30)))
        is_over = command["finished_at"] is not None
        location = {"location": f"/api/commands/{request_id}"}
        return JSONResponse(command, 200 if is_over else 202, None if is_over else location)

    def _new_command(self, agent_id: str, body: JsonObject) -> JsonObject:
        command: JsonObject = {
            "request_id": body["request_id"],
            "agent_id": agent_id,
            "action": body["action"],
            "params": body["params"],
            "page": {"id": "p1", "url": "about:blank", "title": ""},
            "timeout": body.get("timeout", 30),
            "idempotent": False,
            "record": body.get("record"),
            "if_controlled": body.get("if_controlled", "fail"),
            "requested_by": "token",
            "state": "running",
            "effect": "none",
            "result": None,
            "error": None,
            "artifacts": [],
            "dialog": None,
            "notices": [],
            "attempt": 1,
            "cancel_requested": False,
            "created_at": NOW,
            "dispatched_at": NOW,
            "started_at": NOW,
            "finished_at": None,
            "duration_ms": None,
        }
        if not self.is_slow:
            command |= {
                "state": "succeeded",
                "effect": "complete",
                "finished_at": NOW,
                "duration_ms": 12.5,
            }
            command |= self._end(body["action"], body["params"])
            if self.is_large:
                artifact = self._keep(msgspec.json.encode(command["result"]), "application/json")
                names = {"artifact_id": artifact["artifact_id"], "size": artifact["size"]}
                command |= {"result": {"truncated": True, **names}, "artifacts": [artifact]}
            if body.get("record") is not None:
                trace = self._keep(b"a trace", "application/zip") | {
                    "name": f"{body['action']}.trace.zip"
                }
                command["artifacts"] = [*command["artifacts"], trace]
        return command

    def _end(self, action: str, params: JsonObject) -> JsonObject:
        target = params.get("target", "")
        if target.startswith("!"):
            state, _, code = target.removeprefix("!").partition(":")
            effect = "unknown" if state == "lost" else "partial"
            error = {"code": code, "message": f"it ended {code}; try something else"}
            return {"state": state, "effect": effect, "error": error}
        match action:
            case "goto":
                return {"result": {"url": params["url"], "status": 200, "title": "A page"}}
            case "inner_text" if self.long_text and "max_chars" not in params:
                cut = {"result": self.long_text[:10] + " [cut]"}
                return cut | {"artifacts": [self._keep(self.long_text.encode(), "text/plain")]}
            case "snapshot":
                artifact = self._keep(self.long_text.encode(), "text/plain")
                kept = self.long_text[: params.get("max_chars", 100)]
                note = f"[cut; the whole is artifact {artifact['artifact_id']}]"
                result = {"snapshot_id": "p1s1", "snapshot": f"{kept}\n{note}"}
                return {"result": result, "artifacts": [artifact]}
            case "inner_text" | "title":
                return {"result": f"the {action}"}
            case "evaluate" if params["expression"] == "outline":
                outline = '- heading "One"\n  - text: \x1b[31mred'
                return {"result": {"snapshot_id": "p1s1", "depth": 2, "snapshot": outline}}
            case "evaluate":
                return {"result": {"arg": params.get("arg"), "list": [1, 2]}}
            case "screenshot":
                artifact = self._keep(PNG, "image/png")
                return {"result": artifact, "artifacts": [artifact]}
        return {}

    def _keep(self, content: bytes, content_type: str) -> JsonObject:
        artifact_id = f"a{len(self.artifacts) + 1}"
        self.artifacts[artifact_id] = content
        return self._describe(artifact_id) | {"content_type": content_type}

    def _describe(self, artifact_id: str) -> JsonObject:
        content = self.artifacts[artifact_id]
        return {
            "artifact_id": artifact_id,
            "content_type": "image/png",
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "name": "shot.png",
        }

    async def _history(self, request: Request) -> Response:
        agent_id = request.path_params.get("agent_id")
        state = request.query_params.get("state")
        items = [
            each
            for each in reversed(self.commands.values())
            if agent_id in (None, each["agent_id"]) and state in (None, each["state"])
        ]
        return JSONResponse({"items": items, "next_cursor": None})

    async def _command(self, request: Request) -> Response:
        request_id = request.path_params["request_id"]
        if request_id not in self.commands:
            return _problem(404, "command_unknown", f"there is no command {request_id}")
        wait = float(request.query_params.get("wait", 0))
        return JSONResponse(await self._until_over(request_id, wait))

    async def _cancel(self, request: Request) -> Response:
        request_id = request.path_params["request_id"]
        if request_id not in self.commands:
            return _problem(404, "command_unknown", f"there is no command {request_id}")
        command = self.commands[request_id]
        if command["finished_at"] is not None:
            return JSONResponse(command)
        accepted = {**command, "cancel_requested": True}
        error = {"code": "cancelled", "message": "it was cancelled"}
        self.finish(request_id, "cancelled", error=error)
        return JSONResponse(accepted, 202)

    async def _artifact(self, request: Request) -> Response:
        content = self.artifacts.get(request.path_params["artifact_id"])
        if content is None:
            return _problem(404, "artifact_unknown", "there is no such artifact")
        shown = b"?" + content[1:] if self.is_damaging else content
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        headers = {"repr-digest": f"sha-256=:{digest}:"}
        return Response(shown, headers=headers, media_type="application/octet-stream")

    async def _upload(self, request: Request) -> Response:
        content = await request.body()
        self.headers.append(dict(request.headers))
        kept = self._keep(content, request.headers["content-type"])
        return JSONResponse(kept | {"name": request.query_params["name"]}, status_code=201)

    async def _artifacts(self, request: Request) -> Response:
        more = {"agent_id": "alpha", "request_id": None, "created_at": NOW}
        items = [self._describe(each) | more for each in reversed(self.artifacts)]
        return JSONResponse({"items": items, "next_cursor": None})

    async def _until_over(self, request_id: str, seconds: float) -> JsonObject:
        deadline = time.monotonic() + seconds
        command = self.commands[request_id]
        # What ends it is a thread of the test, which has no event of this loop's to set.
        while command["finished_at"] is None and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return self.commands[request_id]


class Stage:
    """A server that outlives the orchestrators shown on it: starting one takes its time."""

    def __init__(self, url: str) -> None:
        """Show nothing yet."""
        self.url = url
        self._app: ASGIApp | None = None

    def show(self) -> FakeApi:
        """Put a new made-up orchestrator in the place of the one before."""
        fake = FakeApi(self.url)
        self._app = fake.app()
        return fake

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on to what is shown."""
        assert self._app is not None
        await self._app(scope, receive, send)


@contextmanager
def serving() -> Iterator[Stage]:
    """Serve on a free port of this machine for a while."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stage = Stage(f"http://127.0.0.1:{listener.getsockname()[1]}")
        config = uvicorn.Config(
            stage.app,
            interface="asgi3",
            ws="none",
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            eventually(lambda: server.started)
            yield stage
        finally:
            server.should_exit = True
            thread.join()


def eventually(holds: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until *holds*, but not for ever."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        threading.Event().wait(0.005)


async def _befall(fault: Fault, inner: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    async def swallow(message: Any) -> None:
        pass

    if fault.is_handled:
        await inner(scope, receive, swallow)
    if fault.status:
        await Response("no server", fault.status, fault.headers)(scope, receive, send)
        return
    # Announces more than comes, upon which the server breaks the connection.
    headers = [(b"content-length", b"1000")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{", "more_body": False})


def _agent(agent_id: str, is_connected: bool) -> JsonObject:
    fact = {"value": is_connected, "since": NOW}
    page = {"id": "p1", "url": "about:blank", "title": "Blank", "main": True}
    return {
        "agent_id": agent_id,
        "labels": {"region": "eu"},
        "created_at": NOW,
        "last_seen_at": NOW,
        "install_id": "i1",
        "versions": {"xagent": "0.1.0", "python": "3.11", "platform": "Linux"},
        "browser": {
            "name": "Chromium",
            "version": "156.0",
            "epoch": 1,
            "ok": True,
            "headless": True,
            "pages": [page],
        },
        "contact": {"connected": fact, "responsive": fact, "browser_ok": fact},
        "session": {"session_id": "s1", "epoch": 1, "remote_address": "::1", "started_at": NOW},
        "in_flight": 0,
        "queued": 0,
    }


def _unknown(agent_id: str) -> Response | None:
    if agent_id in {"alpha", "beta"}:
        return None
    return _problem(404, "agent_unknown", f"no agent {agent_id}; near: alpha", known=["alpha"])


def _problem(
    status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more: Any
) -> Response:
    document = {"type": "about:blank", "title": code, "status": status, "detail": detail}
    return JSONResponse(
        {**document, "code": code, **more}, status, headers, "application/problem+json"
    )
