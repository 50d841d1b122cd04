"""Every path for people, and who may open it: one that is added later cannot be forgotten."""

from __future__ import annotations

from typing import Any

from starlette.routing import Route

from orchestrator.access.attempts import Attempts
from orchestrator.access.entrances import Entrance, entrance
from orchestrator.access.shares import Shares
from orchestrator.access.sign_in_links import SignInLinks
from orchestrator.access.sign_ins import SignIns
from orchestrator.web.dashboard import DashboardPages
from orchestrator.web.endpoint import PagePath
from orchestrator.web.routes import build_web_routes
from orchestrator.web.shares import SharePages
from orchestrator.web.sign_in import SignInPages
from orchestrator.web.traces import TracePages
from orchestrator.web.viewer import Viewer

VIEWS = ("/", "/history", "/agents/{rest:path}", "/commands/{rest:path}", "/dashboard/{name}")
CODE, SECRET = "c" * 22, "s" * 43
NOBODYS = {
    *((method, path) for method in ("GET", "HEAD") for path in VIEWS),
    *((method, "/sign-in") for method in ("GET", "HEAD", "POST")),
    *((method, f"/sign-in/{CODE}") for method in ("GET", "HEAD", "POST")),
    *((method, f"/share/{SECRET}") for method in ("GET", "HEAD", "POST")),
    ("POST", "/sign-out"),
}


def opened() -> set[tuple[str, str]]:
    """Return the methods and paths that are served."""
    nothing: Any = None
    routes = build_web_routes(
        DashboardPages(),
        SignInPages(lambda token: False, SignIns(), SignInLinks(), Attempts()),
        SharePages(Shares(), Attempts()),
        TracePages(nothing, Viewer(None)),
        lambda method, path, status: None,
    )
    found = set()
    for route in routes:
        assert isinstance(route, Route)
        assert isinstance(route.endpoint, PagePath)
        path = route.path.replace("{code}", CODE).replace("{secret}", SECRET)
        found |= {(method, path) for method in route.endpoint.methods}
    return found


def test_only_the_forms_and_the_dashboard_itself_are_open_to_everybody() -> None:
    assert {one for one in opened() if entrance(*one) is Entrance.PUBLIC} == NOBODYS


def test_all_else_can_only_be_looked_at_by_who_is_signed_in() -> None:
    for method, path in opened() - NOBODYS:
        assert entrance(method, path) is Entrance.PERSON
        assert method in ("GET", "HEAD")
