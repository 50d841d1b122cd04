"""The oracle: what it writes down of what reaches it."""

from __future__ import annotations

from pathlib import Path

import httpx2

from chaos.history import FILE_NAME, History, read
from chaos.records import Begun, Ended
from chaos.site import FLOOR_WIDTH, Site, place_on_floor


def browser(site: Site) -> httpx2.Client:
    """Return what stands for a page that works on the site."""
    return httpx2.Client(base_url=site.url, trust_env=False)


def test_an_execution_is_counted_once_however_often_its_request_is_sent(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with History(path) as history, Site(history) as site, browser(site) as page:
        for word, nonce in (("begun", "a"), ("begun", "a"), ("ended", "a"), ("begun", "b")):
            page.post(f"/{word}?id=r1&nonce={nonce}").raise_for_status()

    told = [
        (type(record), record.nonce)
        for record in read(path)
        if isinstance(record, Begun | Ended) and record.request_id == "r1"
    ]

    assert told == [(Begun, "a"), (Ended, "a"), (Begun, "b")]


def test_a_page_in_a_browser_that_was_just_started_may_tell_it_too(tmp_path: Path) -> None:
    with History(tmp_path / FILE_NAME) as history, Site(history) as site, browser(site) as page:
        answer = page.post("/begun?id=r1&nonce=a", headers={"Origin": "null"})

    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_place_on_the_floor_is_a_number() -> None:
    places = [place_on_floor(number) for number in (0, 1, FLOOR_WIDTH, 500_000)]

    assert [place["y"] * FLOOR_WIDTH + place["x"] for place in places] == [0, 1, 1200, 500_000]
    assert all(place["x"] < FLOOR_WIDTH for place in places)
