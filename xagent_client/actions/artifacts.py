"""Take the page's picture, or its outline.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from typing import Literal, Unpack

from xagent_client import params
from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class ArtifactsActions(Asking):
    """Take the page's picture, or its outline."""

    @verb
    def screenshot(
        self,
        target: str | None = None,
        *,
        frame: str | None = None,
        full_page: bool | None = None,
        type: Literal["jpeg", "png"] | None = None,
        quality: int | None = None,
        clip: params.Clip | None = None,
        **how: Unpack[How],
    ) -> Call[bytes]:
        """Take a picture of the page or of one element; it becomes an artifact.

        It returns the bytes; `run("screenshot")` leaves them at the orchestrator and tells their
        `ArtifactRef`.

        Args:
            target: One element; else the page.
            full_page: All of it, not only what is in view.
            quality: Of a JPEG.

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
                "type": type,
                "quality": quality,
                "clip": clip,
            },
            how,
        )
