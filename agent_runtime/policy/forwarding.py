"""Requests in plain HTTP, passed on to their sites, and the answers passed back."""

from __future__ import annotations

import asyncio
from typing import Final

import h11

from agent_runtime.policy.destination import Destination
from agent_runtime.policy.dialer import Dialer
from agent_runtime.policy.errors import BlockedByPolicy, NotAUrl, Unreachable
from agent_runtime.policy.http_side import HttpSide, passed_on
from agent_runtime.policy.own_page import own_page
from agent_runtime.policy.web_url import read_target

_FOR_PROXIES_ONLY: Final = (101, 407)
"""Nobody asked to switch protocols, and a site that asks for the proxy's password is a thief."""


class Forwarder:
    """Serves one client, request by request; what it has open is the connection to one site."""

    def __init__(self, client: HttpSide, dialer: Dialer) -> None:
        """Serve *client* over what *dialer* connects to."""
        self._client = client
        self._dialer = dialer
        self._site: HttpSide | None = None
        self._destination: Destination | None = None

    async def forward(self, request: h11.Request) -> None:
        """Have *request* answered, by its site or by us.

        Raises:
            OSError, h11.ProtocolError: the client cannot be spoken with any more.
        """
        try:
            destination, target = read_target(request.target.decode("ascii"))
            is_fresh = await self._connect(destination)
        except (NotAUrl, UnicodeError):
            return await self.answer(request, 400, "This is a browser's way out, and no site.")
        except BlockedByPolicy as error:
            return await self.answer(request, 403, f"{error}.")
        except Unreachable as error:
            return await self.answer(request, 502, f"{error}.")
        assert self._site is not None
        is_done = await self._exchange(self._site, request, target, destination)
        if is_done and self._site.may_go_on:
            self._site.http.start_next_cycle()
        else:
            self.close()
        if not is_done and is_fresh and self._client.http.our_state is h11.SEND_RESPONSE:
            # On a connection that has served before it may just have been too late, and a browser
            # that is hung up on tries again.
            sentence = f"{destination} gave no answer that can be understood."
            await self.answer(request, 502, sentence)
        return None

    async def answer(self, request: h11.Request, status: int, sentence: str) -> None:
        """Answer *request* ourselves, after the rest of it."""
        client = self._client
        while client.http.their_state is h11.SEND_BODY:
            await client.receive()
        content, headers = own_page(sentence)
        body = [] if request.method == b"HEAD" else [h11.Data(data=content)]
        response = h11.Response(status_code=status, headers=headers)
        await client.send(response, *body, h11.EndOfMessage())

    def close(self) -> None:
        """Hang up on the site."""
        if self._site is not None:
            self._site.stream.close()
        self._site = self._destination = None

    async def _connect(self, destination: Destination) -> bool:
        """Be connected to *destination*; return whether the connection is a new one."""
        site = self._site if self._destination == destination else None
        if site is not None and await site.is_idle():
            return False
        self.close()
        self._site = HttpSide(h11.CLIENT, await self._dialer.dial(destination))
        self._destination = destination
        return True

    async def _exchange(
        self, site: HttpSide, request: h11.Request, target: str, destination: Destination
    ) -> bool:
        """Pass on request and answer, and return whether both went through."""
        is_done = False
        try:
            await site.send(_for_site(request, target, destination))
            async with asyncio.TaskGroup() as group:
                sending = group.create_task(self._pass_on(site))
                await self._pass_back(site)
                sending.cancel()
                is_done = True
        except* (OSError, h11.ProtocolError):
            is_done = False
        return is_done

    async def _pass_on(self, site: HttpSide) -> None:
        """Pass on the body, then see to it that nothing goes on for a client who is gone."""
        client = self._client
        try:
            while client.http.their_state is h11.SEND_BODY:
                event = await client.receive()
                await site.send(event if isinstance(event, h11.Data) else h11.EndOfMessage())
        except OSError:
            if client.stream.is_over:
                raise
            return  # it takes no more, and may have answered why
        await client.watch()
        if client.stream.is_over:
            raise ConnectionAbortedError

    async def _pass_back(self, site: HttpSide) -> None:
        while True:
            event = await site.receive()
            if isinstance(event, h11.Response | h11.InformationalResponse):
                event = _for_client(event)
            elif isinstance(event, h11.EndOfMessage):
                event = h11.EndOfMessage()
            elif not isinstance(event, h11.Data):
                raise h11.RemoteProtocolError("it hung up before it answered")
            await self._client.send(event)
            if isinstance(event, h11.EndOfMessage):
                return


def _for_site(request: h11.Request, target: str, destination: Destination) -> h11.Request:
    # Of the two hosts that a request names, the one in its URL was judged, so it is the one told.
    host = (b"Host", str(destination).encode())
    rest = [(name, value) for name, value in passed_on(request) if name.lower() != b"host"]
    return h11.Request(
        method=request.method,
        target=target,
        headers=[host, (b"Connection", b"keep-alive"), *rest],
    )


def _for_client(
    answer: h11.Response | h11.InformationalResponse,
) -> h11.Response | h11.InformationalResponse:
    if answer.status_code in _FOR_PROXIES_ONLY:
        raise h11.RemoteProtocolError(f"no site has a say in {answer.status_code}")
    return type(answer)(
        status_code=answer.status_code, reason=answer.reason, headers=passed_on(answer)
    )
