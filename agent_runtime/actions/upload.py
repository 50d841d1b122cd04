"""Put files into a page: artifacts of the orchestrator, as if a person had chosen them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from playwright.async_api import FileChooser, Locator, TimeoutError as PlaywrightTimeout

from agent_runtime.actions.artifacts import Fetched
from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.params import Frame, Target
from agent_runtime.actions.registry import action
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

ArtifactIds = Annotated[
    tuple[Annotated[str, Meta(min_length=1, max_length=128)], ...], Meta(max_length=100)
]

_FILE_INPUT: Final = """element => {
  const isInput = one => one instanceof HTMLInputElement && one.type === "file";
  const input = isInput(element) ? element : element.closest("label")?.control;
  return isInput(input) ? {multiple: input.multiple, directory: input.webkitdirectory} : null;
}"""


class FileInput(msgspec.Struct, frozen=True):
    """What a file input takes."""

    multiple: bool
    directory: bool


@action(
    family="act",
    reads=False,
    example={"target": "#attachment", "artifact_ids": ["01a2063a-8cb6-74fc-abbb-a9670cb082fe"]},
)
async def set_input_files(
    call: Call, *, target: Target, artifact_ids: ArtifactIds, frame: Frame | None = None
) -> list[str]:
    """Choose files in a file input, by the ids of artifacts; returns their names.

    They replace what was chosen before; an empty list clears it. The target is the input, its
    label, or whatever opens the browser's file chooser when it is clicked. The files keep their
    names. They stay on the agent's machine until the page goes to another document or closes, so
    that the page can read them when it submits.
    """
    return await set_files(call, target, frame, await fetch_files(call, artifact_ids))


async def fetch_files(call: Call, artifact_ids: Sequence[str]) -> list[Fetched]:
    """Fetch what is to be put into a page, before the page feels anything.

    Raises:
        ArtifactUnavailable: one of them cannot be had.
    """
    return [await call.fetch(artifact_id) for artifact_id in artifact_ids]


async def set_files(
    call: Call, target: str, frame: str | None, files: Sequence[Fetched]
) -> list[str]:
    """Choose *files* in what *target* names, and return their names.

    Raises:
        ActionFailed: it takes no files, or not so many.
    """
    named = [(file.path, file.name) for file in files]
    async with (
        call.browser.uploads.lent(call.tab, named) as paths,
        call.element(target, frame) as element,
    ):
        found = await element.evaluate(_FILE_INPUT, timeout=call.patience_ms)
        if found is None:
            await _choose(call, element, target, paths)
        else:
            _check(msgspec.convert(found, FileInput), target, paths, Effect.NONE)
            await element.set_input_files(paths, timeout=call.patience_ms)
    return [path.name for path in paths]


async def _choose(call: Call, element: Locator, target: str, paths: Sequence[Path]) -> None:
    """Click *element*, and answer the file chooser that this opens."""
    if not paths:
        raise ActionFailed(
            ErrorCode.NOT_ACTIONABLE,
            f"{target!r} is no file input, so there is nothing to clear",
            effect=Effect.NONE,
        )
    is_clicked = False
    try:
        async with call.page.expect_file_chooser(timeout=call.patience_ms) as opened:
            await element.click(timeout=call.patience_ms)
            is_clicked = True
        chooser: FileChooser = await opened.value
    except PlaywrightTimeout as error:
        if not is_clicked:
            raise
        raise ActionFailed(
            ErrorCode.NOT_ACTIONABLE,
            f"{target!r} is no file input, and a click on it opened no file chooser",
            effect=Effect.PARTIAL,
        ) from error
    takes = FileInput(chooser.is_multiple(), directory=False)
    _check(takes, target, paths, Effect.PARTIAL)
    await chooser.set_files(paths, timeout=call.patience_ms)


def _check(takes: FileInput, target: str, paths: Sequence[Path], effect: Effect) -> None:
    if takes.directory:
        raise ActionFailed(
            ErrorCode.NOT_SUPPORTED,
            f"{target!r} takes a whole directory, which cannot be given from here",
            effect=effect,
        )
    if len(paths) > 1 and not takes.multiple:
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS,
            f"artifact_ids: {target!r} takes one file, and {len(paths)} were given",
            effect=effect,
        )
