"""The way to a trace."""

from __future__ import annotations

import io
import zipfile

import httpx2
import pytest

from tests.orchestrator.api.conftest import TOKEN, Api
from tests.orchestrator.api.test_commands import problem


def zipped(*names: str) -> bytes:
    """Return a zip with files of these names."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name in names:
            file.writestr(name, "{}")
    return content.getvalue()


TRACE = zipped("trace.trace")


async def kept(api: Api, content: bytes) -> str:
    """Keep an artifact, and return its id."""
    uploaded = await api.client.post("/api/artifacts?name=trace.zip", content=content)
    return str(uploaded.json()["artifact_id"])


@pytest.fixture
async def signed_in(browser: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """A browser that is signed in."""
    await browser.post("/sign-in", data={"token": TOKEN})
    return browser


async def test_a_trace_opens_in_the_viewer(api: Api, signed_in: httpx2.AsyncClient) -> None:
    artifact_id = await kept(api, TRACE)

    opened = await signed_in.get(f"/traces/{artifact_id}")

    assert opened.status_code == 303
    location = f"/traces/viewer/index.html?trace=%2Ftraces%2F{artifact_id}%2Ftrace.zip"
    assert opened.headers["location"] == location
    viewer = await signed_in.get(location)
    assert viewer.status_code == 200
    assert "<title>Playwright Trace Viewer</title>" in viewer.text
    assert viewer.headers["cache-control"] == "no-cache"
    assert viewer.headers["x-content-type-options"] == "nosniff"
    assert viewer.headers["referrer-policy"] == "no-referrer"


async def test_its_bytes_come_as_a_download_that_no_browser_runs(
    api: Api, signed_in: httpx2.AsyncClient
) -> None:
    artifact_id = await kept(api, TRACE)

    got = await signed_in.get(f"/traces/{artifact_id}/trace.zip")

    assert got.content == TRACE
    assert got.headers["content-type"] == "application/zip"
    assert got.headers["content-disposition"] == 'attachment; filename="trace.zip"'
    assert got.headers["content-security-policy"].startswith("sandbox;")
    assert got.headers["cross-origin-resource-policy"] == "same-origin"


async def test_the_users_token_opens_it_too(api: Api) -> None:
    artifact_id = await kept(api, TRACE)

    assert (await api.client.get(f"/traces/{artifact_id}")).status_code == 303
    assert (await api.client.head(f"/traces/{artifact_id}/trace.zip")).status_code == 200


async def test_a_browser_that_is_not_signed_in_signs_in_first(
    api: Api, browser: httpx2.AsyncClient
) -> None:
    artifact_id = await kept(api, TRACE)

    opened = await browser.get(f"/traces/{artifact_id}")

    assert opened.status_code == 303
    assert opened.headers["location"] == f"/sign-in?next=/traces/{artifact_id}"
    bytes_ = await browser.get(f"/traces/{artifact_id}/trace.zip", headers={"Accept": "*/*"})
    problem(bytes_, 401, "unauthorized")
    for name in ("index.html", "sw.bundle.js"):
        file = await browser.get(f"/traces/viewer/{name}", headers={"Accept": "*/*"})
        problem(file, 401, "unauthorized")


@pytest.mark.parametrize("rest", ["", "/trace.zip"])
@pytest.mark.parametrize("content", [b"a picture", zipped("har.har"), b""])
async def test_an_artifact_that_is_no_trace_is_not_given_out(
    api: Api, signed_in: httpx2.AsyncClient, content: bytes, rest: str
) -> None:
    """Of all artifacts a browser that is signed in gets only those."""
    path = f"/traces/{await kept(api, content)}{rest}"

    told = await signed_in.get(path)

    assert told.status_code == 422
    assert "<h1>Not a trace</h1>" in told.text
    assert "script-src" not in told.headers["content-security-policy"]
    problem(await api.client.get(path), 422, "no_trace")


@pytest.mark.parametrize("rest", ["", "/trace.zip"])
@pytest.mark.parametrize("artifact_id", ["0" * 36, "x", "viewer", "..%2Ftoken", "<script>"])
async def test_an_unknown_artifact_is_404(
    api: Api, signed_in: httpx2.AsyncClient, artifact_id: str, rest: str
) -> None:
    told = await signed_in.get(f"/traces/{artifact_id}{rest}")

    assert told.status_code == 404
    assert "<script>" not in told.text


async def test_bytes_that_were_deleted_are_404(api: Api, signed_in: httpx2.AsyncClient) -> None:
    artifact_id = await kept(api, TRACE)
    for file in (api.data_dir / "artifacts").iterdir():
        file.unlink()

    told = await signed_in.get(f"/traces/{artifact_id}")

    assert told.status_code == 404
    assert "are gone" in told.text


@pytest.mark.parametrize(
    "path",
    ["nothing.js", "uiMode.html", "../token", "..%2f..%2ftoken", "assets", "%2Fetc%2Fpasswd"],
)
async def test_the_viewer_has_only_its_own_files(signed_in: httpx2.AsyncClient, path: str) -> None:
    told = await signed_in.get(f"/traces/viewer/{path}")

    assert told.status_code == 404


async def test_an_artifact_is_never_commanded_by_its_page(
    api: Api, signed_in: httpx2.AsyncClient
) -> None:
    path = f"/traces/{await kept(api, TRACE)}"

    assert (await signed_in.post(path)).status_code == 401
    problem(await api.client.post(path), 405, "method_not_allowed")
