"""The least that Python can do: httptools and picows on uvloop, callbacks only, no framework.

Below this nobody gets in this language. Everything else is missing: routes, checks, a journal,
limits, errors. Two ports, one for requests and one for agents' sockets, because these two parsers
share no listener.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from typing import Final

import httptools
import msgspec
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

_agents: dict[bytes, WSTransport] = {}
_waiting: dict[int, asyncio.Transport] = {}
_ids = itertools.count()

_HEAD: Final = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "


class _Body(msgspec.Struct):
    action: str
    params: msgspec.Raw


class _Answer(msgspec.Struct):
    id: int
    result: msgspec.Raw


_body = msgspec.json.Decoder(_Body)
_answer = msgspec.json.Decoder(_Answer)
_encode = msgspec.json.Encoder().encode


class _Requests(asyncio.Protocol):
    """One connection of a caller; nothing is pipelined."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)
        self._url = self._content = b""

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url, self._content = url, b""

    def on_body(self, content: bytes) -> None:
        self._content += content

    def on_message_complete(self) -> None:
        asked = _body.decode(self._content)
        number = next(_ids)
        _waiting[number] = self._transport
        frame = _encode({"id": number, "action": asked.action, "params": asked.params})
        _agents[self._url.split(b"/")[3]].send(WSMsgType.TEXT, frame)


class _Agent(WSListener):
    def __init__(self, name: bytes) -> None:
        self._name = name

    def on_ws_connected(self, transport: WSTransport) -> None:
        _agents[self._name] = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            answer = _answer.decode(frame.get_payload_as_memoryview())
            content = _encode({"result": answer.result})
            caller = _waiting.pop(answer.id)
            if not caller.is_closing():
                caller.write(b"%b%d\r\n\r\n%b" % (_HEAD, len(content), content))


def _agent(request: WSUpgradeRequest) -> WSListener:
    return _Agent(request.path.rsplit(b"/", 1)[1])


async def _serve(port: int, agents_port: int) -> None:
    agents = await ws_create_server(_agent, "127.0.0.1", agents_port)
    requests = await asyncio.get_running_loop().create_server(_Requests, "127.0.0.1", port)
    async with agents, requests:
        await asyncio.Event().wait()


def main() -> None:
    """Serve callers on the first port given, agents on the second."""
    uvloop.run(_serve(int(sys.argv[1]), int(sys.argv[2])))


if __name__ == "__main__":
    main()
