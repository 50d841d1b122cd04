"""Actions of installed packages: found, announced with ours, and never at the cost of ours."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agent_runtime.actions import ActionRegistry, installed_registry, standard_registry

STANDARD = {spec.name for spec in standard_registry().specs()}

FUNCTION = '''

@action(family="greeting", reads=True, on_page=False)
async def {name}(call: Call, *, name: str) -> str:
    """Greet somebody."""
    return name
'''
GREETING = f"""
from __future__ import annotations

from agent_runtime.actions import Call, action
from agent_runtime.actions.read import title
{FUNCTION.format(name="greet")}
"""


class Packages:
    """A directory on the path, with packages as an installer leaves them."""

    def __init__(self, directory: Path) -> None:
        """Begin empty."""
        self._directory = directory

    def install(self, package: str, module: str, source: str, *, value: str = "") -> None:
        """Leave a module and what says that it has actions."""
        (self._directory / f"{module}.py").write_text(source)
        metadata = self._directory / f"{package}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"
        )
        (metadata / "entry_points.txt").write_text(f"[xagent.actions]\nthem = {value or module}\n")


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Packages]:
    """A throwaway place to install into."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)
    yield Packages(tmp_path)
    for name in set(sys.modules) - before:
        del sys.modules[name]


def own(registry: ActionRegistry) -> dict[str, str | None]:
    """Return the actions that are not ours, with who brought them."""
    return {spec.name: spec.package for spec in registry.specs() if spec.package is not None}


def test_without_packages_there_are_the_standard_actions() -> None:
    assert installed_registry().specs() == standard_registry().specs()


def test_an_installed_package_is_announced_with_ours(packages: Packages) -> None:
    packages.install("xagent-greeting", "greeting", GREETING)

    with capture_logs() as logs:
        registry = installed_registry()

    # It imports `title`, and yet does not bring it.
    assert own(registry) == {"greet": "xagent-greeting"}
    assert {spec.name for spec in registry.specs()} == STANDARD | {"greet"}
    assert registry.named("greet").spec.family == "greeting"
    assert [(line["log_level"], line["package"], line["actions"]) for line in logs] == [
        ("info", "xagent-greeting", ["greet"])
    ]


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import a_module_that_is_not_there", "ModuleNotFoundError: No module named"),
        ("raise SystemExit('no licence')", "SystemExit: no licence"),
        ("def (", "SyntaxError: "),
        (GREETING.replace("*, name", "name"), "TypeError: greet: parameter 'name'"),
    ],
)
def test_a_package_that_cannot_be_imported_costs_its_own_actions_alone(
    packages: Packages, source: str, error: str
) -> None:
    packages.install("broken", "broken_actions", source)
    packages.install("xagent-greeting", "greeting", GREETING)

    with capture_logs() as logs:
        registry = installed_registry()

    assert own(registry) == {"greet": "xagent-greeting"}
    assert logs[0]["log_level"] == "error"
    assert logs[0]["package"] == "broken"
    assert logs[0]["entry_point"] == "them = broken_actions"
    assert logs[0]["error"].startswith(error)


@pytest.mark.parametrize("value", ["greeting:greet", "greeting:Call", "greeting:nothing", "gone"])
def test_an_entry_point_that_names_no_module_of_actions_is_an_error(
    packages: Packages, value: str
) -> None:
    packages.install("xagent-greeting", "greeting", GREETING, value=value)

    with capture_logs() as logs:
        assert own(installed_registry()) == {}

    assert [line["log_level"] for line in logs] == ["error"]
    assert logs[0]["package"] == "xagent-greeting"


def test_a_name_of_ours_is_not_taken_over(packages: Packages) -> None:
    packages.install("impostor", "impostor", GREETING + FUNCTION.format(name="goto"))

    with capture_logs() as logs:
        registry = installed_registry()

    assert own(registry) == {"greet": "impostor"}
    assert registry.named("goto").spec == standard_registry().named("goto").spec
    error = next(line for line in logs if line["log_level"] == "error")
    assert (error["package"], error["action"]) == ("impostor", "goto")
    assert "Xagent itself has one of that name" in error["event"]


def test_of_two_packages_with_one_name_the_first_in_the_alphabet_has_it(
    packages: Packages,
) -> None:
    packages.install("zebra", "zebra", GREETING)
    packages.install("aardvark", "aardvark", GREETING)

    with capture_logs() as logs:
        assert own(installed_registry()) == {"greet": "aardvark"}

    error = next(line for line in logs if line["log_level"] == "error")
    assert (error["package"], error["action"]) == ("zebra", "greet")
    assert "because aardvark has one of that name" in error["event"]
