"""For load balancers and Prometheus: is it up, will it serve, what is it doing."""

from __future__ import annotations

from typing import Final, Literal

import msgspec
from starlette.responses import Response

from orchestrator.api.operation import operation
from orchestrator.api.services import Services
from orchestrator.errors import Draining, StorageUnavailable
from orchestrator.metrics import CONTENT_TYPE

TAG: Final = "Health"


class Health(msgspec.Struct, frozen=True):
    """The server's own state."""

    status: Literal["live", "ready"]


@operation("GET", "/health/live", tag=TAG, statuses={200: "The process answers."})
async def live(services: Services) -> Health:
    """Say whether the process answers."""
    return Health("live")


@operation(
    "GET",
    "/health/ready",
    tag=TAG,
    statuses={200: "Commands are taken."},
    refusals=[Draining, StorageUnavailable],
)
async def ready(services: Services) -> Health:
    """Say whether commands are taken.

    Not while the server is on its way out, nor while its journal cannot be written.
    """
    if services.commands.is_draining:
        raise Draining("The server is on its way out.", retry_after=5)
    if reason := services.unready():
        raise StorageUnavailable(reason, retry_after=5)
    return Health("ready")


@operation(
    "GET",
    "/metrics",
    tag=TAG,
    statuses={200: "Metrics in the text format of Prometheus."},
    media_type="text/plain",
)
async def metrics(services: Services) -> Response:
    """Scrape the server's metrics."""
    agents = services.agents.all()
    counts = [services.commands.counts(agent.agent_id) for agent in agents]
    text = services.metrics.render(
        agents=len(agents),
        connected=sum(services.presence.get(each.agent_id) is not None for each in agents),
        in_flight=sum(in_flight for in_flight, _ in counts),
        queued=sum(queued for _, queued in counts),
    )
    return Response(text, headers={"Content-Type": CONTENT_TYPE})


OPERATIONS: Final = (live, ready, metrics)
