"""A real page, seen and driven through a channel; the orchestrator's end is the test's own."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from agent_runtime.channels.film import UNDER_WAY
from agent_runtime.channels.hands import Hands
from agent_runtime.channels.live import LiveViews
from tests.agent_runtime.actions.asking import Asker, eventually, result_of
from tests.site import Site
from xagent_protocol.control import digest_of
from xagent_protocol.ids import ArtifactId, ChannelId
from xagent_protocol.live import (
    PICTURE_HEAD,
    AnswerDialog,
    ChooseFiles,
    Chooser,
    Composition,
    FromAgent,
    FromViewer,
    Input,
    Key,
    LiveGone,
    LiveRefused,
    LiveState,
    Mouse,
    Seen,
    Text,
    Want,
    Wheel,
)
from xagent_protocol.messages import OpenChannel

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

_decoder = msgspec.json.Decoder(FromAgent)


class Viewer:
    """What has come through the channel."""

    def __init__(self, socket: ServerConnection) -> None:
        """Speak through *socket*."""
        self._socket = socket
        self.pictures: list[bytes] = []

    async def say(self, message: FromViewer) -> None:
        """Send a message to the agent."""
        await self._socket.send(msgspec.json.encode(message).decode())

    async def hear(self, kind: type[Any], *, sees: bool = True) -> Any:
        """Wait for the next text of this kind, or picture; says that pictures were seen."""
        async with asyncio.timeout(10):
            while True:
                message = await self._socket.recv()
                if isinstance(message, bytes):
                    self.pictures.append(message)
                    if sees:
                        await self.say(Seen(int.from_bytes(message[:4])))
                    if kind is bytes:
                        return message
                elif kind is not bytes and isinstance(told := _decoder.decode(message), kind):
                    return told


@asynccontextmanager
async def viewing(asker: Asker, page: str | None = None) -> AsyncIterator[Viewer]:
    """Look at a page."""
    arrived: asyncio.Future[ServerConnection] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def take(socket: ServerConnection) -> None:
        arrived.set_result(socket)
        await over.wait()

    async with serve(take, "127.0.0.1", 0, compression=None) as server, asyncio.TaskGroup() as all_:
        port = server.sockets[0].getsockname()[1]

        async def show() -> None:
            async with connect(f"ws://127.0.0.1:{port}", compression=None) as socket:
                message = OpenChannel(ChannelId("c"), "live", page)
                await LiveViews(asker.browser, asker.artifacts).serve(socket, message)

        showing = all_.create_task(show())
        yield Viewer(await arrived)
        over.set()
        await asyncio.wait([showing], timeout=5)
        showing.cancel()


async def in_control(asker: Asker) -> str:
    """Take the main page over."""
    token = secrets.token_urlsafe(16)
    await ask_as(asker, token, "take_control", holder="Ada")
    return token


async def ask_as(asker: Asker, token: str, action: str, **params: Any) -> Any:
    """Do something under a lease; it must succeed."""
    command = asker.command(action, **params)
    own = msgspec.structs.replace(command, control_digest=digest_of(token))
    return result_of(await asker.performer.perform(own))


async def test_a_page_is_shown_as_it_is(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))

    async with viewing(asker) as viewer:
        await viewer.say(Want(fps=30, width=640, height=640))
        state = await viewer.hear(LiveState)
        picture = await viewer.hear(bytes)

    number, taken_at, width, height = PICTURE_HEAD.unpack(picture[: PICTURE_HEAD.size])
    assert (state.url, state.title, state.control) == (site.url("/form"), "Form", None)
    assert (number, width, height) == (1, 1280, 720)
    assert taken_at > 1.7e12
    assert picture[PICTURE_HEAD.size :].startswith(b"\xff\xd8\xff")


async def test_nothing_is_sent_of_a_page_that_stands_still(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))

    async with viewing(asker) as viewer:
        await viewer.say(Want())
        await viewer.hear(bytes)
        await asker.get("evaluate", expression="document.title = 'Changed'")
        await viewer.hear(LiveState)
        still = len(viewer.pictures)
        await asker.get("evaluate", expression="document.body.style.background = 'red'")
        await viewer.hear(bytes)

    assert still <= 3, "one at first, and what was drawn before the page had settled"
    assert len(viewer.pictures) > still


async def test_no_more_pictures_are_under_way_than_the_viewer_has_room_for(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/animated"))

    async with viewing(asker) as viewer:
        await viewer.say(Want(fps=60))
        for _ in range(UNDER_WAY):
            await viewer.hear(bytes, sees=False)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await viewer.hear(bytes, sees=False)
        await viewer.say(Seen(UNDER_WAY))
        newest = await viewer.hear(bytes)

    assert int.from_bytes(newest[:4]) == UNDER_WAY + 1


async def test_what_the_holder_types_and_clicks_arrives(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    token = await in_control(asker)
    box: Any = await asker.browser.tabs.main.page.locator("#name").bounding_box()  # type: ignore[union-attr]
    x, y = box["x"] + 5, box["y"] + 5

    async with viewing(asker) as viewer:
        await viewer.say(
            Input(
                token,
                (
                    Mouse("move", x, y),
                    Mouse("down", x, y, "left", 1, 1),
                    Mouse("up", x, y, "left", 0, 1),
                    Key("down", "A", "KeyA", 65, "A", modifiers=8),
                    Key("up", "A", "KeyA", 65),
                    Text("da 中 "),
                    Composition("か"),
                    Text("漢"),
                    Key("down", "x", "KeyX", 88, "x"),
                    Key("up", "x", "KeyX", 88),
                    Key("down", "Backspace", "Backspace", 8),
                    Key("up", "Backspace", "Backspace", 8),
                ),
            )
        )
        main = asker.browser.tabs.main
        assert main is not None
        async with asyncio.timeout(5):
            while await main.page.input_value("#name") != "Ada 中 漢":
                await viewer.say(Seen(0))

    await ask_as(asker, token, "return_control")


async def test_the_wheel_scrolls(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/large?chars=100000"))
    token = await in_control(asker)

    async with viewing(asker) as viewer:
        await viewer.say(Input(token, (Wheel(100, 100, 0, 400),)))
        main = asker.browser.tabs.main
        assert main is not None
        await main.page.wait_for_function("scrollY > 300")

    await ask_as(asker, token, "return_control")


async def test_an_old_token_moves_nothing(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    token = await in_control(asker)
    await ask_as(asker, token, "return_control")

    async with viewing(asker) as viewer:
        await viewer.say(Input(token, (Text("late"),), viewer=7))
        refused = await viewer.hear(LiveRefused)

    assert (refused.viewer, refused.code) == (7, "not_in_control")


async def test_a_key_that_is_held_is_let_go_with_the_channel(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    main = asker.browser.tabs.main
    assert main is not None
    await main.page.evaluate("addEventListener('keyup', event => window.up = event.code)")
    token = await in_control(asker)

    async with viewing(asker) as viewer:
        await main.page.focus("#name")
        await viewer.say(Input(token, (Key("down", "Shift", "ShiftLeft", 16),)))
        await viewer.hear(LiveState)

    await main.page.wait_for_function("window.up === 'ShiftLeft'")
    await ask_as(asker, token, "return_control")


async def test_who_has_control_and_what_is_asked_is_shown(asker: Asker, site: Site) -> None:
    await asker.get("dialog_policy", confirm="leave")
    await asker.get("goto", url=site.url("/dialogs"))

    async with viewing(asker) as viewer:
        first = await viewer.hear(LiveState)
        await asker.ask("click", target="#confirm")
        asked = await viewer.hear(LiveState)
        await asker.get("handle_dialog", accept=False)
        await viewer.hear(LiveState)
        token = await in_control(asker)
        held = await viewer.hear(LiveState)

    assert first.dialog is None
    assert asked.dialog.message == "really?"
    assert held.control.holder == "Ada"
    await ask_as(asker, token, "return_control")
    await asker.get("dialog_policy", confirm="dismiss")


async def test_the_holder_answers_dialogs_that_their_clicks_open(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/dialogs"))
    token = await in_control(asker)
    main = asker.browser.tabs.main
    assert main is not None
    x, y = await place(asker, "#confirm")

    async with viewing(asker) as viewer:
        await viewer.say(Input(token, click(x, y)))
        while (state := await viewer.hear(LiveState)).dialog is None:
            pass
        await viewer.say(AnswerDialog(secrets.token_urlsafe(16), True, viewer=3))
        stranger = await viewer.hear(LiveRefused)
        await viewer.say(AnswerDialog(token, True))
        while (await viewer.hear(LiveState)).dialog is not None:
            pass
        await viewer.say(AnswerDialog(token, True, viewer=4))
        late = await viewer.hear(LiveRefused)

    assert (state.dialog.message, state.dialog.action) == ("really?", "open")
    assert main.dialogs.last is not None
    assert main.dialogs.last.action == "accepted"
    assert (stranger.viewer, stranger.code) == (3, "not_in_control")
    assert (late.viewer, late.code) == (4, "not_actionable")
    await ask_as(asker, token, "return_control")


async def test_the_holder_chooses_files_where_their_click_asks_for_some(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/blank"))
    main = asker.browser.tabs.main
    assert main is not None
    await main.page.set_content("<input type=file id=one>")
    kept = await asker.artifacts.put(
        b"bytes", content_type="text/plain", name="a.txt", request_id=None
    )
    token = await in_control(asker)
    x, y = await place(asker, "#one")

    async with viewing(asker) as viewer:
        await viewer.say(Input(token, click(x, y)))
        chooser = await asked_for_files(viewer)
        await viewer.say(ChooseFiles(token, chooser.number, (ArtifactId("none"),)))
        unknown = await viewer.hear(LiveRefused)
        await viewer.say(Input(token, click(x, y)))
        chooser = await asked_for_files(viewer)
        two = (kept.artifact_id, kept.artifact_id)
        await viewer.say(ChooseFiles(token, chooser.number, two))
        many = await viewer.hear(LiveRefused)
        await viewer.say(ChooseFiles(token, chooser.number, two[:1]))
        while (await viewer.hear(LiveState)).chooser is not None:
            pass
        chosen = await main.page.evaluate("() => one.files[0].name")
        await viewer.say(ChooseFiles(token, chooser.number, ()))
        late = await viewer.hear(LiveRefused)

    assert chooser.multiple is False
    assert unknown.code == "artifact_unavailable"
    assert (many.code, late.code) == ("not_actionable", "not_actionable")
    assert chosen == "a.txt"
    await ask_as(asker, token, "return_control")


async def test_what_was_sent_under_a_lease_is_not_done_after_it(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    token = await in_control(asker)
    main = asker.browser.tabs.main
    assert main is not None
    cdp = await main.page.context.new_cdp_session(main.page)
    hands = Hands(main, cdp, asker.browser, asker.artifacts)
    await main.page.focus("#name")

    await hands.take(Input(token, (Text("late"),)))
    await ask_as(asker, token, "return_control")
    async with asyncio.TaskGroup() as tasks:
        doing = tasks.create_task(hands.run())
        assert await main.page.input_value("#name") == ""
        doing.cancel()


async def test_a_key_that_is_held_is_let_go_with_the_lease(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    main = asker.browser.tabs.main
    assert main is not None
    await main.page.evaluate("addEventListener('keydown', event => window.down = event.code)")
    await main.page.evaluate("addEventListener('keyup', event => window.up = event.code)")
    token = await in_control(asker)

    async with viewing(asker) as viewer:
        await main.page.focus("#name")
        await viewer.say(Input(token, (Key("down", "Shift", "ShiftLeft", 16),)))
        await main.page.wait_for_function("window.down === 'ShiftLeft'")
        await ask_as(asker, token, "return_control")
        await main.page.wait_for_function("window.up === 'ShiftLeft'")


async def test_input_renews_the_lease(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    token = await in_control(asker)
    main = asker.browser.tabs.main
    assert main is not None
    main.control.renew(digest_of(token), 30)
    lease = main.control.lease
    assert lease is not None

    async with viewing(asker) as viewer:
        await viewer.say(Input(token, ()))
        await viewer.hear(LiveState)

        def is_renewed() -> bool:
            now = main.control.lease
            return now is not None and now.expires_at > lease.expires_at

        await eventually(is_renewed)
    await ask_as(asker, token, "return_control")


async def asked_for_files(viewer: Viewer) -> Chooser:
    """Wait until the page asks for files."""
    while True:
        chooser = (await viewer.hear(LiveState)).chooser
        if chooser is not None:
            assert isinstance(chooser, Chooser)
            return chooser


async def place(asker: Asker, target: str) -> tuple[float, float]:
    """Return where an element of the main page is."""
    main = asker.browser.tabs.main
    assert main is not None
    box = await main.page.locator(target).bounding_box()
    assert box is not None
    return box["x"] + 5, box["y"] + 5


def click(x: float, y: float) -> tuple[Mouse, ...]:
    """Return a click as a viewer sends it."""
    return (
        Mouse("move", x, y),
        Mouse("down", x, y, "left", 1, 1),
        Mouse("up", x, y, "left", 0, 1),
    )


async def test_nonsense_is_refused_and_the_view_goes_on(asker: Asker) -> None:
    async with viewing(asker) as viewer:
        await viewer._socket.send('{"type":"want","fps":1000}')
        refused = await viewer.hear(LiveRefused)
        await viewer.say(Want())

        await viewer.hear(bytes)

    assert refused.code == "invalid_params"
    assert "fps" in refused.message


async def test_the_last_word_of_a_page_that_closes(asker: Asker) -> None:
    opened: Any = await asker.get("new_page")
    async with viewing(asker, opened["id"]) as viewer:
        await viewer.hear(LiveState)
        await asker.get("close_page", page=opened["id"])

        gone = await viewer.hear(LiveGone)

    assert gone.code == "page_closed"


async def test_a_page_that_is_not_there_is_said_to_be_gone(asker: Asker) -> None:
    async with viewing(asker, "p999") as viewer:
        assert (await viewer.hear(LiveGone)).code == "page_not_found"
