"""Run JavaScript in the page, and Python in the agent where its own settings allow that.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from typing import Any, Literal, Unpack

from xagent_client import results
from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class ScriptActions(Asking):
    """Run JavaScript in the page, and Python in the agent where its own settings allow that."""

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

    @verb
    def add_init_script(
        self,
        script: str,
        *,
        name: str | None = None,
        **how: Unpack[How],
    ) -> Call[results.InitScript]:
        """Run a script in every document that this page loads from now on, before its own scripts.

        Its frames count as well; the document that is there now does not. It stays until it is
        removed or the page closes, and is not taken over by a page that is restored.

        Args:
            script: JavaScript, without a return value.
            name: Its id; it replaces an earlier one of this name.
        """
        return self._result(
            "add_init_script", {"script": script, "name": name}, how, results.InitScript
        )

    @verb
    def remove_init_script(self, id: str, **how: Unpack[How]) -> Call[None]:
        """Run an init script in no further document; what it has done stays done."""
        return self._nothing("remove_init_script", {"id": id}, how)

    @verb
    def add_script_tag(
        self,
        url: str | None = None,
        *,
        content: str | None = None,
        type: Literal["module"] | None = None,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Add a script to the document that the page shows now, and wait until it is loaded.

        Either by its URL or by its content. The page's own policy may forbid it; `evaluate` is not
        subject to that.

        Args:
            url: Where the script is; may be relative to the page.
            content: In place of a URL.
            type: For a module; else left out.
        """
        return self._nothing(
            "add_script_tag", {"url": url, "content": content, "type": type, "frame": frame}, how
        )

    @verb
    def add_style_tag(
        self,
        url: str | None = None,
        *,
        content: str | None = None,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Add a style sheet to the document that the page shows now, and wait until it is loaded.

        Either by its URL or by its content. The page's own policy may forbid it.

        Args:
            url: Where the style is; may be relative to the page.
            content: In place of a URL.
        """
        return self._nothing("add_style_tag", {"url": url, "content": content, "frame": frame}, how)

    @verb
    def run_code(self, code: str, arg: Any = None, **how: Unpack[How]) -> Call[results.CodeResult]:
        """Run Python in the agent with Playwright's async API, and return what it returns as JSON.

        The code finds `page`, its `context`, `arg`, and `call`, what every action gets: `await
        call.keep(content, content_type=…, name=…)` hands bytes over as an artifact, `await
        call.fetch(id)` gets one, `call.patience_ms` is how long Playwright may wait. It can do
        whatever the agent's process can, on its machine too, so it is off unless the agent was
        started with --allow-code. It must not block: use `await asyncio.sleep`, never `time.sleep`,
        for nothing else runs in the agent meanwhile.

        Args:
            code: The body of an async function.
            arg: What the code finds as `arg`.
        """
        return self._result("run_code", {"code": code, "arg": arg}, how, results.CodeResult)
