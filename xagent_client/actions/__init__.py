"""Every standard action as a method, a family a file.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from xagent_client.actions.every import ActionVerbs

__all__ = ["ActionVerbs"]
