"""The page alone, without a model behind it: what `dashboard` serves."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from inferwatch.cli import output
from inferwatch.local.serve import LOOPBACK, port_of, serve
from inferwatch.web import Sessions, Sources, page_app


def serve_page(
    sources: Sources,
    bound: socket.socket,
    *,
    interval: float,
    ready: Callable[[str], None],
    ending: Callable[[], None] = lambda: None,
    path: str = "",
) -> None:
    """Serve the page until SIGINT or SIGTERM.

    interval: seconds between events; ready: told the link; ending: called when it begins to end, so
    that reads under way can be given up; path: where the link leads, `overview` or "".
    """
    url = f"http://{LOOPBACK}:{port_of(bound)}/{path}"
    sessions = Sessions(lambda token: output.note(f"The link was used. Another browser: {url}?token={token}"))

    async def run() -> None:
        stop = asyncio.Event()
        app = page_app(sources, sessions, stop=stop, interval=interval)
        ready(f"{url}?token={sessions.token}")
        stopped = asyncio.create_task(stop.wait())
        stopped.add_done_callback(lambda _: ending())
        await serve([(app, bound)], stop, close=_nothing, tell=output.note)
        await stopped

    asyncio.run(run())


async def _nothing() -> None:
    """What there is to close behind a page alone."""
