"""The baseline of `relay.py`: the least that answers a POST from an agent's WebSocket.

Starlette and uvicorn with the same event loop, parser and WebSocket implementation as the
orchestrator, a dictionary of sockets, a dictionary of futures; no journal, no validation, no
authentication, no logs, no limits. What it answers is gone if anything dies.
"""

from __future__ import annotations

import asyncio
import itertools
import sys

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

_sockets: dict[str, WebSocket] = {}
_answers: dict[int, asyncio.Future[bytes]] = {}
_ids = itertools.count()


class _Body(msgspec.Struct):
    action: str
    params: msgspec.Raw


class _Answer(msgspec.Struct):
    id: int
    result: msgspec.Raw


async def _post(request: Request) -> Response:
    body = msgspec.json.decode(await request.body(), type=_Body)
    number = next(_ids)
    answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    _answers[number] = answer
    frame = msgspec.json.encode({"id": number, "action": body.action, "params": body.params})
    try:
        await _sockets[request.path_params["agent_id"]].send_text(frame.decode())
        async with asyncio.timeout(30):
            return Response(await answer, media_type="application/json")
    finally:
        del _answers[number]


async def _agent(websocket: WebSocket) -> None:
    await websocket.accept()
    agent_id = websocket.path_params["agent_id"]
    _sockets[agent_id] = websocket
    try:
        while True:
            text = await websocket.receive_text()
            answer = msgspec.json.decode(text, type=_Answer)
            _answers[answer.id].set_result(msgspec.json.encode({"result": answer.result}))
    except WebSocketDisconnect:
        del _sockets[agent_id]


def main() -> None:
    """Serve on the port given as the only argument."""
    app = Starlette(
        routes=[
            Route("/api/agents/{agent_id}/commands", _post, methods=["POST"]),
            WebSocketRoute("/ws/agents/{agent_id}", _agent),
        ]
    )
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
