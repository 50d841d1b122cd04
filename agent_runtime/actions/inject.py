"""Put scripts and styles into documents: the page's present one, or each of its next ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final, Literal
from urllib.parse import urljoin

import msgspec
from msgspec import Meta
from playwright.async_api import Error, Frame as PageFrame

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.params import Frame
from agent_runtime.actions.registry import action
from agent_runtime.actions.script import frame_of, script_errors
from agent_runtime.actions.urls import Url
from agent_runtime.browser.tab import Tab
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

MAX_INIT_SCRIPTS: Final = 100
"""How many one page may have."""

_FORBIDDEN: Final = ("Content Security Policy", "requires 'Trusted")
_NOT_LOADED: Final = ("Failed to load script", "Event")

ScriptId = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,62}$")]
Content = Annotated[str, Meta(min_length=1, description="In place of a URL.")]


class InitScript(msgspec.Struct, frozen=True):
    """The script's id, by which it is removed again."""

    id: str


@action(
    family="script",
    reads=False,
    example={"script": "window.startedAt = performance.now()", "name": "clock"},
)
async def add_init_script(
    call: Call,
    *,
    script: Annotated[str, Meta(min_length=1, description="JavaScript, without a return value.")],
    name: Annotated[ScriptId, Meta(description="Its id; it replaces an earlier one of this name.")]
    | None = None,
) -> InitScript:
    """Run a script in every document that this page loads from now on, before its own scripts.

    Its frames count as well; the document that is there now does not. It stays until it is
    removed or the page closes, and is not taken over by a page that is restored.
    """
    await _check_syntax(call, script)
    scripts = call.tab.init_scripts
    if name is not None and name in scripts:
        await scripts.pop(name)()
    if len(scripts) >= MAX_INIT_SCRIPTS:
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS,
            f"the page has {len(scripts)} init scripts, which is the most: remove one first",
        )
    script_id = name or _new_id(call.tab)
    scripts[script_id] = (await call.page.add_init_script(script)).close
    return InitScript(script_id)


@action(family="script", reads=False, example={"id": "clock"})
async def remove_init_script(call: Call, *, id: ScriptId) -> None:
    """Run an init script in no further document; what it has done stays done."""
    remove = call.tab.init_scripts.pop(id, None)
    if remove is None:
        known = ", ".join(call.tab.init_scripts) or "none"
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS,
            f"id: page {call.tab.id} has no init script {id!r}; it has: {known}",
        )
    await remove()


@action(family="script", reads=False, example={"content": "window.answer = 42"})
async def add_script_tag(
    call: Call,
    *,
    url: Annotated[Url, Meta(description="Where the script is; may be relative to the page.")]
    | None = None,
    content: Content | None = None,
    type: Annotated[Literal["module"], Meta(description="For a module; else left out.")]
    | None = None,
    frame: Frame | None = None,
) -> None:
    """Add a script to the document that the page shows now, and wait until it is loaded.

    Either by its URL or by its content. The page's own policy may forbid it; `evaluate` is not
    subject to that.
    """
    source = _source(call, url, content)
    document = await _document(call, frame)
    with script_errors(), _tag_errors("script"):
        handle = await document.add_script_tag(url=source, content=content, type=type)
        await handle.dispose()


@action(family="script", reads=False, example={"content": ".advert { display: none }"})
async def add_style_tag(
    call: Call,
    *,
    url: Annotated[Url, Meta(description="Where the style is; may be relative to the page.")]
    | None = None,
    content: Content | None = None,
    frame: Frame | None = None,
) -> None:
    """Add a style sheet to the document that the page shows now, and wait until it is loaded.

    Either by its URL or by its content. The page's own policy may forbid it.
    """
    source = _source(call, url, content)
    document = await _document(call, frame)
    with script_errors(), _tag_errors("style"):
        handle = await document.add_style_tag(url=source, content=content)
        await handle.dispose()


async def _check_syntax(call: Call, script: str) -> None:
    """Refuse a script that cannot be read; the browser would ignore it without a word."""
    # In a session of its own: to compile needs what tells a session of every context there is.
    session = await call.page.context.new_cdp_session(call.page)
    try:
        await session.send("Runtime.enable")
        answer = await session.send(
            "Runtime.compileScript",
            {"expression": script, "sourceURL": "", "persistScript": False},
        )
    finally:
        await session.detach()
    if (wrong := answer.get("exceptionDetails")) is not None:
        said = str(wrong.get("exception", {}).get("description", wrong.get("text")))
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS,
            f"script: {said.splitlines()[0][:300]} (line {wrong['lineNumber'] + 1})",
        )


def _new_id(tab: Tab) -> str:
    while True:
        tab.init_scripts_made += 1
        script_id = f"script-{tab.init_scripts_made}"
        if script_id not in tab.init_scripts:
            return script_id


def _source(call: Call, url: str | None, content: str | None) -> str | None:
    if (url is None) == (content is None):
        raise ActionFailed(ErrorCode.INVALID_PARAMS, "needs either url or content")
    return None if url is None else call.url(urljoin(call.page.url, url))


async def _document(call: Call, frame: str | None) -> PageFrame:
    return call.page.main_frame if frame is None else await frame_of(call, frame)


@contextmanager
def _tag_errors(kind: str) -> Iterator[None]:
    """Say what keeps a tag out; the browser's own words for it are many."""
    try:
        yield
    except Error as error:
        said = error.message.partition(": ")[2] or error.message
        if any(sign in said for sign in _FORBIDDEN):
            why = "the page's own policy forbids it: use evaluate, which is not subject to that"
        elif said.removeprefix("Error: ").startswith(_NOT_LOADED):
            why = "it could not be loaded: check the URL, and what answers there"
        else:
            raise
        raise ActionFailed(
            ErrorCode.EVALUATION_FAILED,
            f"the {kind} was not added: {why}",
            effect=Effect.PARTIAL,
            details={"reason": said.splitlines()[0][:500]},
        ) from error
