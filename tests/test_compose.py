"""The containers: `compose.yaml` means what its comments say.

No engine runs here. The schema says whether the file is well formed; the rest is read off it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
import yaml

CHECKOUT = Path(__file__).parent.parent
COMPOSE = CHECKOUT / "compose.yaml"

Service = dict[str, object]


@pytest.fixture
def services() -> dict[str, Service]:
    document = cast("dict[str, dict[str, Service]]", yaml.safe_load(COMPOSE.read_text()))
    return document["services"]


def schema_check(path: Path) -> subprocess.CompletedProcess[str]:
    """Run the line of `make check`."""
    schema = ["--builtin-schema", "vendor.compose-spec"]
    return subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *schema, path],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_file_follows_the_compose_specification() -> None:
    checked = schema_check(COMPOSE)

    assert checked.returncode == 0, checked.stdout


@pytest.mark.slow
def test_a_misspelt_key_is_found(tmp_path: Path) -> None:
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(COMPOSE.read_text().replace("shm_size:", "shm_siz:"))

    checked = schema_check(wrong)

    assert checked.returncode == 1
    assert "'shm_siz' was unexpected" in checked.stdout


def test_only_the_orchestrator_is_published_and_only_to_this_host(
    services: dict[str, Service],
) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}

    assert published == {"orchestrator": ["127.0.0.1:8000:8000"]}


def test_every_service_is_watched_confined_and_remembers(services: dict[str, Service]) -> None:
    declared = yaml.safe_load(COMPOSE.read_text())["volumes"]

    assert set(services) == {"orchestrator", "alpha", "beta"}
    for name, service in services.items():
        assert "healthcheck" in service
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in cast("list[str]", service["security_opt"])
        assert service["volumes"] == [f"{name}-data:/data"]
        assert f"{name}-data" in declared


def test_every_image_ends_as_an_ordinary_user() -> None:
    _, *stages = (CHECKOUT / "Dockerfile").read_text().split("\nFROM ")
    ends = {stage.split(" AS ")[1].split()[0]: stage for stage in stages}

    assert "USER 10001:10001" in ends["orchestrator"]
    assert "USER 10001:10001" in ends["agent"]
