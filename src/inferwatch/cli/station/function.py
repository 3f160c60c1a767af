"""What serves the model: gateway and workers and, where the spec has them, the queue before and the endpoint behind."""

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
    from inferwatch.local.endpoint.endpoint import LocalEndpoint


Served = tuple[App, socket.socket]


class Part(Protocol):
    """Something that lives in the event loop. `stop` may come before `start` has, or has come to its end."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Function:
    """One model's function. Making it takes the ports; `assemble` is called once, in the event loop.

    Raises RuntimeStartError, SpecError and MissingExtraError when made: a queue and an endpoint need extras.
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
        self._endpoint = _endpoint(spec, data, environ) if spec.sagemaker is not None else None
        self._parts: list[Part] = []

    def assemble(self, heartbeats: Heartbeats) -> list[Served]:
        """Put the parts together; gives what is to be served, and where. Raises StoreError."""
        checks: dict[str, Check] = {part: partial(heartbeats.problem, part) for part in (INGEST, ALARMS, NOTIFICATIONS)}
        environ = dict(self._environ)
        if self._endpoint is not None:
            environ |= self._endpoint.variables()
            checks["endpoint"] = self._endpoint.problem
            self._parts.append(self._endpoint)
        pool = Pool(self._spec, self._data, now_ms=now_ms, environ=environ)
        self._parts.append(pool)
        served: list[Served] = []
        if self.queue is not None:
            served.append(self.queue.open(pool, heartbeats))
            checks[QUEUE] = partial(heartbeats.problem, QUEUE)
            self._parts.append(self.queue)
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


def _endpoint(spec: MonitorSpec, data: Path, environ: Mapping[str, str]) -> LocalEndpoint:
    from inferwatch.local.endpoint.endpoint import LocalEndpoint

    return LocalEndpoint(spec, data, environ, now_ms=now_ms)
