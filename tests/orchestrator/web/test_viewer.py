"""The viewer's files, as they are served."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from orchestrator.errors import ViewerMissing
from orchestrator.web.viewer import GUARD, Viewer, installed_viewer

INLINE = "if (true) {}\n"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A viewer of few files."""
    (tmp_path / "assets").mkdir()
    for name, content in {
        "index.html": f"<script src=x.js></script><script>{INLINE}</script>",
        "snapshot.html": "<body></body>",
        "uiMode.html": "another program",
        "sw.bundle.js": "the worker",
        "manifest.webmanifest": "{}",
        "font.ttf": "font",
        "unknown.xyz": "?",
        "assets/code.js": "code",
        "assets/uiMode.js": "another program",
    }.items():
        (tmp_path / name).write_text(content)
    return tmp_path


def test_all_files_but_those_of_another_program_are_served(directory: Path) -> None:
    files = Viewer(directory).files

    assert {name: file.media_type for name, file in files.items()} == {
        "assets/code.js": "text/javascript",
        "font.ttf": "font/ttf",
        "index.html": "text/html",
        "manifest.webmanifest": "application/manifest+json",
        "snapshot.html": "text/html",
        "sw.bundle.js": "text/javascript",
        "unknown.xyz": "application/octet-stream",
    }


def test_pages_run_their_own_scripts_only_and_are_framed_by_nobody(directory: Path) -> None:
    files = Viewer(directory).files
    policy = files["index.html"].headers["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'; script-src 'self' 'sha256-")
    assert "'unsafe-inline'" not in policy.partition("style-src")[0]
    assert "unsafe-eval" not in policy
    assert "connect-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert "script-src 'self';" in files["snapshot.html"].headers["Content-Security-Policy"]
    assert files["index.html"].headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert files["index.html"].headers["Cache-Control"] == "no-cache"


def test_the_worker_begins_with_our_guard_and_reaches_only_us(directory: Path) -> None:
    worker = Viewer(directory).files["sw.bundle.js"]

    assert worker.content == GUARD.encode() + b"the worker"
    assert worker.headers["Cache-Control"] == "no-cache"
    assert "connect-src 'self'" in worker.headers["Content-Security-Policy"]


@pytest.mark.parametrize("place", [None, Path("nowhere")])
def test_a_viewer_that_is_not_there_is_told(place: Path | None) -> None:
    with pytest.raises(ViewerMissing, match="install the Python package `playwright`"):
        _ = Viewer(place).files


def test_the_one_that_is_installed_is_found_without_importing_playwright() -> None:
    before = set(sys.modules)

    files = installed_viewer().files

    assert {"index.html", "snapshot.html", "sw.bundle.js"} <= set(files)
    assert not {name for name in set(sys.modules) - before if name.startswith("playwright")}
    # What the policy of the pages is made for.
    assert b"<script>" in files["index.html"].content
    assert "'sha256-" in files["index.html"].headers["Content-Security-Policy"]
