"""Act on an element as a person would: each waits until the element can be acted on.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack

from xagent_client import params
from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class ActActions(Asking):
    """Act on an element as a person would: each waits until the element can be acted on."""

    @verb
    def click(
        self,
        target: str,
        *,
        frame: str | None = None,
        button: Literal["left", "middle", "right"] | None = None,
        click_count: int | None = None,
        modifiers: Sequence[Literal["Alt", "Control", "ControlOrMeta", "Meta", "Shift"]]
        | None = None,
        position: params.Point | None = None,
        delay: float | None = None,
        force: bool | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Click an element, once it is visible, enabled, still, and not covered by another.

        Args:
            delay: Milliseconds between press and release.
            force: Act even where a person could not.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._nothing(
            "click",
            {
                "target": target,
                "frame": frame,
                "button": button,
                "click_count": click_count,
                "modifiers": modifiers,
                "position": position,
                "delay": delay,
                "force": force,
            },
            how,
        )

    @verb
    def hover(
        self,
        target: str,
        *,
        frame: str | None = None,
        modifiers: Sequence[Literal["Alt", "Control", "ControlOrMeta", "Meta", "Shift"]]
        | None = None,
        position: params.Point | None = None,
        force: bool | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Move the mouse over an element.

        Args:
            force: Act even where a person could not.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._nothing(
            "hover",
            {
                "target": target,
                "frame": frame,
                "modifiers": modifiers,
                "position": position,
                "force": force,
            },
            how,
        )

    @verb
    def fill(
        self,
        target: str,
        value: str,
        *,
        frame: str | None = None,
        force: bool | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Replace the text of an input, a textarea or an editable element by *value*.

        Args:
            force: Act even where a person could not.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._nothing(
            "fill", {"target": target, "value": value, "frame": frame, "force": force}, how
        )

    @verb
    def press(
        self,
        key: str,
        *,
        target: str | None = None,
        frame: str | None = None,
        delay: float | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Press a key in an element; without a target, in whatever has the focus.

        Args:
            key: A key or a chord: Enter, a, ArrowDown, ControlOrMeta+a.
            delay: Milliseconds between down and up.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._nothing(
            "press", {"key": key, "target": target, "frame": frame, "delay": delay}, how
        )

    @verb
    def select_option(
        self,
        target: str,
        value: Sequence[str] | str | None = None,
        *,
        label: Sequence[str] | str | None = None,
        index: Sequence[int] | int | None = None,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[tuple[str, ...]]:
        """Choose options of a `select` by value, label or index; returns the chosen values.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._result(
            "select_option",
            {"target": target, "value": value, "label": label, "index": index, "frame": frame},
            how,
            tuple[str, ...],
        )
