"""What else a browser says of itself, so that it agrees with a user agent that is put on.

Sites compare: `navigator.platform` and the client hints (`Sec-CH-UA-…`, `navigator.userAgentData`)
of a Linux machine give away a telephone that is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class _System:
    sign: re.Pattern[str]
    """Its first group is the version, if a user agent tells it."""
    platform: str
    navigator_platform: str
    architecture: str


_SYSTEMS: Final = (
    _System(re.compile(r"Android ([\d.]+)"), "Android", "Linux armv81", ""),
    _System(re.compile(r"iPhone OS ([\d_]+)"), "iOS", "iPhone", ""),
    _System(re.compile(r"iPad; CPU OS ([\d_]+)"), "iOS", "iPad", ""),
    _System(re.compile(r"Mac OS X ([\d_.]+)"), "macOS", "MacIntel", "x86"),
    _System(re.compile(r"Windows NT ([\d.]+)"), "Windows", "Win32", "x86"),
    _System(re.compile(r"CrOS \S+ ([\d.]+)"), "Chrome OS", "Linux x86_64", "x86"),
    _System(re.compile(r"Linux()"), "Linux", "Linux x86_64", "x86"),
)
_MODEL: Final = re.compile(r"Android [\d.]+; ([^;)]+)\)")
_CHROME: Final = re.compile(r"Chrome/(\d+)")


def identity(user_agent: str) -> Mapping[str, Any]:
    """Return what goes with *user_agent*, as `Emulation.setUserAgentOverride` takes it."""
    found = ((one, one.sign.search(user_agent)) for one in _SYSTEMS)
    system, match = next(((one, match) for one, match in found if match), (None, None))
    if system is None or match is None:
        return {"userAgent": user_agent}
    model = _MODEL.search(user_agent)
    metadata: dict[str, Any] = {
        "platform": system.platform,
        "platformVersion": match[1].replace("_", "."),
        "architecture": system.architecture,
        "model": model[1] if model is not None else "",
        "mobile": "Mobile" in user_agent,
    }
    if (chrome := _CHROME.search(user_agent)) is not None:
        names = ("Chromium", "Google Chrome")
        metadata["brands"] = [{"brand": name, "version": chrome[1]} for name in names]
    return {
        "userAgent": user_agent,
        "platform": system.navigator_platform,
        "userAgentMetadata": metadata,
    }
