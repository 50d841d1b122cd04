"""Every path for people, and who may open it: one that is added later cannot be forgotten."""

from __future__ import annotations

from typing import Any

from starlette.routing import Route

from orchestrator.access.attempts import Attempts
from orchestrator.access.guard import Entrance, entrance
from orchestrator.access.sign_ins import SignIns
from orchestrator.web.endpoint import PagePath
from orchestrator.web.routes import build_web_routes
from orchestrator.web.sign_in import SignInPages
from orchestrator.web.traces import TracePages
from orchestrator.web.viewer import Viewer

NOBODYS = {("GET", "/sign-in"), ("HEAD", "/sign-in"), ("POST", "/sign-in"), ("POST", "/sign-out")}


def opened() -> set[tuple[str, str]]:
    """Return the methods and paths that are served."""
    nothing: Any = None
    routes = build_web_routes(
        SignInPages(lambda token: False, SignIns(), Attempts()),
        TracePages(nothing, Viewer(None)),
        lambda method, path, status: None,
    )
    found = set()
    for route in routes:
        assert isinstance(route, Route)
        assert isinstance(route.endpoint, PagePath)
        found |= {(method, route.path) for method in route.endpoint.methods}
    return found


def test_only_the_forms_are_open_to_everybody() -> None:
    assert {one for one in opened() if entrance(*one) is Entrance.PUBLIC} == NOBODYS


def test_all_else_can_only_be_looked_at_by_who_is_signed_in() -> None:
    for method, path in opened() - NOBODYS:
        assert entrance(method, path) is Entrance.PERSON
        assert method in ("GET", "HEAD")
