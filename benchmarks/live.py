"""What it costs to look: pictures a second, how old they are, and what commands pay for it.

One real agent under a real orchestrator, on a page of 1280x720 that is painted anew in each of its
frames, with the time of that in it, as a row of black and white squares.

- Pictures a second and their age, for one viewer: from the moment the page paints a time to the
  moment the picture is here, and with what a browser then takes to decode and draw it.
- The p50 of `evaluate` on that page, without viewers and with four of which one reads nothing, in
  turns; the viewers are a process of their own, on the same machine.

    python -m benchmarks.live [--rounds N] [--seconds S] [--calls N]
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import multiprocessing
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Final

import msgspec
from playwright.async_api import async_playwright
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from agent_runtime.browser.find import find_browser
from benchmarks.one_agent import Xagent, agent, site
from xagent_protocol.live import PICTURE_HEAD, SUBPROTOCOL, Seen, Want

SIZE: Final = (1280, 720)
VIEWERS: Final = 4
SAMPLES: Final = 200
WARM_UP_SECONDS: Final = 1.0
SETTLE_SECONDS: Final = 1.5
"""After the last viewer the page is shown for a second more."""

PAINT: Final = """() => {
  document.body.innerHTML = '<canvas id="c" width="1280" height="720"></canvas>';
  document.body.style.margin = 0;
  const pen = document.getElementById('c').getContext('2d');
  let turn = 0;
  requestAnimationFrame(function paint() {
    pen.fillStyle = `hsl(${turn % 360} 60% 50%)`;
    pen.fillRect(0, 0, 1280, 720);
    pen.fillStyle = 'navy';
    pen.font = '40px sans-serif';
    for (let line = 0; line < 12; line++)
      pen.fillText('The quick brown fox ' + (turn + line), 60 + (turn * 3) % 400, 120 + line * 48);
    const now = Date.now();
    for (let bit = 0; bit < 44; bit++) {
      pen.fillStyle = Math.floor(now / 2 ** bit) % 2 ? 'white' : 'black';
      pen.fillRect(bit * 28, 0, 28, 28);
    }
    turn += 1;
    requestAnimationFrame(paint);
  });
}"""

READ: Final = """async pictures => {
  const canvas = new OffscreenCanvas(1280, 720);
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  const found = [];
  for (const picture of pictures) {
    const bytes = Uint8Array.from(atob(picture), one => one.charCodeAt(0));
    const before = performance.now();
    const image = await createImageBitmap(new Blob([bytes], {type: 'image/jpeg'}));
    pen.drawImage(image, 0, 0);
    const drawn = performance.now() - before;
    const row = pen.getImageData(0, 14, 1280, 1).data;
    let time = 0;
    for (let bit = 0; bit < 44; bit++) if (row[(bit * 28 + 14) * 4] > 127) time += 2 ** bit;
    found.push([time, drawn]);
  }
  return found;
}"""


class Look(msgspec.Struct, frozen=True):
    """What one viewer has seen: pictures a second, and some of them with the time they came, ms."""

    fps: float
    size: float
    samples: list[tuple[float, bytes]]


class Round(msgspec.Struct, frozen=True):
    """Times of `evaluate` before and after somebody looked, and meanwhile, ms."""

    alone: list[float]
    watched: list[float]
    fps: float


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--calls", type=int, default=300)
    arguments = parser.parse_args()
    with site() as url, agent() as client:
        client.run("goto", {"url": url})
        client.run("evaluate", {"expression": PAINT})
        look = asyncio.run(_look(client, arguments.seconds))
        ages, drawing = asyncio.run(_read(look.samples))
        rounds = [_round(client, arguments.calls) for _ in range(arguments.rounds + 1)][1:]
    _report_look(look, ages, drawing)
    _report_rounds(rounds)


def _report_look(look: Look, ages: list[float], drawing: list[float]) -> None:
    print(f"\n| one viewer, {SIZE[0]}x{SIZE[1]} | |")
    print("|---|---|")
    print(f"| pictures a second | {look.fps:.1f} |")
    print(f"| size of one | {look.size / 1000:.0f} kB |")
    print(f"| painted to received, p50 | {statistics.median(ages):.1f} ms |")
    print(f"| painted to received, p95 | {statistics.quantiles(ages, n=20)[18]:.1f} ms |")
    print(f"| decoded and drawn by a browser, p50 | {statistics.median(drawing):.1f} ms |")
    print(
        f"| glass to glass, p50 | {statistics.median(ages) + statistics.median(drawing):.1f} ms |"
    )


def _report_rounds(rounds: list[Round]) -> None:
    print(f"\n| `evaluate`, median of {len(rounds)} rounds | p50 | p99 |")
    print("|---|---|---|")
    for name, turns in (
        ("nobody looks", [one.alone for one in rounds]),
        (f"{VIEWERS} look, one of them stalled", [one.watched for one in rounds]),
    ):
        p50 = statistics.median(statistics.median(times) for times in turns)
        p99 = statistics.median(statistics.quantiles(times, n=100)[98] for times in turns)
        print(f"| {name} | {p50:.2f} ms | {p99:.2f} ms |")
    ratios = [statistics.median(one.watched) / statistics.median(one.alone) for one in rounds]
    print(f"| ratio | {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) | |")
    fps = statistics.median(one.fps for one in rounds)
    print(f"\npictures a second of a viewer meanwhile: {fps:.1f}")


def _round(client: Xagent, calls: int) -> Round:
    before = _time(client, calls)
    with _viewers(client) as shown:
        watched = _time(client, calls)
    time.sleep(SETTLE_SECONDS)
    after = _time(client, calls)
    return Round(before + after, watched, shown[0])


def _time(client: Xagent, calls: int) -> list[float]:
    times = []
    for _ in range(calls):
        started = time.perf_counter()
        client.run("evaluate", {"expression": "1+1"})
        times.append((time.perf_counter() - started) * 1000)
    return times


@contextmanager
def _viewers(client: Xagent) -> Iterator[list[float]]:
    """Let viewers look from a process of their own; gives what one of them saw, at the end."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_watch, args=(*client.address, there))
    process.start()
    here.recv()
    time.sleep(WARM_UP_SECONDS)
    shown: list[float] = []
    try:
        yield shown
    finally:
        here.send(None)
        shown.append(here.recv())
        process.join()


