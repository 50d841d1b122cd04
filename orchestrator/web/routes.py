"""Every path that is meant for people, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.routing import BaseRoute, Route

from orchestrator.access.own_paths import (
    DASHBOARD_FILES,
    HISTORY,
    HOME,
    SHARE,
    SIGN_IN,
    SIGN_OUT,
)
from orchestrator.web.dashboard import DashboardPages
from orchestrator.web.endpoint import Handler, PagePath
from orchestrator.web.shares import SharePages
from orchestrator.web.sign_in import SignInPages
from orchestrator.web.traces import FILE, PATH, VIEWER, TracePages


def build_web_routes(
    dashboard: DashboardPages,
    sign_in: SignInPages,
    shares: SharePages,
    traces: TracePages,
    count: Callable[[str, str, int], None],
) -> list[BaseRoute]:
    """Return the routes; *count* hears the method, the path and the status of each answer."""
    views = (HOME, "/agents/{rest:path}", "/commands/{rest:path}", HISTORY)
    paths: Mapping[str, Mapping[str, Handler]] = {
        **{path: {"GET": dashboard.page} for path in views},
        f"{DASHBOARD_FILES}{{name}}": {"GET": dashboard.file},
        SIGN_IN: {"GET": sign_in.show, "POST": sign_in.sign_in},
        f"{SIGN_IN}/{{code}}": {"GET": sign_in.show_link, "POST": sign_in.use_link},
        SIGN_OUT: {"POST": sign_in.sign_out},
        f"{SHARE}/{{secret}}": {"GET": shares.show, "POST": shares.enter},
        f"{VIEWER}{{path:path}}": {"GET": traces.viewer_file},
        f"{PATH}{{artifact_id}}": {"GET": traces.open},
        f"{PATH}{{artifact_id}}/{FILE}": {"GET": traces.download},
    }
    return [Route(path, PagePath(path, count, methods)) for path, methods in paths.items()]
