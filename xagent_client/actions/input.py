"""Mouse, keyboard and fingers as such, by places in the window instead of elements.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from xagent_client import params
from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class InputActions(Asking):
    """Mouse, keyboard and fingers as such, by places in the window instead of elements."""

    @verb
    def mouse(
        self,
        steps: Sequence[
            params.MoveMouse
            | params.ButtonDown
            | params.ButtonUp
            | params.Click
            | params.DoubleClick
            | params.Wheel
            | params.Pause
        ],
        **how: Unpack[How],
    ) -> Call[None]:
        """Use the mouse by places in the window; a screenshot shows where things are.

        When a step fails, the error says how many were done before it, and buttons that these left
        down are let go. After a success they stay down until another command lets them go.

        Args:
            steps: In their order; `do` says what is done.
        """
        return self._nothing("mouse", {"steps": steps}, how)

    @verb
    def keyboard(
        self,
        steps: Sequence[
            params.KeyDown
            | params.KeyUp
            | params.KeyPress
            | params.Type
            | params.InsertText
            | params.Pause
        ],
        **how: Unpack[How],
    ) -> Call[None]:
        """Use the keyboard on whatever has the focus.

        When a step fails, the error says how many were done before it, and keys that these left
        down are let go. After a success they stay down until another command lets them go.

        Args:
            steps: In their order; `do` says what is done.
        """
        return self._nothing("keyboard", {"steps": steps}, how)

    @verb
    def touch(
        self,
        steps: Sequence[
            params.Tap | params.TouchStart | params.TouchMove | params.TouchEnd | params.Pause
        ],
        **how: Unpack[How],
    ) -> Call[None]:
        """Touch the page with one finger or several: tap, swipe, pinch.

        When a step fails, the error says how many were done before it, and no finger stays.

        Args:
            steps: In their order; `do` says what is done.
        """
        return self._nothing("touch", {"steps": steps}, how)
