"""Several actions in one round trip, in order, each with a result.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from xagent_client import params, results
from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class BatchActions(Asking):
    """Several actions in one round trip, in order, each with a result."""

    @verb
    def batch(
        self,
        steps: Sequence[params.Step],
        *,
        stop_on_error: bool | None = None,
        **how: Unpack[How],
    ) -> Call[results.BatchResult]:
        """Run several actions one after the other, and return a result for each.

        In place of any value, `{"$step": 0, "path": "result.url"}` stands for what an earlier step
        (the first is 0) came to; a path may lead through `result`, `page` and list indexes. Params
        without such references are checked before anything runs. When a step fails, what the steps
        before it came to stands in the result all the same.

        Args:
            stop_on_error: Skip what follows a step that failed, and fail with its code.
        """
        return self._result(
            "batch", {"steps": steps, "stop_on_error": stop_on_error}, how, results.BatchResult
        )
