"""The README is run: what it tells a newcomer to type answers in the shape that it shows.

`make up` is stood in for by the line of the Makefile behind it, in an empty directory and on a
free port, so that nothing of the person who runs the tests is touched. Addresses of the public
web are answered by a page of our own.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
RECIPE: Final = "xagent up --data-dir .xagent"
IS_UP: Final = "orchestrator's own health check"

_PAGE: Final = b"<!doctype html><title>Example Domain</title><h1>Example Domain</h1>"
_UP_SECONDS: Final = 40.0
_BLOCK: Final = re.compile(r"^```(console|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass(frozen=True)
class Step:
    """One thing to type, and what the README says comes back."""

    typed: str
    shown: str


@dataclass(frozen=True)
class Running:
    """An `xagent up`: what it printed, and where it is."""

    directory: Path
    banner: str
    url: str


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """Serve the page that stands for all of the public web."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run what `make up` runs, as in a fresh checkout, and stop it by Ctrl-C."""
    directory = tmp_path_factory.mktemp("checkout")
    (directory / ".venv").symlink_to(Path(sys.executable).parent.parent)
    printed = directory / "up.log"
    with printed.open("w", encoding="utf-8") as log:
        command = [".venv/bin/xagent", *RECIPE.split()[1:], "--port", "0"]
        process = subprocess.Popen(
            command, cwd=directory, env=_environment(), stdout=log, stderr=subprocess.STDOUT
        )
        try:
            banner = _banner(printed, process)
            url = json.loads((directory / ".xagent/orchestrator.json").read_text())["url"]
            yield Running(directory, banner, url)
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0


def test_make_up_runs_what_is_tested_here() -> None:
    assert RECIPE in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_readme_shows_what_make_up_prints(running: Running) -> None:
    (shown,) = (step.shown for step in _steps("console") if step.typed == "make up")

    printed = running.banner.replace(running.url, "http://127.0.0.1:8000")
    # The interpreter of the tests is reached by another path than the one of a checkout.
    printed = printed.replace(str(Path(sys.executable).with_name("python")), ".venv/bin/python")

    assert _shape(printed) == _shape(shown)


def test_the_three_printed_commands_are_those_of_the_readme() -> None:
    steps = _steps("console")
    (banner,) = (step.shown for step in steps if step.typed == "make up")
    printed = [line.strip() for line in banner.splitlines()[-3:]]

    assert [step.typed for step in steps[1:4]] == printed


def test_what_the_readme_types_answers_as_it_shows(running: Running, site: str) -> None:
    steps = [step for step in _steps("console") if step.typed != "make up"]
    assert len(steps) > 5

    variables = ""
    for step in steps:
        if re.match(r"[A-Z]+=", step.typed):
            variables += f"{step.typed}; "
            continue
        answered = _run(variables + step.typed, running, site)
        assert _shape(answered) == _shape(step.shown.replace("https://example.com/", site)), (
            f"{step.typed}\nanswered\n{answered}"
        )


def test_the_python_of_the_readme_runs(running: Running, site: str) -> None:
    for step in _steps("python"):
        (running.directory / "tour.py").write_text(step.typed.replace("https://example.com/", site))

        answered = _run(".venv/bin/python tour.py", running, site)

        assert answered.startswith("200 Example Domain\n")
        assert (running.directory / "shot.png").read_bytes().startswith(b"\x89PNG")


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(_PAGE)))
        self.end_headers()
        self.wfile.write(_PAGE)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def _steps(language: str) -> list[Step]:
    blocks = [text for kind, text in _BLOCK.findall(README) if kind == language]
    if language == "python":
        return [Step(text, "") for text in blocks]
    steps = []
    for text in blocks:
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            typed, _, shown = part.partition("\n")
            steps.append(Step(typed, shown))
    return steps


def _run(command: str, running: Running, site: str) -> str:
    here = command.replace("http://127.0.0.1:8000", running.url)
    done = subprocess.run(
        ["bash", "-c", here.replace("https://example.com/", site)],
        cwd=running.directory,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=40,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return done.stdout.replace(running.url, "http://127.0.0.1:8000")


def _banner(printed: Path, process: subprocess.Popen[bytes]) -> str:
    text = ""
    deadline = time.monotonic() + _UP_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        # By a file of our own: to move about in the one that is written would move the writer.
        text = printed.read_text(encoding="utf-8")
        # Under the sentence come three commands and an empty line.
        if IS_UP in text and text.partition(IS_UP)[2].count("\n") >= 6:
            return text
        time.sleep(0.05)
    raise AssertionError(f"xagent up did not come up:\n{text}")


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XAGENT_")}
    # The browser of the machine may have been named explicitly; that choice stays.
    named = {name: os.environ[name] for name in ("XAGENT_BROWSER",) if name in os.environ}
    return {**kept, **named, "PYTHONIOENCODING": "utf-8", "NO_PROXY": "127.0.0.1"}


def _shape(text: str) -> object:
    """Return what is left of an output without ids, numbers, widths and versions."""
    try:
        return _json_shape(json.loads(text))
    except json.JSONDecodeError:
        pass
    text = re.sub(r"/sign-in/[\w-]+", "/sign-in/code", text)
    lines = [re.sub(r"[ ─]+", " ", re.sub(r"\d[\d.,]*", "0", line)) for line in text.splitlines()]
    joined = "\n".join(line.strip() for line in lines if line.strip())
    return re.sub(r"\b(google|microsoft|chrome)\b", "chromium", joined)


def _json_shape(value: Any) -> object:
    match value:
        case dict():
            return {key: _json_shape(inner) for key, inner in value.items()}
        case list():
            return [_json_shape(inner) for inner in value]
        case str() if re.search(r"\d", value) and "/" not in value:
            return "something with a number"
        case bool() | str():
            return value
        case int() | float():
            return "number"
    return None
