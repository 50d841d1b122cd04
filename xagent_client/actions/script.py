"""Run JavaScript in the page.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from typing import Any, Unpack

from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class ScriptActions(Asking):
    """Run JavaScript in the page."""

    @verb
    def evaluate(
        self,
        expression: str,
        arg: Any = None,
        *,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[Any]:
        """Evaluate JavaScript in the page and return its value as JSON.

        A promise is awaited. What JSON has no word for becomes text (dates, large integers, regular
        expressions, errors) or null (functions, circles). It counts as writing, since a script may
        do anything. A result that is too large for the answer becomes an artifact, and the answer
        is then `{"truncated": true, "artifact_id": …, "size": …}`.

        Args:
            expression: An expression, or a function that is then called.
            arg: The function's argument, as JSON.

        Raises:
            EvaluationFailed: it threw; the details have the stack.
        """
        return self._value("evaluate", {"expression": expression, "arg": arg, "frame": frame}, how)
