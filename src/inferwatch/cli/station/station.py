"""What `up` and `demo` run, for one model: the function with what belongs to it, the page, and the threads beside."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from inferwatch.cli import output
from inferwatch.cli.clock import now_ms
from inferwatch.cli.registration.local import LocalRegistration
from inferwatch.cli.scope import scope
from inferwatch.cli.station.function import Function
from inferwatch.cli.station.heartbeats import Heartbeats
from inferwatch.cli.station.page_sources import local_sources
from inferwatch.cli.station.readers import Readers, SharedMetricSource
from inferwatch.cli.station.threads import Threads
from inferwatch.local.serve import LOOPBACK, App, bind, port_of, serve
from inferwatch.notify.targets import targets
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.store import Store
from inferwatch.web import Sessions, page_app


class Station:
    """One model on this machine. Making it takes the data folder and the ports, and registers what will be served;
    `run` blocks until the end.

    spec: with the version and deployment of the registry; function: None for a model that is served elsewhere, which
    names no `predict`: what its programs record is watched.

    Raises SpecError, StoreError, RegistryError, RuntimeStartError and MissingExtraError when made; StoreError,
    HandlerError and RuntimeStartError when run.
    """

    def __init__(
        self,
        spec: MonitorSpec,
        data: Path,
        environ: Mapping[str, str],
        *,
        host: str = LOOPBACK,
        port: int = 0,
        page_port: int = 0,
        queue_port: int = 0,
        description: str = "",
    ) -> None:
        self.data = data
        self.readers = Readers(data)
        self.metrics = SharedMetricSource(self.readers, spec.identity.metric_namespace)
        self.function: Function | None = None
        self.registration: LocalRegistration | None = None
        with ExitStack() as undo:
            self._targets = targets(spec, environ)
            self._store = undo.enter_context(Store.open(data, writer=True))
            if spec.model.predict or spec.sagemaker:
                self.registration = LocalRegistration(spec, data, environ, description)
                undo.callback(self.registration.ended)
                spec, environ = self.registration.spec, {**environ, **self.registration.variables()}
                self.function = Function(spec, data, environ, host=host, port=port, queue_port=queue_port)
            self._page_socket = bind("the page", page_port)
            self._at_end = undo.pop_all()
        self.spec = spec
        self._page_url = f"http://{LOOPBACK}:{port_of(self._page_socket)}/"
        self._sessions = Sessions(self._new_token)
        self._heartbeats = Heartbeats(now_ms)
        self._stop: Callable[[], None] = lambda: None

    @property
    def gateway_url(self) -> str | None:
        return self.function.url if self.function else None

    @property
    def page_link(self) -> str:
        """Opens the page in one browser, once."""
        return f"{self._page_url}?token={self._sessions.token}"

    def run(self, ready: Callable[[], None], page_ready: Callable[[], None] = lambda: None) -> None:
        """Run until SIGINT, SIGTERM or `stop`. page_ready: called when the page answers; ready: when the model does."""
        with self._at_end:
            threads = Threads(self.spec, self._store, self._targets, self._page_url, self._heartbeats)
            try:
                asyncio.run(self._serve(ready, page_ready))
            finally:
                threads.stop()
                self.readers.close()

    def stop(self) -> None:
        """End it, from any thread."""
        self._stop()

    async def _serve(self, ready: Callable[[], None], page_ready: Callable[[], None]) -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        self._stop = lambda: _call_in(loop, stop.set)
        apps = [(self._page(stop), self._page_socket)]
        start, close = _nothing, _nothing
        if self.function is not None:
            apps += self.function.assemble(self._heartbeats)
            start, close = self.function.start, self.function.stop
        serving = asyncio.create_task(serve(apps, stop, close=close, tell=output.note))
        page_ready()
        starting = asyncio.create_task(start())
        await asyncio.wait([starting, serving], return_when=asyncio.FIRST_COMPLETED)
        try:
            if starting.done():
                starting.result()
                if not stop.is_set():
                    await self._register()
                    ready()
        except BaseException:
            stop.set()
            raise
        finally:
            await serving
            starting.cancel()

    async def _register(self) -> None:
        if self.function is not None and self.registration is not None:
            await asyncio.to_thread(self.registration.serves, f"{self.function.url}/predict")

    def _page(self, stop: asyncio.Event) -> App:
        sources = local_sources(self.spec, scope(self.spec), self.readers, self.metrics, self._heartbeats.last)
        return page_app(sources, self._sessions, stop=stop, gateway_url=self.gateway_url)

    def _new_token(self, token: str) -> None:
        output.note(f"The link was used. Another browser: {self._page_url}?token={token}")


async def _nothing() -> None:
    """What there is to start and to close where nothing is served."""


def _call_in(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    with suppress(RuntimeError):  # the loop has ended by itself
        loop.call_soon_threadsafe(call)
