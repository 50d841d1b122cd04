"""One end of a proxied conversation in plain HTTP, read and written event by event.

Bodies are never held: a piece is read when the piece before it was taken at the other end.
"""

from __future__ import annotations

from typing import Final

import h11

from agent_runtime.policy.streams import CHUNK_BYTES, Stream

_HEAD_BYTES: Final = 512 * 1024
"""Twice what Chromium takes of a site in headers."""
_HOP_BY_HOP: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"upgrade",
    }
)
"""What concerns this connection and not the next."""
_FRAMING: Final = frozenset({b"content-length", b"host", b"transfer-encoding"})
"""What no header may have taken away."""

Headers = list[tuple[bytes, bytes]]


class HttpSide:
    """Speaks with a client, or with a server, over *stream*."""

    def __init__(self, role: type[h11.CLIENT] | type[h11.SERVER], stream: Stream) -> None:
        """Take our own *role*."""
        self.http = h11.Connection(role, max_incomplete_event_size=_HEAD_BYTES)
        self.stream = stream

    async def receive(self) -> h11.Event | type[h11.PAUSED] | type[h11.NEED_DATA]:
        """Wait for what comes next.

        Raises:
            OSError: the connection broke.
            h11.RemoteProtocolError: it is not HTTP.
        """
        while True:
            event = self.http.next_event()
            if event is not h11.NEED_DATA:
                return event
            self.http.receive_data(await self.stream.reader.read(CHUNK_BYTES))

    async def send(self, *events: h11.Event) -> None:
        """Say them in one breath: what is said to a `CONNECT` is read no further than that.

        Raises:
            OSError: the connection broke.
            h11.LocalProtocolError: it cannot be said now.
        """
        content = b"".join(self.http.send(event) or b"" for event in events)
        if content:
            await self.stream.write(content)

    async def watch(self) -> None:
        """Wait until the other end says more than it should, or hangs up; keep what it says."""
        self.http.receive_data(await self.stream.reader.read(CHUNK_BYTES))

    async def is_idle(self) -> bool:
        """Say whether the other end is there and has said nothing that nobody asked for.

        What a site says unasked (that it hangs up, for one) is no answer to what comes next.
        """
        return not self.http.trailing_data[0] and await self.stream.is_silent()

    @property
    def may_go_on(self) -> bool:
        """Whether another request can use the same connection, now that one is answered."""
        return self.http.our_state is h11.DONE and self.http.their_state is h11.DONE


def passed_on(message: h11.Request | h11.Response | h11.InformationalResponse) -> Headers:
    """Return the headers that are for the other end, as they were written and in their order."""
    headers = message.headers
    named = {
        name.strip().lower()
        for key, value in headers
        if key in (b"connection", b"proxy-connection")
        for name in value.split(b",")
    }
    dropped = (_HOP_BY_HOP | named) - _FRAMING
    return [(name, value) for name, value in headers.raw_items() if name.lower() not in dropped]
