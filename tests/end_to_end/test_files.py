"""Files on their way through real processes, which are killed while they are under way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.fleet import Fleet, family, kill, until
from tests.site.server import Site
from xagent_client import Client

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def outgoing(fleet: Fleet) -> list[str]:
    """Return what waits on alpha's disk."""
    directory = fleet.data_dir / "agents" / "alpha" / "outgoing"
    return sorted(path.name for path in directory.iterdir())


def coming_to(fleet: Fleet, name: str) -> dict[str, Any] | None:
    """Return the download of that name, if alpha has one in progress."""
    listed = fleet.run("alpha", "downloads")["result"]["downloads"]
    return next(
        (one for one in listed if (one["name"], one["state"]) == (name, "in_progress")), None
    )


def test_a_file_goes_from_a_site_to_a_user_and_is_listed_under_its_command(
    fleet: Fleet, site: Site, tmp_path: Path
) -> None:
    url = site.url("/file?name=report.zip&size=3000000")

    command = fleet.run("alpha", "download", params={"url": url}, request_id="downloading")

    assert command["state"] == "succeeded", command
    got = command["result"]
    assert [one["artifact_id"] for one in command["artifacts"]] == [got["artifact_id"]]
    with Client(fleet.url, data_dir=fleet.data_dir) as client:
        client.download(got["artifact_id"], tmp_path / "got.zip")
        (listed,) = client.artifacts(request_id="downloading")
    assert (tmp_path / "got.zip").read_bytes() == b"x" * 3_000_000
    assert (listed.artifact_id, listed.agent_id) == (got["artifact_id"], "alpha")
    assert outgoing(fleet) == []


def test_a_download_outlives_the_orchestrator_and_then_the_agent(fleet: Fleet, site: Site) -> None:
    """Whole on the agent's disk, it is handed over by whichever life finds an orchestrator."""
    url = site.url("/stalled-file?until=/go-on&name=kept.zip")
    fleet.run("alpha", "goto", params={"url": site.url("/files")})
    script = {"expression": f"setTimeout(() => {{ location = {url!r}; }})"}
    fleet.run("alpha", "evaluate", params=script)
    coming = until(lambda: coming_to(fleet, "kept.zip"))

    fleet.kill_orchestrator()
    site.hits["/go-on"] += 1
    until(lambda: outgoing(fleet) == [coming["id"], f"{coming['id']}.json"])
    kill(family(fleet.agents["alpha"]))
    fleet.agents["alpha"].wait()
    assert len(outgoing(fleet)) == 2
    fleet.start_orchestrator()
    fleet.start_agent("alpha")
    fleet.until_ready("alpha", "beta")

    over = fleet.run("alpha", "wait_for_download", params={"id": coming["id"]})
    assert over["state"] == "succeeded", over
    assert over["result"]["state"] == "complete"
    with Client(fleet.url, data_dir=fleet.data_dir) as client:
        assert client.artifact(over["result"]["artifact_id"]) == b"x" * 200_000
    assert outgoing(fleet) == []