def _watch(url: str, token: str, pipe: Connection) -> None:
    asyncio.run(_watch_all(url, token, pipe))


async def _watch_all(url: str, token: str, pipe: Connection) -> None:
    counts = [0] * VIEWERS
    sockets = [await _open(url, token) for _ in range(VIEWERS)]
    sockets[-1].transport.pause_reading()
    began = time.monotonic()
    pipe.send(None)
    async with asyncio.TaskGroup() as tasks:
        looking = [
            tasks.create_task(_count(socket, counts, place))
            for place, socket in enumerate(sockets[:-1])
        ]
        await asyncio.to_thread(pipe.recv)
        pipe.send(counts[0] / (time.monotonic() - began))
        for task in looking:
            task.cancel()
    for socket in sockets:
        socket.transport.abort()


async def _count(socket: ClientConnection, counts: list[int], place: int) -> None:
    async for message in socket:
        if isinstance(message, bytes):
            counts[place] += 1
            await _say_seen(socket, message)


async def _open(url: str, token: str) -> ClientConnection:
    socket = await connect(
        f"{url.replace('http', 'ws')}/api/agents/bench/pages/main/live",
        additional_headers={"Authorization": f"Bearer {token}"},
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        compression=None,
        proxy=None,
        max_size=None,
    )
    await socket.send(msgspec.json.encode(Want(30, *SIZE)).decode())
    return socket


async def _say_seen(socket: ClientConnection, picture: bytes) -> None:
    await socket.send(msgspec.json.encode(Seen(int.from_bytes(picture[:4]))).decode())


async def _look(client: Xagent, seconds: float) -> Look:
    samples: list[tuple[float, bytes]] = []
    size = 0
    socket = await _open(*client.address)
    async with socket:
        began = time.monotonic() + WARM_UP_SECONDS
        async for message in socket:
            if isinstance(message, bytes):
                now = time.monotonic()
                if now >= began:
                    samples.append((time.time() * 1000, message[PICTURE_HEAD.size :]))
                    size += len(message)
                await _say_seen(socket, message)
                if now >= began + seconds:
                    break
    step = max(1, len(samples) // SAMPLES)
    return Look(len(samples) / seconds, size / len(samples), samples[::step])


async def _read(samples: list[tuple[float, bytes]]) -> tuple[list[float], list[float]]:
    """Return how old each picture was when it came, and how long a browser took to draw it."""
    async with async_playwright() as playwright:
        found = await find_browser(None, playwright.chromium.executable_path)  # type: ignore[arg-type]  # a path is read
        async with await playwright.chromium.launch(executable_path=found.path) as browser:
            page = await browser.new_page()
            pictures = [base64.b64encode(picture).decode() for _, picture in samples]
            read: list[tuple[float, float]] = await page.evaluate(READ, pictures)
    ages = [came - painted for (came, _), (painted, _) in zip(samples, read, strict=True)]
    return ages, [drawn for _, drawn in read]


if __name__ == "__main__":
    main()
