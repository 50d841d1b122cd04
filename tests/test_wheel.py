"""What is shipped: the wheel, not the checkout.

It is built from a copy, so that neither an old `build/` nor what an editable install leaves
behind can add to it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from configparser import ConfigParser
from email.parser import Parser
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

if TYPE_CHECKING:
    from email.message import EmailMessage

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parent.parent
PACKAGES = ("agent_runtime", "orchestrator", "xagent_client", "xagent_protocol")
METADATA = "xagent-0.1.0.dist-info"
NOT_COPIED = shutil.ignore_patterns(
    ".*", "build", "dist", "node_modules", "__pycache__", "*.egg-info"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as a release does, without asking any index."""
    source = tmp_path_factory.mktemp("source") / "xagent"
    shutil.copytree(CHECKOUT, source, ignore=NOT_COPIED)
    output = tmp_path_factory.mktemp("wheel")

    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(output)]
    made = subprocess.run(build, cwd=source, capture_output=True, text=True, check=False)

    assert made.returncode == 0, made.stdout + made.stderr
    (path,) = output.iterdir()
    return path


@pytest.fixture(scope="module")
def shipped(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture
def metadata(wheel: Path) -> EmailMessage:
    with ZipFile(wheel) as archive:
        text = archive.read(f"{METADATA}/METADATA").decode()
    return Parser(policy=default).parsestr(text)


def files_below(folder: str) -> set[str]:
    """Name each file of a package, as it is called from the top of the repository."""
    return {
        path.relative_to(CHECKOUT).as_posix()
        for path in (CHECKOUT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_top_level_is_the_four_packages_and_nothing_else(shipped: set[str]) -> None:
    assert {name.split("/")[0] for name in shipped} == {*PACKAGES, METADATA}


def test_every_file_of_every_package_is_shipped(shipped: set[str]) -> None:
    """Whoever adds a sub-package, or a file that is not Python, names it in pyproject.toml."""
    migrations = {f"orchestrator/{name}" for name in files_below("migrations")}
    packages = set[str]().union(*map(files_below, PACKAGES))

    assert {name for name in shipped if not name.startswith(METADATA)} == packages | migrations


def test_the_migrations_live_inside_the_orchestrator(shipped: set[str]) -> None:
    assert "orchestrator/migrations/env.py" in shipped
    assert "orchestrator/migrations/script.py.mako" in shipped
    assert any(name.startswith("orchestrator/migrations/versions/0") for name in shipped)


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_says_that_it_is_typed(package: str, shipped: set[str]) -> None:
    assert f"{package}/py.typed" in shipped


def test_the_migrations_are_found_without_a_checkout(wheel: Path, tmp_path: Path) -> None:
    find = "import importlib.resources as r; print(r.files('orchestrator.migrations'))"
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path)

    found = subprocess.run(
        [sys.executable, "-c", find], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert found.stdout.strip() == str(tmp_path / "orchestrator" / "migrations")


def test_the_command_is_called_xagent(wheel: Path) -> None:
    scripts = ConfigParser()
    with ZipFile(wheel) as archive:
        scripts.read_string(archive.read(f"{METADATA}/entry_points.txt").decode())

    assert dict(scripts["console_scripts"]) == {"xagent": "xagent_client.cli.main:main"}


def test_the_licence_travels_with_it(metadata: EmailMessage, shipped: set[str]) -> None:
    assert metadata["License-Expression"] == "Apache-2.0"
    assert f"{METADATA}/licenses/LICENSE" in shipped


def test_no_development_tool_is_asked_of_a_user(metadata: EmailMessage) -> None:
    required = " ".join(metadata.get_all("Requires-Dist", []))

    assert "playwright" in required
    assert "pytest" not in required
    assert metadata["Requires-Python"] == ">=3.11"
