"""Take a picture: of what is in view, of all the page, of a part or of an element.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack

from xagent_client import params
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
