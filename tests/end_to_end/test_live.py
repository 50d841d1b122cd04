"""A person sees a page, takes it over, types what nobody else is to know, and hands it back."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.end_to_end.fleet import Fleet, until
from tests.site.server import Site
from xagent_protocol.live import (
    PICTURE_HEAD,
    SUBPROTOCOL,
    FromAgent,
    FromViewer,
    Input,
    Key,
    LiveState,
    Mouse,
    Seen,
    Text,
    Want,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_from_agent = msgspec.json.Decoder(FromAgent)


class Onlooker:
    """Somebody with a live view."""

    def __init__(self, socket: ClientConnection) -> None:
        """Look through *socket*."""
        self._socket = socket

    async def say(self, message: FromViewer) -> None:
        """Send a message."""
        await self._socket.send(msgspec.json.encode(message).decode())

    async def see(self) -> bytes:
        """Wait for a picture."""
        async with asyncio.timeout(10):
            while not isinstance(message := await self._socket.recv(), bytes):
                pass
        await self.say(Seen(int.from_bytes(message[:4])))
        return message

    async def hear(self, holder: str | None) -> LiveState:
        """Wait for a state of the page under this person."""
        async with asyncio.timeout(10):
            while True:
                message = await self._socket.recv()
                if isinstance(message, str):
                    state = _from_agent.decode(message)
                    if isinstance(state, LiveState):
                        held = None if state.control is None else state.control.holder
                        if held == holder:
                            return state


@asynccontextmanager
async def looking(fleet: Fleet) -> AsyncIterator[Onlooker]:
    """Look at alpha's main page."""
    token = (fleet.data_dir / "token").read_text().strip()
    async with connect(
        f"{fleet.url.replace('http', 'ws')}/api/agents/alpha/pages/main/live",
        additional_headers={"Authorization": f"Bearer {token}"},
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        max_queue=None,
        proxy=None,
    ) as socket:
        onlooker = Onlooker(socket)
        await onlooker.say(Want())
        yield onlooker


async def ask(fleet: Fleet, action: str, **envelope: Any) -> Any:
    """Ask alpha, beside what else goes on."""
    return await asyncio.to_thread(fleet.run, "alpha", action, **envelope)


def written(fleet: Fleet) -> bytes:
    """Return all that both programs have written, but for the browser's own profile."""
    parts = [
        path.read_bytes()
        for path in fleet.data_dir.rglob("*")
        if path.is_file() and not {"profile", "profile-backup"} & set(path.parts)
    ]
    with closing(sqlite3.connect(fleet.data_dir / "xagent.db")) as connection:
        parts += ["\n".join(connection.iterdump()).encode()]
    return b"".join(parts)


async def test_f49_what_a_person_types_is_seen_by_the_page_alone(fleet: Fleet, site: Site) -> None:
    canary, token = "canary-4f7d", secrets.token_urlsafe(16)
    await ask(fleet, "goto", params={"url": site.url("/indiscreet")})
    box = (await ask(fleet, "evaluate", params={"expression": _PLACE}))["result"]

    async with looking(fleet) as ada, asyncio.TaskGroup() as tasks:
        assert (await ada.see())[PICTURE_HEAD.size :].startswith(b"\xff\xd8")
        taken = await ask(
            fleet, "take_control", params={"holder": "Ada"}, control_token=token, request_id="take"
        )
        await ada.hear("Ada (token)")
        refused = await ask(fleet, "screenshot")
        waiting = tasks.create_task(ask(fleet, "snapshot", if_controlled="wait"))
        shown = until(lambda: _controlled_by(fleet) == "Ada (token)")
        x, y = box["x"] + 5, box["y"] + 5
        keys = [Key("down", char, "", 0, char) for char in canary]
        await ada.say(
            Input(
                token,
                (
                    Mouse("move", x, y),
                    Mouse("down", x, y, "left", 1, 1),
                    Mouse("up", x, y, "left", 0, 1),
                    *keys[:6],
                    Text(canary[6:]),
                ),
            )
        )
        length = {"expression": "() => hidden.value.length"}
        while True:
            typed = await ask(fleet, "evaluate", params=length, control_token=token)
            if typed["result"] == len(canary):
                break
        assert not waiting.done()
        robot = await ask(fleet, "fill", params={"target": "#word", "value": "robot"})
        await ask(fleet, "return_control", params={"note": "typed"}, control_token=token)
        await ada.hear(None)

    assert taken["state"] == "succeeded"
    assert shown
    assert refused["error"]["code"] == robot["error"]["code"] == "human_has_control"
    assert "Ada" in refused["error"]["message"]
    resumed = waiting.result()
    assert resumed["state"] == "succeeded"
    assert resumed["notices"] == [
        f"waited until Ada (token) handed page {resumed['page']['id']} back: typed"
    ]
    assert "•" in resumed["result"]["snapshot"]
    for secret in (canary, token):
        assert secret not in str(resumed)
        assert secret.encode() not in written(fleet)


_PLACE = "() => { const {x, y} = hidden.getBoundingClientRect(); return {x, y}; }"


def _controlled_by(fleet: Fleet) -> str | None:
    with fleet.client() as client:
        agent = client.get("/api/agents/alpha").json()
    return next((page["controlled_by"] for page in agent["browser"]["pages"] if page["main"]), None)


async def test_a_command_that_needs_a_person_calls_for_one_and_goes_on_with_their_note(
    fleet: Fleet,
) -> None:
    def calls() -> list[dict[str, Any]]:
        with fleet.client() as client:
            browser = client.get("/api/agents/alpha").json()["browser"]
        found: list[dict[str, Any]] = browser["human_calls"]
        return found

    async with asyncio.TaskGroup() as tasks:
        events = tasks.create_task(asyncio.to_thread(_first_call, fleet))
        waiting = tasks.create_task(
            ask(fleet, "request_human", params={"reason": "The code, please"}, request_id="need")
        )
        [call] = await asyncio.to_thread(until, calls)
        await ask(fleet, "release_human", params={"request": call["id"], "note": "it was 7"})

    assert (call["reason"], call["request_id"]) == ("The code, please", "need")
    assert call["asked_at"] > 1_700_000_000_000
    assert waiting.result()["result"]["note"] == "it was 7"
    assert events.result()["reason"] == "The code, please"
    assert until(lambda: not calls())


def _first_call(fleet: Fleet) -> Any:
    """Listen until an agent calls for a person."""
    with fleet.client() as client, client.stream("GET", "/api/events?agent_id=alpha") as stream:
        name = ""
        for line in stream.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: ") and name == "agent.changed":
                agent = msgspec.json.decode(line.removeprefix("data: "))["agent"]
                if agent["browser"]["human_calls"]:
                    return agent["browser"]["human_calls"][0]
    return None
