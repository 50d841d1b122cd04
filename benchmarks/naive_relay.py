"""The relay that most people write first: FastAPI, pydantic, one active socket, JSON both ways.

As in the tutorials, but for the answer, which it waits for by an id. Whichever agent connected last
gets every command; no journal, no authentication, no limits.
"""

from __future__ import annotations

import asyncio
import sys
import uuid
from typing import Any

import uvicorn
from fastapi import FastAPI, HTTPException, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

app = FastAPI()


class _Relay:
    active: WebSocket | None = None


_answers: dict[str, asyncio.Future[Any]] = {}


class Asked(BaseModel):
    """One action."""

    action: str
    params: dict[str, Any] = {}
    timeout: float = 30.0


class Answered(BaseModel):
    """How it ended."""

    id: str
    result: Any


@app.post("/api/agents/{agent_id}/commands")
async def post(agent_id: str, asked: Asked) -> Answered:
    """Ask, and wait for the answer."""
    if _Relay.active is None:
        raise HTTPException(503, "no agent is connected")
    number = str(uuid.uuid4())
    answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    _answers[number] = answer
    try:
        await _Relay.active.send_json({"id": number, **asked.model_dump()})
        async with asyncio.timeout(asked.timeout):
            return Answered(id=number, result=await answer)
    finally:
        del _answers[number]


@app.websocket("/ws/agents/{agent_id}")
async def agent(websocket: WebSocket, agent_id: str) -> None:
    """Be the active one until another comes."""
    await websocket.accept()
    _Relay.active = websocket
    try:
        while True:
            answered = Answered.model_validate(await websocket.receive_json())
            waiting = _answers.get(answered.id)
            if waiting is not None:
                waiting.set_result(answered.result)
    except WebSocketDisconnect:
        if _Relay.active is websocket:
            _Relay.active = None


def main() -> None:
    """Serve on the port given as the only argument."""
    uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
