"""Actions of users' own packages: what is installed beside the agent is announced with ours.

A package names a module under the entry point group `xagent.actions`; every action that stands in
that module is taken. They run as ours do: the same deadline, journal, turns, errors and masking.

A package that is broken costs its own actions and nothing else, because the agent holds a browser
that others wait for. A name that is taken stays with whom it was: were a package able to shadow
`fill` or `goto`, installing one would change what every caller gets. Both are errors in the log.
"""

from __future__ import annotations

import importlib.metadata
import traceback
from collections.abc import Iterable, Iterator
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Final

import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime.actions.registry import Action, ActionRegistry, actions_of
from agent_runtime.actions.vocabulary import standard_registry

log: FilteringBoundLogger = structlog.get_logger()

GROUP: Final = "xagent.actions"

_FRAMES: Final = 3
"""What is above is the machinery of importing."""


def installed_registry(entry_points: Iterable[EntryPoint] | None = None) -> ActionRegistry:
    """Return the standard actions and those of every installed package.

    Of two packages that bring the same name, the one that comes first in the alphabet has it.
    """
    if entry_points is None:
        entry_points = importlib.metadata.entry_points(group=GROUP)
    found = {action.spec.name: action for action in standard_registry()}
    ours = set(found.values())
    for entry_point in sorted(entry_points, key=lambda each: (_package(each), each.name)):
        package = _package(entry_point)
        taken = []
        for action in _actions(entry_point):
            # A module that imports one of ours does not bring it.
            if action in ours:
                continue
            holder = found.get(action.spec.name)
            if holder is not None:
                _refuse(action, package, holder)
                continue
            found[action.spec.name] = action.brought_by(package)
            taken.append(action.spec.name)
        if taken:
            log.info("own actions", package=package, actions=taken)
    return ActionRegistry(found.values())


def _actions(entry_point: EntryPoint) -> Iterator[Action]:
    try:
        module = entry_point.load()
    except (Exception, SystemExit) as error:
        # Nothing of a page or a caller is in it yet, so it may be told whole.
        log.error(
            "a package of own actions cannot be imported: its actions are left out",
            package=_package(entry_point),
            entry_point=f"{entry_point.name} = {entry_point.value}",
            error=f"{type(error).__name__}: {error}",
            where="".join(traceback.format_tb(error.__traceback__)[-_FRAMES:]),
        )
        return
    actions = actions_of(module) if isinstance(module, ModuleType) else []
    if not actions:
        log.error(
            "a package of own actions has none: its entry point must name a module with "
            "functions under @action",
            package=_package(entry_point),
            entry_point=f"{entry_point.name} = {entry_point.value}",
        )
    yield from actions


def _refuse(action: Action, package: str, holder: Action) -> None:
    owner = holder.spec.package or "Xagent itself"
    log.error(
        f"an own action is left out, because {owner} has one of that name: rename it",
        package=package,
        action=action.spec.name,
    )


def _package(entry_point: EntryPoint) -> str:
    # Only one that was made by hand belongs to no distribution.
    return entry_point.dist.name if entry_point.dist is not None else entry_point.module
