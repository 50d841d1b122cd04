"""Agents without a browser: true to the protocol, with an answer at once.

Run as a process of its own, so that it loads neither the server under test nor the load
generator's clock. `xagent` mode speaks the wire of the orchestrator (hello, inventory, result,
beat; like a real agent it says `started` only of what lasts); `bare` mode speaks the two messages
of `bare_relay.py`.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from pathlib import Path
from typing import Any, Final

import httpx2
import msgspec
import uvloop
from websockets.asyncio.client import ClientConnection, connect

from xagent_protocol import OLDEST_PROTOCOL, PROTOCOL, SUBPROTOCOL
from xagent_protocol.codec import encode, encode_actions
from xagent_protocol.ids import BootId, InstallId, JournalId
from xagent_protocol.messages import (
    ActionSpec,
    AgentBeat,
    Beat,
    BrowserStatus,
    Command,
    Drain,
    Hello,
    Inventory,
    Result,
    RuntimeVersions,
)
from xagent_protocol.outcomes import Effect, Outcome, OutcomeState
from xagent_protocol.session import AgentSession

ACTION: Final = ActionSpec(
    name="echo",
    family="test",
    description="Answer 2.",
    reads=True,
    on_page=True,
    params={
        "type": "object",
        "properties": {"text": {"type": "string"}},
        "additionalProperties": False,
    },
    result={"type": "integer"},
)
BROWSER: Final = BrowserStatus("none", "0", 1, ok=True, headless=True)
_few_at_once: Final = asyncio.Semaphore(4)
OUTCOME: Final = Outcome(OutcomeState.SUCCEEDED, Effect.COMPLETE, msgspec.Raw(b"2"))


async def _xagent_agent(url: str, agent_id: str, token: str) -> None:
    credential = f"xagent_agent_{agent_id:x<43}"
    await _enrol(url, agent_id, token, credential)
    headers = {"Authorization": f"Bearer {credential}"}
    ws_url = f"{url.replace('http', 'ws', 1)}/ws/agents/{agent_id}"
    async with connect(
        ws_url,
        additional_headers=headers,
        subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]  # a NewType of str
        compression=None,
        ping_interval=None,
    ) as socket:
        session = AgentSession()
        await socket.send(encode(hello(agent_id)))
        session.receive(_text(await socket.recv()))
        await socket.send(encode(Inventory(())))
        _say_ready()
        async for frame in socket:
            message = session.receive(_text(frame))
            if isinstance(message, Command):
                request_id, attempt = message.request_id, message.attempt
                await socket.send(encode(Result(request_id, attempt, OUTCOME)))
            elif isinstance(message, Beat):
                await socket.send(encode(AgentBeat(message.seq, BROWSER, 0)))
            elif isinstance(message, Drain):
                return


async def _bare_agent(url: str, agent_id: str) -> None:
    ws_url = f"{url.replace('http', 'ws', 1)}/ws/agents/{agent_id}"
    decoder = msgspec.json.Decoder()
    async with connect(ws_url, compression=None, ping_interval=None) as socket:
        _say_ready()
        await _answer(socket, decoder)


async def _answer(socket: ClientConnection, decoder: msgspec.json.Decoder[Any]) -> None:
    async for frame in socket:
        await socket.send(
            msgspec.json.encode({"id": decoder.decode(frame)["id"], "result": 2}).decode()
        )


async def _enrol(url: str, agent_id: str, token: str, credential: str) -> None:
    async with _few_at_once, httpx2.AsyncClient(base_url=url, timeout=60) as client:
        issued = await client.post(
            f"/api/agents/{agent_id}/enrolment", headers={"Authorization": f"Bearer {token}"}
        )
        issued.raise_for_status()
        enrolled = await client.post(
            "/api/enrolments",
            headers={"Authorization": f"Bearer {issued.json()['token']}"},
            json={
                "agent_id": agent_id,
                "install_id": f"install-{agent_id}",
                "credential_sha256": hashlib.sha256(credential.encode()).hexdigest(),
            },
        )
        enrolled.raise_for_status()


def hello(agent_id: str, announcement: msgspec.Raw | None = None) -> Hello:
    """Return what an agent of this name says first."""
    return Hello(
        protocol_min=OLDEST_PROTOCOL,
        protocol_max=PROTOCOL,
        install_id=InstallId(f"install-{agent_id}"),
        journal_id=JournalId("journal"),
        boot_id=BootId("boot"),
        highest_epoch=0,
        versions=RuntimeVersions(xagent="null", python="3", platform="none"),
        browser=BROWSER,
        actions=announcement or encode_actions((ACTION,)),
    )


def _text(frame: str | bytes) -> str:
    return frame if isinstance(frame, str) else frame.decode()


def _say_ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


async def _run(mode: str, url: str, count: int, token: str) -> None:
    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            agent_id = f"null-{number}"
            work = (
                _xagent_agent(url, agent_id, token)
                if mode == "xagent"
                else _bare_agent(url, agent_id)
            )
            tasks.create_task(work)


def main() -> None:
    """Run `null_agents MODE URL COUNT [TOKEN_FILE]` until the server goes."""
    mode, url, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    token = Path(sys.argv[4]).read_text().strip() if len(sys.argv) > 4 else ""
    uvloop.run(_run(mode, url, count, token))


if __name__ == "__main__":
    main()
