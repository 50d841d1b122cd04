"""The example package, installed beside an agent: its actions are everywhere that ours are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tests.end_to_end.fleet import REPOSITORY, Fleet
from tests.site.server import Site
from xagent_client import Client, CommandFailed

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EXAMPLE = REPOSITORY / "examples" / "own_actions"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the example into a throwaway place, from a copy, without asking any index."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "bookshop_actions.py"):
        (source / name).write_bytes((EXAMPLE / name).read_bytes())
    wheels, place = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(wheels)]
    done = subprocess.run([*build, str(source)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = wheels.iterdir()
    # A wheel of plain Python is installed by being unpacked; not every environment has pip.
    with ZipFile(wheel) as archive:
        archive.extractall(place)
    return place


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> Iterator[Fleet]:
    """An orchestrator, an agent with the package, and one without it."""
    fleet = Fleet(tmp_path_factory.mktemp("fleet"))
    fleet.start_orchestrator()
    fleet.start_agent("clerk", beside=installed)
    fleet.start_agent("other")
    try:
        fleet.until_ready("clerk", "other")
        yield fleet
    finally:
        fleet.end()


@pytest.fixture
def client(shop: Fleet) -> Iterator[Client]:
    """The SDK."""
    with Client(shop.url, data_dir=shop.data_dir) as client:
        yield client


def xagent(shop: Fleet, *arguments: str) -> str:
    """Run the command line and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "xagent_client.cli.main", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "XAGENT_DATA_DIR": str(shop.data_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_they_are_announced_by_the_agent_that_has_them(shop: Fleet) -> None:
    def own(agent: str) -> dict[str, Any]:
        items = shop.get(f"/api/agents/{agent}/actions")["items"]
        return {each["name"]: each for each in items if each["package"] is not None}

    assert set(own("clerk")) == {"list_books", "order_book"}
    assert own("clerk")["list_books"]["package"] == "xagent-bookshop"
    assert own("clerk")["list_books"]["family"] == "bookshop"
    assert own("other") == {}


def test_one_reads_a_page(client: Client, site: Site) -> None:
    clerk = client.agent("clerk")
    clerk.goto(site.url("/bookshop"))

    books = clerk.run("list_books", below=20)

    assert books.succeeded, books.error
    assert books.idempotent
    assert books.result == [
        {"title": "Middlemarch", "price": 12.5, "is_sold_out": False},
        {"title": "Emma", "price": 9.0, "is_sold_out": True},
    ]


def test_one_writes_and_leaves_an_artifact(client: Client, site: Site) -> None:
    clerk = client.agent("clerk")
    clerk.goto(site.url("/bookshop"))

    order = clerk.run("order_book", title="Middlemarch", copies=2)

    assert order.succeeded, order.error
    assert order.result["number"] == "B-1"
    assert not order.idempotent
    assert client.artifact(order.artifacts[0]).decode() == "2 × Middlemarch: € 25.00"
    assert order.result["receipt"]["artifact_id"] == order.artifacts[0].artifact_id


def test_they_fail_with_a_code_of_their_own(client: Client, site: Site) -> None:
    clerk = client.agent("clerk")
    clerk.goto(site.url("/bookshop"))

    order = clerk.run("order_book", title="Emma")

    assert order.error is not None
    assert (order.error.code, order.effect) == ("book_not_there", "none")
    assert order.error.message == "'Emma' cannot be ordered: list_books tells what can"


def test_they_have_the_same_deadline(client: Client, site: Site) -> None:
    clerk = client.agent("clerk")
    clerk.set_content("<div class=book data-price=1><h2>Emma</h2><input><button>No</button></div>")

    order = clerk.run("order_book", title="Emma", timeout=1)

    assert order.state == "timed_out"
    assert clerk.title() == ""


def test_their_params_are_checked_before_the_agent_is_asked(shop: Fleet) -> None:
    with shop.client() as client:
        body = {"action": "order_book", "params": {"title": "Emma", "copies": 11}}
        answer = client.post("/api/agents/clerk/commands", json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "params.copies"


def test_they_are_parts_of_a_batch(client: Client, site: Site) -> None:
    steps = client.agent("clerk").batch(
        [
            {"action": "goto", "params": {"url": site.url("/bookshop")}},
            {"action": "list_books"},
            {
                "action": "order_book",
                "params": {"title": {"$step": 1, "path": "result.1.title"}},
            },
        ]
    )

    assert [each.state for each in steps.steps] == ["succeeded"] * 3


def test_they_are_in_the_openapi_document_for_the_user(shop: Fleet) -> None:
    document = shop.get("/openapi.json")

    request = document["components"]["schemas"]["order_book.request"]
    assert request["x-xagent-action"]["package"] == "xagent-bookshop"
    assert document["components"]["schemas"]["order_book.result"]["title"] == "Order"


def test_the_command_line_lists_explains_and_runs_them(shop: Fleet, site: Site) -> None:
    listed = xagent(shop, "actions", "clerk")
    explained = xagent(shop, "actions", "clerk", "order_book")
    xagent(shop, "run", "clerk", "goto", f"url={site.url('/bookshop')}")
    books = json.loads(xagent(shop, "run", "clerk", "list_books", "below=10"))

    assert "bookshop (of xagent-bookshop)\n  list_books" in listed
    assert "run clerk order_book title=Middlemarch copies=2" in explained
    assert [each["title"] for each in books] == ["Emma"]


def test_the_agent_without_the_package_refuses_them(client: Client) -> None:
    with pytest.raises(Exception, match="knows no action 'list_books'") as refused:
        client.agent("other").run("list_books")

    assert not isinstance(refused.value, CommandFailed)
