"""Let a page take its browser for another: device, screen, language, time zone, place.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from typing import Literal, Unpack

from xagent_client import results
from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class EmulateActions(Asking):
    """Let a page take its browser for another: device, screen, language, time zone, place."""

    @verb
    def set_viewport_size(self, width: int, height: int, **how: Unpack[How]) -> Call[None]:
        """Give the page another size, in CSS pixels, as long as the page is open."""
        return self._nothing("set_viewport_size", {"width": width, "height": height}, how)

    @verb
    def emulate_device(self, name: str | None, **how: Unpack[How]) -> Call[results.EmulatedDevice]:
        """Make the page believe that it is on another device: screen, touch, user agent.

        Holds for this page through all its navigations, as long as it is open; not for pages that
        it opens. A page that was loaded before sees some of it only after `reload`. A user agent
        that was set by `set_user_agent` stays. Chromium it is nevertheless, an iPhone's Safari only
        by name.

        Args:
            name: As Playwright calls it; null resets.
        """
        return self._result("emulate_device", {"name": name}, how, results.EmulatedDevice)

    @verb
    def emulate_media(
        self,
        *,
        media: Literal["print", "screen"] | None = None,
        color_scheme: Literal["dark", "light", "no-preference"] | None = None,
        reduced_motion: Literal["no-preference", "reduce"] | None = None,
        forced_colors: Literal["active", "none"] | None = None,
        contrast: Literal["more", "no-preference"] | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Let the page's style sheets find another medium, or other wishes of its reader.

        What is left out stays as it is, null resets it. Holds as long as the page is open.
        """
        return self._nothing(
            "emulate_media",
            {
                "media": media,
                "color_scheme": color_scheme,
                "reduced_motion": reduced_motion,
                "forced_colors": forced_colors,
                "contrast": contrast,
            },
            how,
        )

    @verb
    def set_geolocation(
        self,
        *,
        latitude: float | None = None,
        longitude: float | None = None,
        accuracy: float | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Let the browser be at another place; without latitude and longitude, where it is.

        Holds for every page of the browser, isolated ones and those to come too, until the agent
        ends. A site sees it only if it may: see `grant_permissions`, with geolocation.

        Args:
            accuracy: In metres.
        """
        return self._nothing(
            "set_geolocation",
            {"latitude": latitude, "longitude": longitude, "accuracy": accuracy},
            how,
        )

    @verb
    def set_locale(self, locale: str | None, **how: Unpack[How]) -> Call[None]:
        """Put the page into another language and country: what it asks sites for, and its formats.

        Holds for this page through all its navigations, as long as it is open; not for pages that
        it opens. What is loaded already was loaded in the other language: `reload` it.

        Args:
            locale: A tag of BCP 47; null resets.
        """
        return self._nothing("set_locale", {"locale": locale}, how)

    @verb
    def set_timezone(self, timezone: str | None, **how: Unpack[How]) -> Call[None]:
        """Put the page into another time zone.

        Holds for this page through all its navigations, as long as it is open; not for pages that
        it opens.

        Args:
            timezone: A name of IANA's; null resets.
        """
        return self._nothing("set_timezone", {"timezone": timezone}, how)

    @verb
    def set_user_agent(self, user_agent: str | None, **how: Unpack[How]) -> Call[None]:
        """Let the page's browser call itself something else, to sites and to scripts.

        Platform and client hints follow as far as they can be read from it. Holds for this page
        through all its navigations, as long as it is open; not for pages that it opens.

        Args:
            user_agent: All of it; null resets.
        """
        return self._nothing("set_user_agent", {"user_agent": user_agent}, how)
