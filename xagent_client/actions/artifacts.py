"""Take a picture: of what is in view, of all the page, of a part or of an element.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack

from xagent_client import params, results
from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class ArtifactsActions(Asking):
    """Take a picture: of what is in view, of all the page, of a part or of an element."""

    @verb
    def screenshot(
        self,
        target: str | None = None,
        *,
        frame: str | None = None,
        full_page: bool | None = None,
        clip: params.Clip | None = None,
        type: Literal["jpeg", "png", "webp"] | None = None,
        quality: int | None = None,
        max_width: int | None = None,
        annotate: bool | None = None,
        mask: Sequence[str] | None = None,
        mask_color: str | None = None,
        omit_background: bool | None = None,
        animations: Literal["allow", "disabled"] | None = None,
        caret: Literal["hide", "initial"] | None = None,
        scale: Literal["css", "device"] | None = None,
        style: str | None = None,
        **how: Unpack[How],
    ) -> Call[bytes]:
        """Take a picture of the page or of one element; it becomes an artifact.

        For a model that looks at it, `annotate` draws a numbered box around each element that can
        be acted on, and `max_width` with type `jpeg` or `webp` keeps it small; divide a place in
        the picture by `scale` to get the place that the mouse takes. It is drawn on the picture,
        never in the page.

        It returns the bytes; `run("screenshot")` leaves them at the orchestrator and tells their
        `ArtifactRef`.

        Args:
            target: One element; else the page.
            full_page: All of it, not only what is in view.
            quality: Of a JPEG (80), or of a WebP (100 loses nothing).
            max_width: Pixels; a wider picture is made smaller.
            annotate: Number what can be acted on, and return a ref for each number.
            mask: Paint over all that match.
            mask_color: A CSS color; pink if left out.
            omit_background: See-through where the page has no background of its own.
            animations: Disabled: those that end are ended, others shown at their beginning.
            caret: Hide the caret, or leave it as it is.
            scale: One pixel for each CSS pixel, or for each pixel of the screen.
            style: CSS that applies while the picture is taken.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._bytes(
            "screenshot",
            {
                "target": target,
                "frame": frame,
                "full_page": full_page,
                "clip": clip,
                "type": type,
                "quality": quality,
                "max_width": max_width,
                "annotate": annotate,
                "mask": mask,
                "mask_color": mask_color,
                "omit_background": omit_background,
                "animations": animations,
                "caret": caret,
                "scale": scale,
                "style": style,
            },
            how,
        )

    @verb
    def pdf(
        self,
        *,
        format: Literal[
            "A0", "A1", "A2", "A3", "A4", "A5", "A6", "Ledger", "Legal", "Letter", "Tabloid"
        ]
        | None = None,
        width: float | str | None = None,
        height: float | str | None = None,
        landscape: bool | None = None,
        scale: float | None = None,
        margin: params.Margin | None = None,
        page_ranges: str | None = None,
        print_background: bool | None = None,
        display_header_footer: bool | None = None,
        header_template: str | None = None,
        footer_template: str | None = None,
        prefer_css_page_size: bool | None = None,
        outline: bool | None = None,
        tagged: bool | None = None,
        **how: Unpack[How],
    ) -> Call[bytes]:
        """Print the page as a PDF, in the look that it has for print; it becomes an artifact.

        It returns the bytes; `run("pdf")` leaves them at the orchestrator and tells their
        `ArtifactRef`.

        Args:
            format: Letter if left out.
            width: Of the paper, in place of format.
            height: Of the paper, in place of format.
            page_ranges: Which sheets: 1-5, 8.
            header_template: HTML; classes date, title, url, pageNumber, totalPages are filled.
            footer_template: As header_template.
            prefer_css_page_size: Let the page's own @page size count.
            outline: With the headings as bookmarks.
            tagged: Accessible to readers.
        """
        return self._bytes(
            "pdf",
            {
                "format": format,
                "width": width,
                "height": height,
                "landscape": landscape,
                "scale": scale,
                "margin": margin,
                "page_ranges": page_ranges,
                "print_background": print_background,
                "display_header_footer": display_header_footer,
                "header_template": header_template,
                "footer_template": footer_template,
                "prefer_css_page_size": prefer_css_page_size,
                "outline": outline,
                "tagged": tagged,
            },
            how,
        )

    @verb
    def download(
        self,
        url: str | None = None,
        *,
        target: str | None = None,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[results.DownloadedFile]:
        """Download a file by its URL or by clicking a target, and wait until it is an artifact.

        Give exactly one of url and target. When the time is up before all has come, the download is
        stopped; what is whole by then is handed over all the same.

        Args:
            url: Saved whatever it is, with the page's cookies; the page stays.
            target: Clicked, to have its file.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._result(
            "download", {"url": url, "target": target, "frame": frame}, how, results.DownloadedFile
        )

    @verb
    def downloads(
        self, *, limit: int | None = None, **how: Unpack[How]
    ) -> Call[results.DownloadList]:
        """List what pages have downloaded, newest first, whoever caused it.

        Each becomes an artifact by itself; `artifact_id` is set when it is there. The latest 100
        are remembered.

        Args:
            limit: How many.
        """
        return self._result("downloads", {"limit": limit}, how, results.DownloadList)

    @verb
    def wait_for_download(
        self,
        id: str | None = None,
        *,
        since: str | None = None,
        **how: Unpack[How],
    ) -> Call[results.DownloadSummary]:
        """Wait until a download is over, and return it, however it ended.

        Without *id* it is the first that began after *since*; without either, after this command
        did. Ids only grow, so a download that began before this command is found by *since* as
        well.

        Args:
            id: The one to wait for.
            since: A download that was there before.
        """
        return self._result(
            "wait_for_download", {"id": id, "since": since}, how, results.DownloadSummary
        )

    @verb
    def start_tracing(
        self,
        title: str | None = None,
        *,
        screenshots: bool | None = None,
        snapshots: bool | None = None,
        **how: Unpack[How],
    ) -> Call[results.TraceStarted]:
        """Begin to trace the profile's pages, or the command's page if it is isolated.

        Whatever is done in them from now on is in the trace, with what was asked over the network:
        cookies and passwords, too. `stop_tracing` ends it and hands it over. A restart of the
        browser ends it as well, and then it is lost. To trace one command only, send it with
        `"record": "trace"`.

        Args:
            title: Shown above the trace.
            screenshots: Pictures, as a film.
            snapshots: The page before and after each step, and its network.
        """
        return self._result(
            "start_tracing",
            {"title": title, "screenshots": screenshots, "snapshots": snapshots},
            how,
            results.TraceStarted,
        )

    @verb
    def stop_tracing(self, **how: Unpack[How]) -> Call[results.Recording]:
        """End the trace that runs and hand it over, as a zip.

        The orchestrator shows it under `/traces/` and the artifact's id.
        """
        return self._result("stop_tracing", {}, how, results.Recording)

    @verb
    def start_har(
        self,
        *,
        content: Literal["attach", "embed", "omit"] | None = None,
        mode: Literal["full", "minimal"] | None = None,
        url_filter: str | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Begin to record the network of the profile's pages, or of the command's isolated page.

        `stop_har` ends it and hands it over. The archive has headers, and so cookies and passwords.
        A restart of the browser ends it as well, and then it is lost.

        Args:
            content: Bodies: as files beside the archive, in a zip with it; in the archive itself;
                or not at all.
            mode: `minimal` has only what is needed to play it back, and no cookies.
            url_filter: A glob; only what matches it.
        """
        return self._nothing(
            "start_har", {"content": content, "mode": mode, "url_filter": url_filter}, how
        )

    @verb
    def stop_har(self, **how: Unpack[How]) -> Call[results.Recording]:
        """End the recording of the network and hand it over, as a zip if its bodies are attached."""
        return self._result("stop_har", {}, how, results.Recording)

    @verb
    def start_video(
        self,
        *,
        format: Literal["avi", "webm"] | None = None,
        fps: int | None = None,
        quality: int | None = None,
        size: params.VideoSize | None = None,
        **how: Unpack[How],
    ) -> Call[results.VideoStarted]:
        """Begin to record what the page shows; `stop_video` ends it and hands it over.

        There is no sound. If the page closes before, or the browser restarts, the video is lost.

        Args:
            format: `webm` needs Playwright's ffmpeg on the agent's machine; `avi` (Motion JPEG)
                needs nothing. Left out: `webm` where it can be, else `avi`.
            fps: Pictures a second.
            quality: Of the pictures of an `avi`.
            size: Left out, that of the page.
        """
        return self._result(
            "start_video",
            {"format": format, "fps": fps, "quality": quality, "size": size},
            how,
            results.VideoStarted,
        )

    @verb
    def stop_video(self, **how: Unpack[How]) -> Call[results.Video]:
        """End the video of the page and hand it over."""
        return self._result("stop_video", {}, how, results.Video)
