"""How hypothesis looks for counter-examples here."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is no counter-example.
settings.register_profile("xagent", deadline=None)
settings.load_profile("xagent")
