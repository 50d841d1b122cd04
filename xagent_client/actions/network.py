"""The network that pages find: what goes along with every request, how fast, and whether at all.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack

from xagent_client import params, results
from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class NetworkActions(Asking):
    """The network that pages find: what goes along with every request, how fast, and whether at all."""

    @verb
    def set_extra_http_headers(
        self,
        headers: Mapping[str, str],
        *,
        scope: Literal["browser", "page"] | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Send *headers* with every request, in place of those that were set so before.

        `{}` takes them away. Of one that is set for both, the page's counts. They go to every site
        that a page asks for anything: for a secret that is meant for one site use `route` with
        `continue_with`, or `set_http_credentials`. Scope `page` holds as long as the page,
        `browser` for every page, isolated ones and those to come too, until the agent ends.

        Args:
            scope: This page, or every page that there is and will be.
        """
        return self._nothing("set_extra_http_headers", {"headers": headers, "scope": scope}, how)

    @verb
    def set_http_credentials(
        self,
        origin: str,
        *,
        username: str | None = None,
        password: str | None = None,
        **how: Unpack[How],
    ) -> Call[results.CredentialOrigins]:
        """Tell one origin who you are when it asks by HTTP (basic, digest), and no other.

        Without a username it is told nothing any more; but what it has accepted, Chromium goes on
        to tell it until the browser restarts. Holds for every page of the browser and for `fetch`,
        until the agent ends. As in any browser an iframe of another site is told nothing. The
        password is kept where commands are kept, as all params are. Returns the origins that are
        told something.

        Args:
            origin: Scheme, host and port; more of a URL is ignored.
        """
        return self._result(
            "set_http_credentials",
            {"origin": origin, "username": username, "password": password},
            how,
            results.CredentialOrigins,
        )

    @verb
    def set_offline(self, offline: bool, **how: Unpack[How]) -> Call[None]:
        """Cut every page of the browser off from the network, or connect it again.

        Holds for isolated pages and those to come too, until the agent ends. `fetch` is not cut
        off.
        """
        return self._nothing("set_offline", {"offline": offline}, how)

    @verb
    def throttle(
        self,
        *,
        download_kbps: float | None = None,
        upload_kbps: float | None = None,
        latency_ms: float | None = None,
        cpu: float | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Slow down the network, and the processor, of this page, as long as the page is open.

        Each call says all of it: what is left out is as fast as it is, so `{}` ends it.

        Args:
            download_kbps: In kbit/s; else as it is.
            upload_kbps: In kbit/s; else as it is.
            latency_ms: Added to each answer.
            cpu: How many times slower.
        """
        return self._nothing(
            "throttle",
            {
                "download_kbps": download_kbps,
                "upload_kbps": upload_kbps,
                "latency_ms": latency_ms,
                "cpu": cpu,
            },
            how,
        )

    @verb
    def route(
        self,
        url: str | None = None,
        *,
        regex: str | None = None,
        method: str | None = None,
        resource_types: Sequence[
            Literal[
                "cspreport",
                "document",
                "eventsource",
                "fetch",
                "font",
                "image",
                "manifest",
                "media",
                "other",
                "ping",
                "script",
                "stylesheet",
                "texttrack",
                "websocket",
                "xhr",
            ]
        ]
        | None = None,
        abort: Literal[
            "aborted",
            "accessdenied",
            "addressunreachable",
            "blockedbyclient",
            "blockedbyresponse",
            "connectionaborted",
            "connectionclosed",
            "connectionfailed",
            "connectionrefused",
            "connectionreset",
            "failed",
            "internetdisconnected",
            "namenotresolved",
            "timedout",
        ]
        | None = None,
        fulfil: params.Fulfilment | None = None,
        continue_with: params.Change | None = None,
        times: int | None = None,
        scope: Literal["browser", "page"] | None = None,
        **how: Unpack[How],
    ) -> Call[results.RouteState]:
        """Decide about requests that fit: let them fail, answer them, or change and send them.

        Give one of `abort`, `fulfil` and `continue_with`. Of several routes that fit the newest
        decides, those of the page before those of the browser. A route of scope `page` goes with
        its page; one of scope `browser` is for every page, isolated ones and those to come too, and
        ends with the agent. A redirect is decided about only where it begins. As long as there is a
        route the cache of these pages is not used. Headers of `continue_with` go along with
        redirects, to other sites too.

        Args:
            url: A pattern of the whole URL: `*` is anything but a slash, `**` anything, `{a,b}`
                either.
            regex: In place of `url`: must fit somewhere in the URL.
            method: GET, POST …
            times: After so many it removes itself.
            scope: This page, or every page that there is and will be.
        """
        return self._result(
            "route",
            {
                "url": url,
                "regex": regex,
                "method": method,
                "resource_types": resource_types,
                "abort": abort,
                "fulfil": fulfil,
                "continue_with": continue_with,
                "times": times,
                "scope": scope,
            },
            how,
            results.RouteState,
        )

    @verb
    def unroute(self, route_id: str, **how: Unpack[How]) -> Call[results.RouteList]:
        """Remove a route, or all, and return what it had been up to.

        Args:
            route_id: As `route` returned it; `all` is all of this page and of the browser.
        """
        return self._result("unroute", {"route_id": route_id}, how, results.RouteList)

    @verb
    def routes(self, *, max: int | None = None, **how: Unpack[How]) -> Call[results.RouteList]:
        """List the routes of every page and of the browser, with how many requests each has had."""
        return self._result("routes", {"max": max}, how, results.RouteList)

    @verb
    def requests(
        self,
        url: str | None = None,
        *,
        method: str | None = None,
        resource_type: Literal[
            "cspreport",
            "document",
            "eventsource",
            "fetch",
            "font",
            "image",
            "manifest",
            "media",
            "other",
            "ping",
            "script",
            "stylesheet",
            "texttrack",
            "websocket",
            "xhr",
        ]
        | None = None,
        status: int | None = None,
        failed: bool | None = None,
        since: int | None = None,
        max: int | None = None,
        **how: Unpack[How],
    ) -> Call[results.RequestList]:
        """List what the page has requested of late: documents, scripts, images, calls of its API.

        The browser remembers about the last 100 of each page. Why a request failed is known of
        those that failed after this was first asked for on the page, and of documents.

        Args:
            url: A pattern of the whole URL: `*` is anything but a slash, `**` anything, `{a,b}`
                either.
            method: GET, POST …
            failed: Only those without an answer, or with a status from 400 on.
            since: Only those with a greater id.
            max: The newest so many.
        """
        return self._result(
            "requests",
            {
                "url": url,
                "method": method,
                "resource_type": resource_type,
                "status": status,
                "failed": failed,
                "since": since,
                "max": max,
            },
            how,
            results.RequestList,
        )

    @verb
    def request(
        self,
        id: int,
        *,
        headers: bool | None = None,
        body: bool | None = None,
        max_chars: int | None = None,
        show_secrets: bool | None = None,
        **how: Unpack[How],
    ) -> Call[results.RequestDetail]:
        """Tell everything about one request of the page: headers, times, sizes, bodies.

        Bodies of text stand in the answer, others become artifacts. The browser keeps a response's
        body only while the page is on the document that asked for it, and not for long if it is
        large.

        It comes whole, however long, unless *max_chars* says where to cut it.

        Args:
            id: As `requests` lists it.
            body: The bodies of both request and response.
            show_secrets: Leave the values of cookies, Authorization and the like as they are; else
                they are masked.
        """
        return self._uncut(
            "request",
            {
                "id": id,
                "headers": headers,
                "body": body,
                "max_chars": max_chars,
                "show_secrets": show_secrets,
            },
            how,
            results.RequestDetail,
        )

    @verb
    def fetch(
        self,
        url: str,
        *,
        method: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        max_redirects: int | None = None,
        max_chars: int | None = None,
        as_artifact: bool | None = None,
        show_secrets: bool | None = None,
        **how: Unpack[How],
    ) -> Call[results.Fetched]:
        """Send an HTTP request with the browser's cookies, and return the answer.

        It is sent beside the pages: no page sees it, no route decides about it, and no rule about
        origins holds. Cookies are those of the page's context (the profile's, or an isolated page's
        own), and what the answer sets is kept there. The method is POST where there is a body
        (`body`, `json` or `form`), else GET. Text stands in the answer, all else becomes an
        artifact. An HTTP error is an answer as well: see `status`.

        It comes whole, however long, unless *max_chars* says where to cut it.

        Args:
            method: GET, POST …
            json: Any JSON.
            form: Fields, sent as a form would.
            as_artifact: Keep the body as one, even a text.
            show_secrets: Leave the values of cookies, Authorization and the like as they are; else
                they are masked.
        """
        return self._uncut(
            "fetch",
            {
                "url": url,
                "method": method,
                "headers": headers,
                "body": body,
                "json": json,
                "form": form,
                "max_redirects": max_redirects,
                "max_chars": max_chars,
                "as_artifact": as_artifact,
                "show_secrets": show_secrets,
            },
            how,
            results.Fetched,
        )
