"""The clipboard of the browser.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from typing import Unpack

from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class ClipboardActions(Asking):
    """The clipboard of the browser."""

    @verb
    def clipboard(
        self,
        write: str | None = None,
        *,
        max_chars: int | None = None,
        **how: Unpack[How],
    ) -> Call[str | None]:
        """Return the clipboard's text, or write a text into it for a page to paste.

        A page copies and pastes by its own buttons or by `press` with ControlOrMeta+c and
        ControlOrMeta+v. A browser without a window has a clipboard of its own; one with a window
        shares that of its machine with whoever sits there. What is no text is read as nothing.

        It comes whole, however long, unless *max_chars* says where to cut it.

        Args:
            write: Left out, it is read.
        """
        return self._any_of("clipboard", {"write": write, "max_chars": max_chars}, how, str | None)
