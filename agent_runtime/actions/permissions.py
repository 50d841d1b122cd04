"""What sites may use without asking a person: their place, the camera, the clipboard."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.http import origin_of
from agent_runtime.actions.registry import action
from agent_runtime.actions.urls import Url
from agent_runtime.browser.conditions import EVERYWHERE
from xagent_protocol.errors import ErrorCode

Permission = Literal[
    "accelerometer",
    "ambient-light-sensor",
    "background-sync",
    "camera",
    "clipboard-read",
    "clipboard-write",
    "geolocation",
    "gyroscope",
    "local-fonts",
    "local-network-access",
    "magnetometer",
    "microphone",
    "midi",
    "midi-sysex",
    "notifications",
    "payment-handler",
    "screen-wake-lock",
    "storage-access",
]


@action(
    family="state",
    reads=False,
    on_page=False,
    example={"permissions": ["geolocation"], "origin": "https://example.com"},
)
async def grant_permissions(
    call: Call,
    *,
    permissions: Annotated[list[Permission], Meta(min_length=1)],
    origin: Annotated[
        Url, Meta(description="For whom: scheme, host and port. Left out, for every site.")
    ]
    | None = None,
) -> None:
    """Grant permissions, besides those granted before; what is not granted is denied then.

    Holds for every page of the browser, isolated ones and those to come too, until
    `clear_permissions` or the end of the agent. It is not written into the profile.
    """
    allowed = EVERYWHERE
    if origin is not None:
        url = call.url(origin)
        if url == "about:blank":
            raise ActionFailed(
                ErrorCode.INVALID_PARAMS, "origin: about:blank can be granted nothing"
            )
        allowed = origin_of(url)
    await call.browser.conditions.grant(tuple(permissions), allowed, call.browser.contexts)


@action(family="state", reads=False, on_page=False, example={})
async def clear_permissions(call: Call) -> None:
    """Take back all that was granted: sites ask again, and find nobody who answers."""
    await call.browser.conditions.clear_permissions(call.browser.contexts)
