"""Several HTTP servers in one event loop, and an orderly end of them all."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import uvicorn

from inferwatch.errors import RuntimeStartError

App = Callable[..., Awaitable[Any]]
LOOPBACK = "127.0.0.1"
# Ctrl-C is to end everything within a second: time for answers under way, then time to say that there will be none.
_GRACE_SECONDS = 0.4
_LAST_SECONDS = 0.4
_TURN_SECONDS = 0.05
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def bind(what: str, port: int, host: str = LOOPBACK) -> socket.socket:
    """A socket that connections may already come to. port 0: any free one. Raises RuntimeStartError.

    what: whose port it is, for the message.
    """
    # asyncio turns off Nagle's delay (44 ms an answer, since head and body are two writes) only if TCP is named.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(2048)
    except OSError as error:
        bound.close()
        raise RuntimeStartError(_bind_problem(what, host, port, error)) from error
    bound.setblocking(False)
    return bound


def port_of(bound: socket.socket) -> int:
    port: int = bound.getsockname()[1]
    return port


async def serve(
    apps: Sequence[tuple[App, socket.socket]],
    stop: asyncio.Event,
    *,
    close: Callable[[], Awaitable[None]],
    tell: Callable[[str], None],
) -> None:
    """Serve each app on its socket until `stop` is set, or SIGINT, SIGTERM or SIGHUP sets it.

    Then no connection is taken, answers under way get a moment, `close` is awaited (it ends the pool, and so the
    answers that are still missing), and the rest is cut off. Event streams must end by themselves on `stop`.
    tell: where trouble is told that no request can be answered with.
    """
    servers = [server_of(app) for app, _ in apps]
    asyncio.get_running_loop().set_exception_handler(_teller(tell, stop))
    with _signals_set(stop):
        running = [
            asyncio.create_task(server.serve(sockets=[bound])) for server, (_, bound) in zip(servers, apps, strict=True)
        ]
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([stopped, *running], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            stop.set()
            await _end(servers, running, close)
    for task in running:
        task.result()


def server_of(app: App) -> Server:
    """One server of several in a loop: signals are not its own to handle."""
    return Server(_config(app))


async def _end(
    servers: Sequence[Server], running: Sequence[asyncio.Task[None]], close: Callable[[], Awaitable[None]]
) -> None:
    for server in servers:
        server.should_exit = True
    await asyncio.wait(running, timeout=_GRACE_SECONDS)
    await close()
    _, late = await asyncio.wait(running, timeout=_LAST_SECONDS)
    if late:
        for server in servers:
            server.cut_off()
        await asyncio.wait(late)


class Server(uvicorn.Server):
    """One of several: signals are for `serve` to handle, once."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no connection, and end each when its answer is given.

        uvicorn tells it to the connections of that moment. One that was accepted then and has not asked anything
        (browsers open such) would keep the server for as long as its client likes.
        """
        ending = asyncio.create_task(super().shutdown(sockets))
        while not ending.done():
            await asyncio.wait([ending], timeout=_TURN_SECONDS)
            for connection in list(self.server_state.connections):
                connection.shutdown()
        await ending

    def cut_off(self) -> None:
        """End the connections as they are, with whatever answers are under way."""
        self.force_exit = True
        for connection in list(self.server_state.connections):
            if connection.transport is not None:  # Python from 3.12 on waits for each connection that is open
                connection.transport.abort()


def _config(app: App) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        log_config=None,
        log_level="error",  # what strangers send to an open port (garbage, upgrades) is no news for the terminal
        access_log=False,
        server_header=False,
        proxy_headers=False,  # whoever calls a loopback port could otherwise claim any address
        timeout_keep_alive=75,
    )


@contextlib.contextmanager
def _signals_set(stop: asyncio.Event) -> Iterator[None]:
    """SIGINT, SIGTERM and SIGHUP (a closed terminal) set `stop`; outside the main thread, signals are not ours."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    # `nohup` has a SIGHUP ignored, and it stays so.
    numbers = [n for n in _ENDING if n != signal.SIGHUP or signal.getsignal(n) != signal.SIG_IGN]
    for number in numbers:
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def _teller(tell: Callable[[str], None], stop: asyncio.Event) -> Callable[[asyncio.AbstractEventLoop, Any], None]:
    """Handles the loop's exceptions. Of a lack of descriptors asyncio makes one for each place in the backlog."""
    told = False

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        nonlocal told
        if stop.is_set():
            return  # asyncio tries to accept again on a socket that was closed meanwhile
        if getattr(context.get("exception"), "errno", None) not in (errno.EMFILE, errno.ENFILE):
            loop.default_exception_handler(context)
        elif not told:
            told = True
            tell("connections have to wait: too many files are open; raise the limit (ulimit -n)")

    return handle


def _bind_problem(what: str, host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{what}: port {port} is in use; end the program that has it, or choose another port (0: any free one)"
    if error.errno == errno.EACCES:
        return f"{what}: port {port} may not be opened by this user; choose one above 1023"
    return f"{what}: {host}:{port} cannot be opened: {error.strerror}"
