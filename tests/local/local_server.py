"""A process of its own that serves a model until it is told to stop: `python local_server.py <model> <data>`.

Prints the gateway's port, then the processes that it has.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from inferwatch.local.gateway import gateway_app
from inferwatch.local.pool import Pool
from inferwatch.local.refusals import Refusals
from inferwatch.local.serve import bind, port_of, serve
from inferwatch.spec import load_spec


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def main(model: str, data: Path) -> None:
    stop = asyncio.Event()

    async def ticks() -> AsyncIterator[bytes]:
        while not stop.is_set():
            yield b"data: tick\n\n"
            await asyncio.wait([asyncio.create_task(stop.wait())], timeout=10)

    async def stream(_: Request) -> StreamingResponse:
        return StreamingResponse(ticks(), media_type="text/event-stream")

    spec = load_spec(model)
    pool = Pool(spec, data, now_ms=now_ms, environ=os.environ)
    gateway, page = bind("gateway", 0), bind("page", 0)
    await pool.start()
    apps = [
        (gateway_app(pool, Refusals(spec.compile(), data), now_ms=now_ms), gateway),
        (Starlette(routes=[Route("/stream", stream)]), page),
    ]
    sys.stdout.write(f"{port_of(gateway)} {port_of(page)}\n")
    sys.stdout.flush()
    await serve(apps, stop, close=pool.stop, tell=lambda text: sys.stderr.writelines([text, "\n"]))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
