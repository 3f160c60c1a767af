"""The model's container as a process of this machine: started again when it dies, its output a log stream."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from inferwatch.errors import RuntimeStartError
from inferwatch.local.endpoint.http_call import Reply, call
from inferwatch.local.invocation import Failure
from inferwatch.local.launch import Launch
from inferwatch.local.process import Process
from inferwatch.local.serve import port_of
from inferwatch.local.stream import Stream
from inferwatch.sdk import compiled_spec
from inferwatch.sdk.streams import stream_file

VARIANT = "AllTraffic"
INIT_SECONDS = 60.0
STREAM_BYTES_MAX = 64 * 1024 * 1024
_PAUSE_FIRST = 0.1
_PAUSE_MOST = 5.0
_LAST_BYTES = 2_000


class Container:
    """Keeps one process running. bound: the socket on which it serves, which listens all the while.

    launch: the function whose endpoint it is; log_group: where its output goes, one stream a process.
    problem: why the last process did not come to serve, None where one does or is on its way.
    """

    def __init__(self, launch: Launch, log_group: str, bound: socket.socket, now_ms: Callable[[], int]) -> None:
        self._launch = launch
        self._log_group = log_group
        self._bound = bound
        self._now_ms = now_ms
        self._process: Process | None = None
        self._stream: Stream | None = None
        self._ready = asyncio.Event()
        self._stopping = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self._has_served = False
        self._busy = 0
        self.problem: str | None = None

    async def start(self) -> None:
        """Start it, and wait until it answers a ping. Raises RuntimeStartError with what it said where it does not."""
        self._keeping = asyncio.create_task(self._keep())
        waiting = asyncio.create_task(self._ready.wait())
        await asyncio.wait([waiting, self._keeping], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._keeping.done() and not self._stopping.is_set():
            raise RuntimeStartError(f"the endpoint's container does not start: {self.problem}")

    async def stop(self) -> None:
        """Kill it, and wait until it is gone."""
        self._stopping.set()
        if self._process is not None:
            self._process.kill()
        if self._keeping is not None:
            await self._keeping

    async def available(self, seconds: float) -> None:
        """Wait until it serves. Raises TimeoutError, and ConnectionError where it does not come to that."""
        if self.problem is not None:
            raise ConnectionError(self.problem)
        await asyncio.wait_for(self._ready.wait(), seconds)

    async def invoke(self, headers: Mapping[str, str], body: bytes, seconds: float) -> Reply:
        """What it answers to `POST /invocations`. Raises TimeoutError, and another OSError where it does not answer."""
        self._busy += 1
        try:
            return await call(port_of(self._bound), "POST", "/invocations", headers, body, seconds)
        finally:
            self._busy -= 1
            self._renew_worn()

    def _renew_worn(self) -> None:
        """End an idle process whose stream is so large that it should be sealed; the next one takes its place."""
        worn = self._stream is not None and self._stream.size > STREAM_BYTES_MAX
        if worn and not self._busy and self._process is not None:
            self._ready.clear()
            self._process.kill()

    async def _keep(self) -> None:
        fruitless = 0
        while not self._stopping.is_set():
            try:
                self.problem = await self._live()
            except OSError as error:
                self.problem = str(error)
            if not self._has_served:
                return
            fruitless = 0 if self.problem is None else fruitless + 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), min(_PAUSE_FIRST * 2**fruitless, _PAUSE_MOST))

    async def _live(self) -> str | None:
        """One process, from its start to its end; why it did not come to serve, None where it did.

        Raises OSError where it cannot be started.
        """
        gone: asyncio.Future[Failure] = asyncio.get_running_loop().create_future()
        name = f"{VARIANT}/{uuid.uuid4().hex}"
        stream = self._stream = Stream(self._launch.data, self._log_group, name)
        try:
            self._process = self._spawn(stream, gone.set_result)
            served = await self._pinged(self._process, gone)
            failure = await gone
            file = stream_file(self._launch.data, self._log_group, name)
            return None if served else _last_words(file) or failure.message
        finally:
            self._ready.clear()
            self._process = self._stream = None
            with contextlib.suppress(OSError):  # the disk is full; without its end the stream is read all the same
                stream.seal(self._now_ms())

    def _spawn(self, stream: Stream, on_exit: Callable[[Failure], None]) -> Process:
        descriptor = self._bound.fileno()
        command = [sys.executable, "-P", "-m", "inferwatch.local.endpoint.worker", str(os.getpid()), str(descriptor)]
        return Process(
            command,
            variables=self._variables(),
            folder=self._launch.spec.folder,
            output=stream.descriptor,
            on_exit=on_exit,
            kept=[descriptor],
        )

    async def _pinged(self, process: Process, gone: asyncio.Future[Failure]) -> bool:
        """Whether it answers a ping. One that does not is killed."""
        if self._stopping.is_set():
            process.kill()
        pinging = asyncio.create_task(call(port_of(self._bound), "GET", "/ping", {}, b"", INIT_SECONDS))
        either: list[asyncio.Future[Any]] = [pinging, gone]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not pinging.done():
            pinging.cancel()
            return False
        if pinging.exception() is not None or pinging.result().status != 200:
            process.kill()
            return False
        self.problem, self._has_served = None, True
        self._ready.set()
        return True

    def _variables(self) -> dict[str, str]:
        return {
            **self._launch.environ,
            compiled_spec.VARIABLE: str(self._launch.compiled_file.absolute()),
            "PYTHONUNBUFFERED": "1",
        }


def _last_words(path: Path) -> str:
    """The last line of text that a process left."""
    text = path.read_bytes()[-_LAST_BYTES:].decode("utf-8", "replace")
    lines = [line for line in text.splitlines() if line.strip() and '"type":"platform.' not in line]
    return lines[-1].strip() if lines else ""
