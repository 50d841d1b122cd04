"""The dashboard's files as they are served, and what may not be in them."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from orchestrator.errors import RouteUnknown
from orchestrator.web.dashboard import DIRECTORY, INDEX, POLICY, DashboardPages

SOURCES = sorted(path for path in DIRECTORY.iterdir() if path.suffix in (".js", ".html", ".svg"))

INTO_MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|DOMParser|createContextualFragment"
    r"|\beval\(|new Function|javascript:|setAttribute\(['\"]on|\bon[a-z]+=[\"']"
)


async def asked(name: str | None = None, **headers: str) -> Response:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "path_params": {} if name is None else {"name": name},
        "headers": [
            (key.replace("_", "-").encode(), value.encode()) for key, value in headers.items()
        ],
    }
    pages = DashboardPages()
    return await (pages.page if name is None else pages.file)(Request(scope))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_file_makes_markup_or_code_out_of_a_string(path: Path) -> None:
    assert not INTO_MARKUP.findall(path.read_text())


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_nothing_is_loaded_from_elsewhere(path: Path) -> None:
    found = re.findall(r"""(?:src|href|from|import)\s*[=(]?\s*['"](https?:)?//""", path.read_text())

    assert not found


def test_the_page_announces_each_module_that_it_will_need() -> None:
    announced = re.findall(
        r'modulepreload" href="/dashboard/([^"]+)"', (DIRECTORY / INDEX).read_text()
    )

    assert sorted(announced) == [path.name for path in SOURCES if path.suffix == ".js"]


def test_every_module_is_imported_by_another() -> None:
    modules = {path.name for path in SOURCES if path.suffix == ".js"}
    imported = {
        name
        for path in SOURCES
        for name in re.findall(r"(?:from|import) '\./([^']+)'", path.read_text())
    }

    assert modules - {"main.js"} == imported


async def test_the_page_may_load_and_run_nothing_but_our_own_files() -> None:
    page = await asked()

    assert page.headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert page.headers["content-type"].startswith("text/html")


async def test_a_file_that_has_not_changed_is_not_sent_again() -> None:
    first = await asked("main.js")

    again = await asked("main.js", if_none_match=first.headers["etag"])

    assert (again.status_code, again.body) == (304, b"")
    assert first.headers["cache-control"] == "no-cache"


async def test_a_file_goes_out_compressed_to_whoever_can_read_that() -> None:
    plain, compressed = await asked("main.js"), await asked("main.js", accept_encoding="br, gzip")

    assert gzip.decompress(compressed.body) == plain.body == (DIRECTORY / "main.js").read_bytes()
    assert compressed.headers["content-encoding"] == "gzip"
    assert compressed.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("name", ["none.js", "types.d.ts", "../__init__.py", ""])
async def test_what_is_no_file_of_the_page_is_not_there(name: str) -> None:
    with pytest.raises(RouteUnknown):
        await asked(name)


async def test_the_whole_dashboard_is_less_than_150_kb() -> None:
    files = DashboardPages().files

    assert sum(len(file.compressed) for file in files.values()) < 150_000
