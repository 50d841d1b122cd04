"""Let a page take its browser for another: device, screen, language, time zone, place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from playwright.async_api import Error, Geolocation

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.network import own_session
from agent_runtime.actions.registry import action
from agent_runtime.browser.emulation import Device
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

_NEAREST: Final = 5
_TAKEN: Final = "override is already in effect"

Side = Annotated[int, Meta(ge=1, le=10_000)]

Media = Literal["screen", "print"]
ColorScheme = Literal["light", "dark", "no-preference"]
ReducedMotion = Literal["reduce", "no-preference"]
ForcedColors = Literal["active", "none"]
Contrast = Literal["more", "no-preference"]


class EmulatedDevice(Struct, frozen=True):
    """What the page finds now; *device* is null where it is the browser itself."""

    device: str | None
    user_agent: str
    width: int | None
    height: int | None


@action(family="emulate", reads=False, example={"width": 1920, "height": 1080})
async def set_viewport_size(call: Call, *, width: Side, height: Side) -> None:
    """Give the page another size, in CSS pixels, as long as the page is open."""
    await call.tab.emulation.set_viewport(own_session(call), width, height)


@action(family="emulate", reads=False, example={"name": "iPhone 15"})
async def emulate_device(
    call: Call,
    *,
    name: Annotated[str, Meta(max_length=100, description="As Playwright calls it; null resets.")]
    | None,
) -> EmulatedDevice:
    """Make the page believe that it is on another device: screen, touch, user agent.

    Holds for this page through all its navigations, as long as it is open; not for pages that it
    opens. A page that was loaded before sees some of it only after `reload`. A user agent that was
    set by `set_user_agent` stays. Chromium it is nevertheless, an iPhone's Safari only by name.
    """
    device = _device(call, name) if name is not None else None
    await call.tab.emulation.set_device(own_session(call), device)
    size = call.page.viewport_size
    width, height = device.viewport if device is not None else (None, None)
    return EmulatedDevice(
        name,
        call.tab.emulation.now.user_agent
        or (device.user_agent if device is not None else await call.browser.user_agent()),
        size["width"] if size is not None else width,
        size["height"] if size is not None else height,
    )


@action(family="emulate", reads=False, example={"color_scheme": "dark"})
async def emulate_media(
    call: Call,
    *,
    media: Media | UnsetType | None = UNSET,
    color_scheme: ColorScheme | UnsetType | None = UNSET,
    reduced_motion: ReducedMotion | UnsetType | None = UNSET,
    forced_colors: ForcedColors | UnsetType | None = UNSET,
    contrast: Contrast | UnsetType | None = UNSET,
) -> None:
    """Let the page's style sheets find another medium, or other wishes of its reader.

    What is left out stays as it is, null resets it. Holds as long as the page is open.
    """
    await call.page.emulate_media(
        media=_or_reset(media),
        color_scheme=_or_reset(color_scheme),
        reduced_motion=_or_reset(reduced_motion),
        forced_colors=_or_reset(forced_colors),
        contrast=_or_reset(contrast),
    )


@action(
    family="emulate",
    reads=False,
    on_page=False,
    example={"latitude": 48.2082, "longitude": 16.3738},
)
async def set_geolocation(
    call: Call,
    *,
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None,
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None,
    accuracy: Annotated[float, Meta(ge=0, description="In metres.")] = 0,
) -> None:
    """Let the browser be at another place; without latitude and longitude, where it is.

    Holds for every page of the browser, isolated ones and those to come too, until the agent ends.
    A site sees it only if it may: see `grant_permissions`, with geolocation.
    """
    if (latitude is None) != (longitude is None):
        raise _invalid("longitude: give latitude and longitude, or neither")
    place = None
    if latitude is not None and longitude is not None:
        place = Geolocation(latitude=latitude, longitude=longitude, accuracy=accuracy)
    await call.browser.conditions.set_geolocation(place, call.browser.contexts)


@action(family="emulate", reads=False, example={"locale": "de-AT"})
async def set_locale(
    call: Call,
    *,
    locale: Annotated[
        str, Meta(min_length=2, max_length=50, description="A tag of BCP 47; null resets.")
    ]
    | None,
) -> None:
    """Put the page into another language and country: what it asks sites for, and its formats.

    Holds for this page through all its navigations, as long as it is open; not for pages that it
    opens. What is loaded already was loaded in the other language: `reload` it.
    """
    with _explained(call, "locale", locale):
        await call.tab.emulation.set_locale(own_session(call), locale)


@action(family="emulate", reads=False, example={"timezone": "Europe/Vienna"})
async def set_timezone(
    call: Call,
    *,
    timezone: Annotated[
        str, Meta(min_length=1, max_length=100, description="A name of IANA's; null resets.")
    ]
    | None,
) -> None:
    """Put the page into another time zone.

    Holds for this page through all its navigations, as long as it is open; not for pages that it
    opens.
    """
    with _explained(call, "timezone", timezone):
        await call.tab.emulation.set_timezone(own_session(call), timezone)


@action(family="emulate", reads=False, example={"user_agent": "ShopCheck/1.0"})
async def set_user_agent(
    call: Call,
    *,
    user_agent: Annotated[
        str, Meta(min_length=1, max_length=1_000, description="All of it; null resets.")
    ]
    | None,
) -> None:
    """Let the page's browser call itself something else, to sites and to scripts.

    Platform and client hints follow as far as they can be read from it. Holds for this page
    through all its navigations, as long as it is open; not for pages that it opens.
    """
    if user_agent is not None and not user_agent.isprintable():
        raise _invalid("user_agent: it has characters that no header can carry")
    with _explained(call, "user_agent", user_agent):
        await call.tab.emulation.set_user_agent(own_session(call), user_agent)


@contextmanager
def _explained(call: Call, param: str, value: str | None) -> Iterator[None]:
    try:
        yield
    except Error as error:
        if _TAKEN in error.message:
            raise ActionFailed(
                ErrorCode.NOT_ACTIONABLE,
                f"{param}: page {call.tab.id} shares its process with one that it opened, or that "
                "opened it, and there another is set: reset it there, or use a page of new_page",
                effect=Effect.NONE,
            ) from error
        if "Invalid" in error.message:
            raise _invalid(f"{param}: the browser knows no {value!r}") from error
        raise


def _device(call: Call, name: str) -> Device:
    devices = call.browser.devices
    known = next((one for one in devices if one.casefold() == name.casefold()), None)
    if known is None:
        near = get_close_matches(name, devices, n=_NEAREST, cutoff=0.0)
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS,
            f"name: there is no device {name!r}: the nearest are {', '.join(near)}",
            details={"nearest": near},
        )
    return _described(devices[known])


def _described(one: Any) -> Device:
    viewport = (one["viewport"]["width"], one["viewport"]["height"])
    screen = one.get("screen")
    return Device(
        one["user_agent"],
        viewport,
        (screen["width"], screen["height"]) if screen is not None else viewport,
        one["device_scale_factor"],
        one["is_mobile"],
        one["has_touch"],
    )


def _or_reset(value: Any) -> Any:
    """Return *value* in Playwright's words, in which nothing is no change, and a word the reset."""
    if value is UNSET:
        return None
    return "null" if value is None else value


def _invalid(message: str) -> ActionFailed:
    return ActionFailed(ErrorCode.INVALID_PARAMS, message)
