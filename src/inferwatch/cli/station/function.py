"""What serves the model: its gateway and workers, and the queue in front of them where the spec has one."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from inferwatch.cli.clock import now_ms
from inferwatch.cli.station.heartbeats import ALARMS, INGEST, NOTIFICATIONS, QUEUE, Heartbeats
from inferwatch.local.gateway import Check, gateway_app
from inferwatch.local.pool import Pool
from inferwatch.local.refusals import Refusals
from inferwatch.local.serve import App, bind, port_of
from inferwatch.serving import cors
from inferwatch.spec.monitor_spec import MonitorSpec

if TYPE_CHECKING:
    from inferwatch.cli.station.queue import Queue


Served = tuple[App, socket.socket]


class Part(Protocol):
    """Something that lives in the event loop. `stop` may come before `start` has, or has come to its end."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Function:
    """One model's function. Making it takes the ports; `assemble` is called once, in the event loop.

    Raises RuntimeStartError, and MissingExtraError for a queue without the extra of that name, when made.
    """

    def __init__(
        self, spec: MonitorSpec, data: Path, environ: Mapping[str, str], *, host: str, port: int, queue_port: int
    ) -> None:
        self._spec = spec
        self._data = data
        self._environ = environ
        self._socket = bind("the gateway", port, host)
        self.url = f"http://{host}:{port_of(self._socket)}"
        self.queue = _queue(spec, data, queue_port) if spec.queue is not None else None
        self._parts: list[Part] = []

    def assemble(self, heartbeats: Heartbeats) -> list[Served]:
        """Put the parts together; gives what is to be served, and where. Raises StoreError."""
        pool = Pool(self._spec, self._data, now_ms=now_ms, environ=self._environ)
        self._parts = [pool]
        watched = [INGEST, ALARMS, NOTIFICATIONS]
        served: list[Served] = []
        if self.queue is not None:
            self._parts.append(self.queue)
            watched.append(QUEUE)
            served.append(self.queue.open(pool, heartbeats))
        checks = {part: partial(heartbeats.problem, part) for part in watched}
        return [(self._gateway(pool, checks), self._socket), *served]

    async def start(self) -> None:
        """Start the parts, one after the other. Raises HandlerError, RuntimeStartError and OSError."""
        for part in self._parts:
            await part.start()

    async def stop(self) -> None:
        """Stop the parts, the last one first."""
        for part in reversed(self._parts):
            await part.stop()

    def _gateway(self, pool: Pool, checks: Mapping[str, Check]) -> App:
        return gateway_app(
            pool,
            Refusals(self._spec.compile(), self._data),
            now_ms=now_ms,
            allowed_origins=cors.allowed_origins(self._environ),
            checks=checks,
        )


def _queue(spec: MonitorSpec, data: Path, port: int) -> Queue:
    from inferwatch.cli.station.queue import Queue  # a model without a queue needs neither boto3 nor moto

    return Queue(spec, data, port)
