"""Record what a page shows, as a video."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta
from playwright.async_api import Error, ScreencastSize

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.registry import action
from agent_runtime.actions.tracing import handed_over
from agent_runtime.actions.unrecordable import check_recordable
from agent_runtime.browser.launch import VIEWPORT
from agent_runtime.browser.motion_jpeg import MEDIA_TYPE
from agent_runtime.browser.video import EncodedVideo, Format, PictureVideo, VideoRecording
from xagent_protocol.errors import ErrorCode
from xagent_protocol.ids import ArtifactId
from xagent_protocol.outcomes import Effect

_MEDIA_TYPES: Final[dict[Format, str]] = {"avi": MEDIA_TYPE, "webm": "video/webm"}
_NO_ENCODER: Final = "ffmpeg"
"""What Playwright's complaint names if its encoder is not there."""


class VideoSize(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At most so many pixels; the shape of the page is kept."""

    width: Annotated[int, Meta(ge=16, le=4096)]
    height: Annotated[int, Meta(ge=16, le=4096)]


class VideoStarted(msgspec.Struct, frozen=True):
    """What the video is going to be."""

    format: Format


class Video(msgspec.Struct, frozen=True):
    """Where the video is; *size* in bytes. *cut*: it grew too large, and its end is missing."""

    artifact_id: ArtifactId
    content_type: str
    size: int
    seconds: float
    cut: bool


@action(family="artifacts", reads=False, example={"fps": 5})
async def start_video(
    call: Call,
    *,
    format: Annotated[
        Format | None,
        Meta(
            description="`webm` needs Playwright's ffmpeg on the agent's machine; `avi` (Motion "
            "JPEG) needs nothing. Left out: `webm` where it can be, else `avi`."
        ),
    ] = None,
    fps: Annotated[int, Meta(ge=1, le=25, description="Pictures a second.")] = 10,
    quality: Annotated[int, Meta(ge=1, le=100, description="Of the pictures of an `avi`.")] = 60,
    size: Annotated[VideoSize | None, Meta(description="Left out, that of the page.")] = None,
) -> VideoStarted:
    """Begin to record what the page shows; `stop_video` ends it and hands it over.

    There is no sound. If the page closes before, or the browser restarts, the video is lost.
    """
    await check_recordable(call, (call.tab,))
    recordings = call.browser.recordings
    async with recordings.at_work():
        recordings.videos.check_free(call.page)
        running = await _started(call, format, fps, quality, _size(call, size))
        recordings.videos.begin(call.page, running)
        recordings.watch_page(call.page)
    return VideoStarted(running.format)


@action(family="artifacts", reads=False, example={})
async def stop_video(call: Call) -> Video:
    """End the video of the page and hand it over."""
    recordings = call.browser.recordings
    async with recordings.at_work():
        running = recordings.videos.end(call.page)
        await running.stop()
        seconds, name = running.seconds, f"video.{running.format}"
        video = await handed_over(
            call, running.path, content_type=_MEDIA_TYPES[running.format], name=name
        )
    return Video(
        video.artifact_id, video.content_type, video.size, round(seconds, 1), running.is_cut
    )


async def _started(
    call: Call, format: Format | None, fps: int, quality: int, size: ScreencastSize
) -> VideoRecording:
    new_file = call.browser.recordings.new_file
    if format != "avi":
        encoded = EncodedVideo(call.page, new_file("video.webm"))
        try:
            await encoded.start(size, fps)
        except Error as error:
            if _NO_ENCODER not in error.message:
                raise
            if format == "webm":
                raise _no_encoder() from error
        else:
            return encoded
    pictures = PictureVideo(call.page, new_file("video.avi"))
    await pictures.start(size, fps, quality)
    return pictures


def _size(call: Call, asked: VideoSize | None) -> ScreencastSize:
    if asked is not None:
        return ScreencastSize(width=asked.width, height=asked.height)
    shown = call.page.viewport_size or VIEWPORT
    return ScreencastSize(width=shown["width"], height=shown["height"])


def _no_encoder() -> ActionFailed:
    return ActionFailed(
        ErrorCode.NOT_SUPPORTED,
        "a webm needs Playwright's ffmpeg: run `playwright install ffmpeg` on the agent's machine "
        "with the Python that it runs on, or leave `format` out for an AVI",
        effect=Effect.NONE,
    )
