"""How a server ends while connections are open: in its own event loop, with real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from inferwatch.local.serve import Server, bind, port_of, server_of

GIVEN_SECONDS = 20


async def hangs(scope: dict[str, Any], *_: Callable[..., Awaitable[Any]]) -> None:
    assert scope["type"] == "http"  # refuses the lifespan, as an application may
    await asyncio.Event().wait()


@asynccontextmanager
async def served() -> AsyncIterator[tuple[Server, int, asyncio.Task[None]]]:
    with bind("the page", 0) as bound:
        server, port = server_of(hangs), port_of(bound)
        task = asyncio.create_task(server.serve(sockets=[bound]))
        await until(lambda: server.started)
        yield server, port, task


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(GIVEN_SECONDS):
        while not condition():  # noqa: ASYNC110  (what is waited for tells nobody)
            await asyncio.sleep(0)


def test_a_connection_that_comes_while_the_server_ends_does_not_keep_it() -> None:
    async def main() -> None:
        async with served() as (server, _, task):
            server.should_exit = True
            await until(lambda: not server.servers[0].is_serving())
            # What asyncio accepted just before: its protocol is made after uvicorn has told all that there were.
            ours, browser = socket.socketpair()
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: server.config.http_protocol_class(server.config, server.server_state, {}), ours
            )
            with browser:
                await asyncio.wait_for(task, GIVEN_SECONDS)
                browser.settimeout(GIVEN_SECONDS)
                assert browser.recv(1) == b""

    asyncio.run(main())


@pytest.mark.parametrize("asked", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"], ids=["nothing", "a request"])
def test_what_is_cut_off_is_over(asked: bytes) -> None:
    async def main() -> None:
        async with served() as (server, port, task):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(asked)
            await until(lambda: bool(server.server_state.tasks if asked else server.server_state.connections))
            server.should_exit = True
            server.cut_off()
            await asyncio.wait_for(task, GIVEN_SECONDS)
            with suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()

    asyncio.run(main())
