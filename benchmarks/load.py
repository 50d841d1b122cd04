"""Load on one URL: wrk where it is installed, else a small generator of our own.

wrk costs the machine next to nothing, which matters on two cores; the generator in Python keeps
the benchmark running where wrk is not to be had, at the price of sharing the cores with it.
"""

from __future__ import annotations

import asyncio
import random
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import uvloop


@dataclass(frozen=True)
class Load:
    """What one burst showed: requests a second, milliseconds, answers that were not 2xx."""

    per_second: float
    p50_ms: float
    p99_ms: float
    failures: int
    requests: int


BODY: Final = '{"action":"echo","params":{"text":"hello"}}'

_SCRIPT: Final = """
local agents = {agents}
local headers = {{ ["Content-Type"] = "application/json", ["Authorization"] = "Bearer {token}" }}
request = function()
  local path = "/api/agents/null-" .. math.random(0, agents - 1) .. "/commands"
  return wrk.format("POST", path, headers, '{body}')
end
done = function(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  print(string.format("RESULT %d %d %f %f %d", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), failed))
end
"""


def has_wrk() -> bool:
    """Say whether wrk is on PATH."""
    return shutil.which("wrk") is not None


def burst(url: str, *, agents: int, token: str, connections: int, seconds: float) -> Load:
    """Post commands to random agents over *connections* at once, for *seconds*."""
    if has_wrk():
        return _wrk(url, agents, token, connections, seconds)
    return uvloop.run(_python(url, agents, token, connections, seconds))


def _wrk(url: str, agents: int, token: str, connections: int, seconds: float) -> Load:
    with tempfile.TemporaryDirectory() as directory:
        script = Path(directory) / "post.lua"
        script.write_text(_SCRIPT.format(agents=agents, token=token, body=BODY))
        command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency"]
        done = subprocess.run(
            [*command, "-s", str(script), url], check=True, capture_output=True, text=True
        )
    found = re.search(r"RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)", done.stdout)
    if found is None:
        raise RuntimeError(f"wrk said nothing of use: {done.stdout}")
    requests, microseconds = int(found[1]), int(found[2])
    return Load(
        per_second=requests / (microseconds / 1e6),
        p50_ms=float(found[3]) / 1000,
        p99_ms=float(found[4]) / 1000,
        failures=int(found[5]),
        requests=requests,
    )


async def _python(url: str, agents: int, token: str, connections: int, seconds: float) -> Load:
    parts = urlsplit(url)
    latencies: list[float] = []
    failures = 0
    until = time.perf_counter() + seconds

    async def connection() -> None:
        nonlocal failures
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        while time.perf_counter() < until:
            path = f"/api/agents/null-{random.randrange(agents)}/commands"
            head = (
                f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
            )
            started = time.perf_counter()
            writer.write(head.encode() + BODY.encode())
            answer = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", answer, re.IGNORECASE)
            await reader.readexactly(int(length[1]) if length else 0)
            latencies.append(time.perf_counter() - started)
            failures += not answer.startswith(b"HTTP/1.1 2")
        writer.close()

    started = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(connections):
            tasks.create_task(connection())
    elapsed = time.perf_counter() - started
    latencies.sort()
    return Load(
        per_second=len(latencies) / elapsed,
        p50_ms=latencies[len(latencies) // 2] * 1000,
        p99_ms=latencies[int(len(latencies) * 0.99)] * 1000,
        failures=failures,
        requests=len(latencies),
    )
