"""What stands in a trace, for the tests that make one."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

from tests.agent_runtime.actions.asking import Asker
from xagent_protocol.outcomes import ArtifactRef, Outcome


@dataclass(frozen=True)
class ReadTrace:
    """A trace as a viewer reads it."""

    title: str
    actions: tuple[str, ...]
    """The names of its steps, Playwright's own or ours."""
    files: tuple[str, ...]

    @property
    def named(self) -> list[str]:
        """The names of our own actions among them."""
        return [name.partition(" (")[0] for name in self.actions if " (" in name]


def read_trace(content: bytes) -> ReadTrace:
    """Read the zip of a trace."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        names = file.namelist()
        events: list[dict[str, Any]] = [
            json.loads(line)  # a title may be half a surrogate pair, which msgspec refuses
            for name in sorted(names)
            if name.endswith("trace.trace")
            for line in file.read(name).splitlines()
        ]
    title = next(event.get("title", "") for event in events if event["type"] == "context-options")
    actions = (e.get("title") or e["method"] for e in events if e["type"] == "before")
    return ReadTrace(title, tuple(actions), tuple(names))


def kept_trace(asker: Asker, artifact: ArtifactRef) -> ReadTrace:
    """Read a trace that was handed over."""
    assert artifact.content_type == "application/zip"
    return read_trace(asker.artifacts.kept[artifact.artifact_id])


def own_trace(asker: Asker, outcome: Outcome) -> ReadTrace:
    """Read the trace of the command itself, the last that it hands over."""
    artifact = outcome.artifacts[-1]
    assert artifact.name.endswith(".trace.zip")
    return kept_trace(asker, artifact)


def files_left(asker: Asker) -> list[str]:
    """Return what lies where recordings are made, but for what Playwright counts on."""
    directory = asker.browser.recordings.directory
    return [
        str(path.relative_to(directory))
        for path in directory.rglob("*")
        if path.is_file() and path.parent.name != "resources"
    ]
