"""Act on an element as a person would: each waits until the element can be acted on.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack

from xagent_client import params, results
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
            delay: Milliseconds from press to release.

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
    def dblclick(
        self,
        target: str,
        *,
        frame: str | None = None,
        button: Literal["left", "middle", "right"] | None = None,
        modifiers: Sequence[Literal["Alt", "Control", "ControlOrMeta", "Meta", "Shift"]]
        | None = None,
        position: params.Point | None = None,
        delay: float | None = None,
        force: bool | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Click an element twice in quick succession, once it can be clicked.

        Args:
            delay: Milliseconds from press to release.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._nothing(
            "dblclick",
            {
                "target": target,
                "frame": frame,
                "button": button,
                "modifiers": modifiers,
                "position": position,
                "delay": delay,
                "force": force,
            },
            how,
        )

    @verb
    def tap(
        self,
        target: str,
        *,
        frame: str | None = None,
        position: params.Point | None = None,
        force: bool | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Touch an element with a finger, once it can be clicked; no touch screen is needed.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._nothing(
            "tap", {"target": target, "frame": frame, "position": position, "force": force}, how
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
    def drag_to(
        self,
        target: str,
        to: str,
        *,
        frame: str | None = None,
        source_position: params.Point | None = None,
        target_position: params.Point | None = None,
        steps: int | None = None,
        force: bool | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Drag an element with the mouse, and drop it on another of the same frame.

        If there is nowhere to drop it, it is let go where it was, which a page may take for a
        click.

        Args:
            to: Where to drop it: a selector or a ref, as target.
            steps: Movements of the mouse on the way; sites count them.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._nothing(
            "drag_to",
            {
                "target": target,
                "to": to,
                "frame": frame,
                "source_position": source_position,
                "target_position": target_position,
                "steps": steps,
                "force": force,
            },
            how,
        )

    @verb
    def dispatch_event(
        self,
        target: str,
        type: str,
        *,
        event_init: Mapping[str, Any] | None = None,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Let an element receive an event of that name, whether or not it can be seen.

        It comes from a script, and a page can tell; where a person would act, use the action for
        it.

        Args:
            type: The event's name, such as input.
            event_init: The event's properties.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._nothing(
            "dispatch_event",
            {"target": target, "type": type, "event_init": event_init, "frame": frame},
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

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._nothing(
            "fill", {"target": target, "value": value, "frame": frame, "force": force}, how
        )

    @verb
    def clear(
        self,
        target: str,
        *,
        frame: str | None = None,
        force: bool | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Empty an input, a textarea or an editable element.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._nothing("clear", {"target": target, "frame": frame, "force": force}, how)

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
            delay: Milliseconds from down to up.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._nothing(
            "press", {"key": key, "target": target, "frame": frame, "delay": delay}, how
        )

    @verb
    def press_sequentially(
        self,
        text: str,
        *,
        target: str | None = None,
        frame: str | None = None,
        delay: float | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Type a text key by key, for fields that watch each key; else `fill` is faster and safer.

        It goes into the target; without one, into whatever has the focus. What is there stays.

        Args:
            delay: Milliseconds between two characters.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._nothing(
            "press_sequentially",
            {"text": text, "target": target, "frame": frame, "delay": delay},
            how,
        )

    @verb
    def focus(
        self,
        target: str,
        *,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Give an element the focus, as the Tab key does.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._nothing("focus", {"target": target, "frame": frame}, how)

    @verb
    def blur(
        self,
        target: str,
        *,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Take the focus away from an element; many fields check what they hold when they lose it.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._nothing("blur", {"target": target, "frame": frame}, how)

    @verb
    def check(
        self,
        target: str,
        *,
        frame: str | None = None,
        force: bool | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Tick a checkbox, a radio button or a switch; nothing happens if it is ticked already.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._nothing("check", {"target": target, "frame": frame, "force": force}, how)

    @verb
    def uncheck(
        self,
        target: str,
        *,
        frame: str | None = None,
        force: bool | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Take the tick from a checkbox or a switch; nothing happens if it has none.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._nothing("uncheck", {"target": target, "frame": frame, "force": force}, how)

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

    @verb
    def select_text(
        self,
        target: str,
        *,
        frame: str | None = None,
        force: bool | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Select all the text of an element, as if the mouse were drawn over it.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._nothing("select_text", {"target": target, "frame": frame, "force": force}, how)

    @verb
    def fill_form(self, fields: Sequence[Any], **how: Unpack[How]) -> Call[results.FilledForm]:
        """Fill several fields in order, each by what it is to hold; nothing is submitted.

        When one cannot be filled, those after it are left alone, and `details` says which it was
        (`field`, the first is 0) and how many were filled before (`filled`).

        Args:
            fields: Each has a target and one of value (text), checked (true or false), options
                (values or labels of a select), artifact_ids (files).
        """
        return self._result("fill_form", {"fields": fields}, how, results.FilledForm)

    @verb
    def set_input_files(
        self,
        target: str,
        artifact_ids: Sequence[str],
        *,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[tuple[str, ...]]:
        """Choose files in a file input, by the ids of artifacts; returns their names.

        They replace what was chosen before; an empty list clears it. The target is the input, its
        label, or whatever opens the browser's file chooser when it is clicked. The files keep their
        names. They stay on the agent's machine until the page goes to another document or closes,
        so that the page can read them when it submits.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._result(
            "set_input_files",
            {"target": target, "artifact_ids": artifact_ids, "frame": frame},
            how,
            tuple[str, ...],
        )

    @verb
    def scroll(
        self,
        *,
        dx: float | None = None,
        dy: float | None = None,
        target: str | None = None,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[results.Scrolled]:
        """Turn the mouse's wheel over an element, or over the middle of the page.

        Returns where the box that scrolls stands afterwards: the nearest one around that place,
        which may be the page. If it stands at `max_y`, there is no more; some pages then load more.

        Args:
            dx: To the right; negative to the left.
            dy: Down; negative up.
            target: Where the mouse is put; a selector or a ref.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._result(
            "scroll", {"dx": dx, "dy": dy, "target": target, "frame": frame}, how, results.Scrolled
        )

    @verb
    def scroll_into_view(
        self,
        target: str,
        *,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Scroll until an element is in view, if it is not.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._nothing("scroll_into_view", {"target": target, "frame": frame}, how)

    @verb
    def highlight(
        self,
        target: str,
        *,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Draw a frame around an element, for whoever looks on; the page itself feels nothing.

        It stands there, in screenshots too, until `hide_highlight` or another document.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._nothing("highlight", {"target": target, "frame": frame}, how)

    @verb
    def hide_highlight(self, **how: Unpack[How]) -> Call[None]:
        """Take away every frame that `highlight` drew on the page."""
        return self._nothing("hide_highlight", {}, how)
