"""One fleet and one site for all journeys: a browser takes long to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.fleet import Fleet
from tests.site.server import Site


@pytest.fixture(scope="package")
def site() -> Iterator[Site]:
    """The site that the browsers visit."""
    with Site() as site:
        yield site


@pytest.fixture(scope="package")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """An orchestrator with the agents alpha and beta."""
    fleet = Fleet(tmp_path_factory.mktemp("fleet"))
    fleet.start_orchestrator()
    for name in ("alpha", "beta"):
        fleet.start_agent(name)
    try:
        fleet.until_ready("alpha", "beta")
        yield fleet
    finally:
        fleet.end()
