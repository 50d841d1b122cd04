"""Where the browser may go, and the one way out that holds it to that."""

from __future__ import annotations

from agent_runtime.policy.url_policy import UrlPolicy as UrlPolicy

__all__ = ["UrlPolicy"]
