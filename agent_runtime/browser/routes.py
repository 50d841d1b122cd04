"""Requests of pages that are stopped, answered or changed on their way.

A set of routes belongs to one page, and goes with it, or to the whole browser. As long as it has
any, the browser asks about every request; the newest route that fits decides, and what none fits
goes on to the next set and then to the network.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from playwright.async_api import BrowserContext, Page, Request, Route as Held

from agent_runtime.browser.errors import CALL_FAILED
from agent_runtime.browser.url_pattern import UrlPattern

MAX_ROUTES: Final = 100
_MAX_ERROR: Final = 300
_EVERYTHING: Final = "**/*"
"""Playwright asks about all of it, since its own matching goes back and tries again."""

Routed: TypeAlias = Page | BrowserContext


class CannotDo(Exception):
    """The request is not one that this can be done with."""


class Deed(Protocol):
    """What a route does with a request that it holds."""

    @property
    def name(self) -> str:
        """How callers call it."""
        ...

    async def do(self, held: Held) -> None:
        """Do it.

        Raises:
            CannotDo: nothing has been done.
            playwright.async_api.Error: the page is gone.
        """
        ...


@dataclass(frozen=True)
class Abort:
    """Let the request fail with an error of the network."""

    error: str
    name: str = "abort"

    async def do(self, held: Held) -> None:
        """Fail it."""
        await held.abort(self.error)


@dataclass(frozen=True)
class Fulfil:
    """Answer the request without asking anybody."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    name: str = "fulfil"

    async def do(self, held: Held) -> None:
        """Answer it."""
        await held.fulfill(status=self.status, headers=dict(self.headers), body=self.body)


@dataclass(frozen=True)
class Continue:
    """Let the request go on, changed; a header that is none is taken away."""

    headers: Mapping[str, str | None]
    method: str | None = None
    post_data: str | None = None
    url: str | None = None
    name: str = "continue"

    async def do(self, held: Held) -> None:
        """Change it and send it."""
        # Playwright forgets a request for which it refuses this, and the page waits for ever.
        if self.url is not None and _scheme(self.url) != _scheme(held.request.url):
            raise CannotDo(
                f"a request to {_scheme(held.request.url)}: cannot be sent to {self.url}"
            )
        await held.continue_(
            headers=self._changed(held.request) if self.headers else None,
            method=self.method,
            post_data=self.post_data,
            url=self.url,
        )

    def _changed(self, request: Request) -> dict[str, str]:
        given = {name.lower(): value for name, value in self.headers.items()}
        merged = {**request.headers, **given}
        return {name: value for name, value in merged.items() if value is not None}


@dataclass(frozen=True)
class Filter:
    """Which requests a route is for; what is none is not asked about."""

    pattern: UrlPattern
    is_regex: bool = False
    method: str | None = None
    resource_types: frozenset[str] = frozenset()

    def fits(self, request: Request) -> bool:
        """Say whether it is for *request*."""
        return (
            (self.method is None or request.method == self.method)
            and (not self.resource_types or request.resource_type in self.resource_types)
            and self.pattern.matches(request.url)
        )


@dataclass(eq=False)
class Route:
    """One of a set; *times_left* is none where it serves for ever."""

    id: str
    filter: Filter
    deed: Deed
    times_left: int | None = None
    hits: int = 0
    error: str | None = None
    """Why it last failed to do what it is there for; the request was aborted then."""

    def serves(self, request: Request) -> bool:
        """Say whether it decides about *request*."""
        return self.times_left != 0 and self.filter.fits(request)


class Routes:
    """The routes of one page, or of the whole browser, newest first."""

    def __init__(self, prefix: str) -> None:
        """Begin empty; ids of routes begin with *prefix*."""
        self._prefix = prefix
        self._given = 0
        self._routes: dict[str, Route] = {}
        self._routed: list[Routed] = []
        # Playwright finds it again by identity, and each look at a method makes another.
        self._handler = self._decide

    def __iter__(self) -> Iterator[Route]:
        """Oldest first."""
        return iter(tuple(self._routes.values()))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._routes)

    def add(self, which: Filter, deed: Deed, times: int | None) -> Route:
        """Add a route, which serves once `attach` has been called."""
        self._given += 1
        route = Route(f"{self._prefix}{self._given}", which, deed, times)
        self._routes[route.id] = route
        return route

    def find(self, route_id: str) -> Route | None:
        """Return the route of that id."""
        return self._routes.get(route_id)

    async def remove(self, route: Route) -> None:
        """Remove *route*; without any, the browser asks about no request any more."""
        self._routes.pop(route.id, None)
        if not self._routes:
            await self._detach()

    async def attach(self, routed: Routed) -> None:
        """Have the browser ask about the requests of *routed*, if there is any route.

        Raises:
            playwright.async_api.Error: it is gone.
        """
        if self._routes and routed not in self._routed:
            self._routed.append(routed)
            routed.on("close", self._forget)
            await routed.route(_EVERYTHING, self._handler)

    async def _detach(self) -> None:
        routed, self._routed = self._routed, []
        for one in routed:
            with contextlib.suppress(*CALL_FAILED):
                one.remove_listener("close", self._forget)
                await one.unroute(_EVERYTHING, self._handler)

    def _forget(self, routed: Routed) -> None:
        if routed in self._routed:
            self._routed.remove(routed)

    async def _decide(self, held: Held, request: Request) -> None:
        """Do what the newest route that fits does; Playwright runs and keeps this until it ends."""
        route = next((one for one in reversed(self._routes.values()) if one.serves(request)), None)
        if route is None:
            with contextlib.suppress(*CALL_FAILED):
                await held.fallback()
            return
        route.hits += 1
        if route.times_left is not None:
            route.times_left -= 1
        await self._do(route, held)
        if route.times_left == 0:
            await self.remove(route)

    async def _do(self, route: Route, held: Held) -> None:
        try:
            await route.deed.do(held)
        except (CannotDo, *CALL_FAILED) as error:
            route.error = str(error).partition("\n")[0][:_MAX_ERROR]
            with contextlib.suppress(*CALL_FAILED):
                await held.abort()


def _scheme(url: str) -> str:
    return url.partition(":")[0].lower()
