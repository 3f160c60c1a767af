"""A model that does what a request tells it to, and ways to run it and to read what was written."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson

from inferwatch.local.pool import Pool
from inferwatch.serving.event import http_event

SPEC = """
[model]
namespace = "/demo"
name = "odd"
version = 7
predict = "app:predict"
[function]
timeout = {timeout}
concurrency = {concurrency}
[features]
do = "string"
"""

APP = """
import os, signal, sys, time

def predict(features):
    return globals()[features["do"]]()

def answer():
    return {"prediction": os.getpid(), "confidence": 0.5}

def fail():
    raise RuntimeError("the model broke")

def sleep():
    time.sleep(60)

def nap():
    time.sleep(0.3)
    return 1

def block():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    time.sleep(60)

def leave():
    os._exit(3)

def crash():
    os.kill(os.getpid(), signal.SIGSEGV)

def half_line():
    print("half a line", end="")
    return 1

def half_line_and_leave():
    os.write(1, b"half a line")
    os._exit(3)

def chatter():
    print("to stdout")
    print("to stderr", file=sys.stderr)
    return 1

def grow():
    return len(bytearray(os.urandom(1) * 80_000_000)) and 1

def large():
    return "x" * 2_000_000

def huge():
    return "x" * 7_000_000

def child():
    import subprocess
    started = subprocess.Popen(["sleep", "60"])
    return started.pid

def variables():
    return {name: os.environ.get(name) for name in os.environ if "A" in name or name == "TZ"}

def paths():
    return [os.getcwd(), os.getsid(0) == os.getpid()]
"""

MakePool = Callable[..., Pool]


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


def asking(what: str) -> dict[str, Any]:
    """The event of a request for what `app.py` can do."""
    return http_event("POST", "/predict", [], orjson.dumps({"do": what}), source_ip="192.0.2.1", now_ms=0)


@asynccontextmanager
async def running(pool: Pool) -> AsyncIterator[Pool]:
    await pool.start()
    try:
        yield pool
    finally:
        await pool.stop()


def run(work: Coroutine[Any, Any, Any]) -> Any:
    async def in_time() -> Any:
        async with asyncio.timeout(60):
            return await work

    return asyncio.run(in_time())


def streams(data: Path, group: str = "demo/odd") -> list[Path]:
    return sorted((data / "logs" / group / "@streams").glob("*.jsonl"), key=lambda path: path.stat().st_mtime_ns)


def lines(path: Path) -> list[Any]:
    """A stream file's lines: JSON where it is, else text."""
    found: list[Any] = []
    for line in path.read_text().splitlines():
        try:
            found.append(orjson.loads(line))
        except ValueError:
            found.append(line)
    return found


def events(path: Path, kind: str) -> list[dict[str, Any]]:
    """What the platform wrote: the records of its `platform.<kind>` lines."""
    named = f"platform.{kind}"
    return [line["record"] for line in lines(path) if isinstance(line, dict) and line.get("type") == named]


def records(path: Path) -> list[dict[str, Any]]:
    return [line for line in lines(path) if isinstance(line, dict) and line.get("type") == "inference_transaction"]


def exists(pid: int) -> bool:
    """Whether a process runs: one that has ended and is not yet reaped by its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for what another process will bring about."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.01)
