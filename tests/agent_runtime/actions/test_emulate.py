"""Pages that take their browser for another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from tests.agent_runtime.actions.asking import Asker, code_of
from tests.site import Site
from xagent_protocol.outcomes import Effect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SEEN = """() => ({
    agent: navigator.userAgent,
    platform: navigator.platform,
    mobile: navigator.userAgentData?.mobile,
    language: navigator.language,
    number: (1234.5).toLocaleString(),
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    width: innerWidth,
    height: innerHeight,
    scale: devicePixelRatio,
    touch: navigator.maxTouchPoints > 0,
})"""


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def clean(asker: Asker) -> AsyncIterator[None]:
    """The browser is in no other place after a test."""
    yield
    await asker.get("set_geolocation")
    await asker.get("clear_permissions")


async def seen(asker: Asker, page: str) -> dict[str, Any]:
    """Return what the page's scripts find."""
    result = await asker.get("evaluate", expression=SEEN, page=page)
    assert isinstance(result, dict)
    return result


async def heard(asker: Asker, page: str, url: str) -> dict[str, str]:
    """Return the headers with which the page asks for *url*, where it goes."""
    await asker.get("goto", url=url, page=page)
    text: Any = await asker.get("inner_text", target="body", page=page)
    headers: dict[str, str] = msgspec.json.decode(text)["headers"]
    return headers


async def test_a_page_has_the_size_that_it_is_given(asker: Asker, page: str) -> None:
    await asker.get("set_viewport_size", width=640, height=480, page=page)

    found = await seen(asker, page)

    assert (found["width"], found["height"]) == (640, 480)


@pytest.mark.slow
async def test_a_user_agent_holds_wherever_the_page_goes(
    asker: Asker, site: Site, page: str
) -> None:
    """To another site, and so into another process, and back."""
    before = await seen(asker, page)
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0.0.0 Safari/537.36"
    await asker.get("set_user_agent", user_agent=agent, page=page)

    for url in (site.url("/echo"), site.elsewhere("/echo"), site.url("/echo?again")):
        headers = await heard(asker, page, url)
        found = await seen(asker, page)
        assert headers["user-agent"] == found["agent"] == agent
        assert headers["sec-ch-ua-platform"] == '"Windows"'
        assert (found["platform"], found["mobile"]) == ("Win32", False)
    await asker.get("set_user_agent", user_agent=None, page=page)
    after = await heard(asker, page, site.elsewhere("/echo"))

    assert (await seen(asker, page))["agent"] == after["user-agent"] == before["agent"]


@pytest.mark.slow
async def test_language_and_time_zone_hold_wherever_the_page_goes(
    asker: Asker, site: Site, page: str
) -> None:
    await asker.get("set_locale", locale="de-DE", page=page)
    await asker.get("set_timezone", timezone="Asia/Tokyo", page=page)

    for url in (site.url("/echo"), site.elsewhere("/echo"), site.url("/echo?again")):
        headers = await heard(asker, page, url)
        found = await seen(asker, page)
        assert headers["accept-language"].startswith("de-DE")
        assert (found["language"], found["number"], found["zone"]) == (
            "de-DE",
            "1.234,5",
            "Asia/Tokyo",
        )
    await asker.get("set_locale", locale=None, page=page)
    await asker.get("set_timezone", timezone=None, page=page)
    await heard(asker, page, site.url("/echo"))

    found = await seen(asker, page)
    assert (found["language"], found["number"], found["zone"] == "Asia/Tokyo") == (
        "en-US",
        "1,234.5",
        False,
    )


@pytest.mark.slow
async def test_two_pages_of_one_site_have_languages_of_their_own(
    asker: Asker, site: Site, page: str
) -> None:
    other: Any = await asker.get("new_page", url=site.url("/form"))
    await asker.get("goto", url=site.url("/form"), page=page)

    await asker.get("set_locale", locale="de-DE", page=page)
    await asker.get("set_locale", locale="fr-FR", page=other["id"])

    assert (await seen(asker, page))["language"] == "de-DE"
    assert (await seen(asker, other["id"]))["language"] == "fr-FR"


@pytest.mark.slow
async def test_pages_that_share_a_process_cannot_differ_in_language(
    asker: Asker, site: Site, page: str
) -> None:
    await asker.get("goto", url=site.url("/form"), page=page)
    await asker.get("set_locale", locale="de-DE", page=page)
    await asker.get("evaluate", expression="void window.open('/form')", page=page)
    popup: Any = await asker.get("wait_for_new_page", since=page)

    outcome = await asker.ask("set_locale", locale="fr-FR", page=popup["id"])

    assert code_of(outcome) == "not_actionable"
    assert outcome.effect is Effect.NONE
    assert (await seen(asker, page))["language"] == "de-DE"


@pytest.mark.slow
async def test_a_device_holds_wherever_the_page_goes(asker: Asker, site: Site, page: str) -> None:
    device = await asker.get("emulate_device", name="pixel 7", page=page)

    assert isinstance(device, dict)
    assert (device["width"], device["height"]) == (412, 839)
    for url in (site.url("/narrow"), site.elsewhere("/narrow"), site.url("/narrow?again")):
        await asker.get("goto", url=url, page=page)
        found = await seen(asker, page)
        assert found | {"language": "", "number": "", "zone": ""} == {
            "agent": device["user_agent"],
            "platform": "Linux armv81",
            "mobile": True,
            "language": "",
            "number": "",
            "zone": "",
            "width": 412,
            "height": 839,
            "scale": 2.625,
            "touch": True,
        }


