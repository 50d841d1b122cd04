"""Chunks of a trace in one file."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from agent_runtime.browser.trace_file import join_traces


def chunk(path: Path, **entries: str) -> Path:
    """Write a trace with *entries*, whose names have a dot for each two underscores."""
    with zipfile.ZipFile(path, "w") as file:
        for name, content in entries.items():
            file.writestr(name.replace("__", "."), content)
    return path


def test_chunks_stand_side_by_side_and_share_what_they_name(tmp_path: Path) -> None:
    chunks = [
        chunk(tmp_path / "1", trace__trace="one", trace__network="n1", picture__png="same"),
        chunk(tmp_path / "2", trace__trace="two", trace__network="n1n2", picture__png="same"),
    ]

    join_traces(chunks, tmp_path / "whole")

    with zipfile.ZipFile(tmp_path / "whole") as whole:
        content = {name: whole.read(name).decode() for name in whole.namelist()}
    assert content == {
        "0-trace.trace": "one",
        "1-trace.trace": "two",
        "1-trace.network": "n1n2",
        "picture.png": "same",
    }
    assert next(iter(content)).endswith(".trace")


def test_what_is_no_zip_cannot_be_joined(tmp_path: Path) -> None:
    (tmp_path / "1").write_text("no zip")

    with pytest.raises(zipfile.BadZipFile):
        join_traces([tmp_path / "1"], tmp_path / "whole")