@pytest.mark.slow
async def test_a_picture_of_the_whole_page_leaves_the_device_as_it_is(
    asker: Asker, site: Site, page: str
) -> None:
    await asker.get("emulate_device", name="Pixel 7", page=page)
    await asker.get("goto", url=site.url("/narrow"), page=page)

    await asker.get("screenshot", full_page=True, page=page)

    found = await seen(asker, page)
    assert (found["width"], found["scale"]) == (412, 2.625)


@pytest.mark.slow
async def test_a_device_can_be_turned(asker: Asker, site: Site, page: str) -> None:
    await asker.get("emulate_device", name="Pixel 7", page=page)
    await asker.get("goto", url=site.url("/narrow"), page=page)

    await asker.get("set_viewport_size", width=839, height=412, page=page)

    found = await seen(asker, page)
    assert (found["width"], found["height"], found["scale"]) == (839, 412, 2.625)


@pytest.mark.slow
async def test_a_page_comes_back_to_what_it_was(asker: Asker, site: Site, page: str) -> None:
    await asker.get("goto", url=site.url("/narrow"), page=page)
    before = await seen(asker, page)
    await asker.get("set_user_agent", user_agent="Mine/1", page=page)
    await asker.get("emulate_device", name="iPhone 13", page=page)
    mine = await seen(asker, page)

    reset: Any = await asker.get("emulate_device", name=None, page=page)
    await asker.get("set_user_agent", user_agent=None, page=page)
    for url in (site.elsewhere("/narrow"), site.url("/narrow")):
        await asker.get("goto", url=url, page=page)
        assert await seen(asker, page) == before

    assert mine["agent"] == "Mine/1"
    assert reset | {"user_agent": ""} == {
        "device": None,
        "user_agent": "",
        "width": 1280,
        "height": 720,
    }


async def test_a_page_comes_back_from_a_device_of_its_own_size(asker: Asker, page: str) -> None:
    before = await seen(asker, page)

    await asker.get("emulate_device", name="Desktop Chrome HiDPI", page=page)
    await asker.get("emulate_device", name=None, page=page)

    assert await seen(asker, page) == before


async def test_an_unknown_device_names_the_nearest(asker: Asker, page: str) -> None:
    outcome = await asker.ask("emulate_device", name="iPhone 13 Bro", page=page)

    assert code_of(outcome) == "invalid_params"
    assert outcome.error is not None
    assert outcome.error.details is not None
    nearest = outcome.error.details["nearest"]
    assert isinstance(nearest, list)
    assert len(nearest) == 5
    assert "iPhone 13 Pro" in nearest


async def test_media_change_one_by_one_and_are_reset(asker: Asker, site: Site, page: str) -> None:
    async def found() -> object:
        queries = ["print", "(prefers-color-scheme: dark)", "(prefers-reduced-motion: reduce)"]
        script = "queries => queries.map(one => matchMedia(one).matches)"
        return await asker.get("evaluate", expression=script, arg=queries, page=page)

    await asker.get("emulate_media", media="print", color_scheme="dark", page=page)
    first = await found()
    await asker.get("goto", url=site.elsewhere("/form"), page=page)
    await asker.get("emulate_media", reduced_motion="reduce", color_scheme=None, page=page)
    second = await found()
    await asker.get("emulate_media", media=None, reduced_motion=None, contrast="more", page=page)

    assert first == [True, True, False]
    assert second == [True, False, True]
    assert await found() == [False, False, False]


async def test_the_browser_is_where_it_is_said_to_be(asker: Asker, site: Site, page: str) -> None:
    where = """new Promise((found, not) => navigator.geolocation.getCurrentPosition(
        one => found([one.coords.latitude, one.coords.longitude, one.coords.accuracy]), not))"""
    await asker.get("grant_permissions", permissions=["geolocation"])
    await asker.get("set_geolocation", latitude=48.2, longitude=16.4, accuracy=5)

    await asker.get("goto", url=site.url("/form"), page=page)

    assert await asker.get("evaluate", expression=where, page=page) == [48.2, 16.4, 5]


@pytest.mark.parametrize(
    ("action", "params"),
    [
        ("set_viewport_size", {"width": 0, "height": 1}),
        ("set_locale", {"locale": "not a tag"}),
        ("set_locale", {}),
        ("set_timezone", {"timezone": "Mars/Base"}),
        ("set_user_agent", {"user_agent": ""}),
        ("set_user_agent", {"user_agent": "a\nb"}),
        ("emulate_media", {"color_scheme": "green"}),
        ("set_geolocation", {"latitude": 91, "longitude": 0}),
        ("set_geolocation", {"latitude": 1}),
    ],
)
async def test_what_makes_no_sense_is_refused(
    asker: Asker, page: str, action: str, params: dict[str, Any]
) -> None:
    outcome = await asker.ask(action, page=page, **params)

    assert code_of(outcome) == "invalid_params"


async def test_a_time_zone_that_is_none_leaves_the_one_that_is_set(asker: Asker, page: str) -> None:
    await asker.get("set_timezone", timezone="Asia/Tokyo", page=page)

    outcome = await asker.ask("set_timezone", timezone="Mars/Base", page=page)

    assert code_of(outcome) == "invalid_params"
    assert (await seen(asker, page))["zone"] == "Asia/Tokyo"
