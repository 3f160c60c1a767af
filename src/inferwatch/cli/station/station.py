"""What `up` and `demo` run: gateway and workers, the page, the watch and the delivery, for one model."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from inferwatch.cli import output
from inferwatch.cli.clock import now_ms
from inferwatch.cli.scope import scope
from inferwatch.cli.station.delivery import NOTIFICATIONS, deliver
from inferwatch.cli.station.heartbeats import Heartbeats
from inferwatch.cli.station.housekeeping import keep_house
from inferwatch.cli.station.page_sources import local_sources
from inferwatch.cli.station.readers import Readers, SharedMetricSource
from inferwatch.cli.station.watch import ALARMS, INGEST, Watch
from inferwatch.local.gateway import gateway_app
from inferwatch.local.pool import Pool
from inferwatch.local.refusals import Refusals
from inferwatch.local.serve import LOOPBACK, App, bind, port_of, serve
from inferwatch.notify.targets import targets
from inferwatch.serving import cors
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.store import Store
from inferwatch.web import Sessions, page_app

LAST_ROUND_SECONDS = 0.5
"""How long the threads may take to end: Ctrl-C is to end everything within a second."""


class Station:
    """One model on this machine. Making it takes the ports; `run` takes the data folder and blocks until the end.

    A model without `predict` is served elsewhere: there is no gateway then, and what its programs record is watched.

    Raises SpecError and RuntimeStartError when made; StoreError, HandlerError and RuntimeStartError when run.
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
    ) -> None:
        self.spec = spec
        self.data = data
        self.readers = Readers(data)
        self._environ = environ
        self._targets = targets(spec, environ)
        self._gateway_socket = bind("the gateway", port, host) if spec.model.predict else None
        self._page_socket = bind("the page", page_port)
        self.gateway_url = f"http://{host}:{port_of(self._gateway_socket)}" if self._gateway_socket else None
        self._page_url = f"http://{LOOPBACK}:{port_of(self._page_socket)}/"
        self._sessions = Sessions(self._new_token)
        self.metrics = SharedMetricSource(self.readers, spec.identity.metric_namespace)
        self._heartbeats = Heartbeats(now_ms)
        self._threads_stop = threading.Event()
        self._stop: Callable[[], None] = lambda: None

    @property
    def page_link(self) -> str:
        """Opens the page in one browser, once."""
        return f"{self._page_url}?token={self._sessions.token}"

    def run(self, ready: Callable[[], None], page_ready: Callable[[], None] = lambda: None) -> None:
        """Run until SIGINT, SIGTERM or `stop`. page_ready: called when the page answers; ready: when the model does."""
        with Store.open(self.data, writer=True) as store:
            threads = self._start_threads(store)
            try:
                asyncio.run(self._serve(ready, page_ready))
            finally:
                self._threads_stop.set()
                for thread in threads:
                    thread.join(LAST_ROUND_SECONDS)
                self.readers.close()

    def stop(self) -> None:
        """End it, from any thread."""
        self._stop()

    async def _serve(self, ready: Callable[[], None], page_ready: Callable[[], None]) -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        self._stop = lambda: _call_in(loop, stop.set)
        apps = [(self._page(stop), self._page_socket)]
        start, close = _nothing, _nothing
        if self._gateway_socket is not None:
            pool = Pool(self.spec, self.data, now_ms=now_ms, environ=self._environ)
            apps.append((self._gateway(pool), self._gateway_socket))
            start, close = pool.start, pool.stop
        serving = asyncio.create_task(serve(apps, stop, close=close, tell=output.note))
        page_ready()
        starting = asyncio.create_task(start())
        await asyncio.wait([starting, serving], return_when=asyncio.FIRST_COMPLETED)
        try:
            if starting.done():
                starting.result()
                if not stop.is_set():
                    ready()
        except BaseException:
            stop.set()
            raise
        finally:
            await serving
            starting.cancel()

    def _gateway(self, pool: Pool) -> App:
        parts = (INGEST, ALARMS, NOTIFICATIONS)
        return gateway_app(
            pool,
            Refusals(self.spec.compile(), self.data),
            now_ms=now_ms,
            allowed_origins=cors.allowed_origins(self._environ),
            checks={part: partial(self._heartbeats.problem, part) for part in parts},
        )

    def _page(self, stop: asyncio.Event) -> App:
        sources = local_sources(self.spec, scope(self.spec), self.readers, self.metrics, self._heartbeats.last)
        return page_app(sources, self._sessions, stop=stop, gateway_url=self.gateway_url)

    def _start_threads(self, store: Store) -> list[threading.Thread]:
        tell, stop = output.note, self._threads_stop
        watch = Watch(self.spec, self._page_url, self._heartbeats, tell)
        work: dict[str, Callable[[], None]] = {
            "watch": partial(watch.run, store.share(), stop),
            "delivery": partial(deliver, store.share(), scope(self.spec), self._targets, self._heartbeats, tell, stop),
            "housekeeping": partial(keep_house, store.share(), tell, stop),
        }
        # Daemons: one that hangs in a webhook must not keep the process from ending.
        threads = [threading.Thread(target=call, name=name, daemon=True) for name, call in work.items()]
        for thread in threads:
            thread.start()
        return threads

    def _new_token(self, token: str) -> None:
        output.note(f"The link was used. Another browser: {self._page_url}?token={token}")


async def _nothing() -> None:
    """What there is to start and to close where nothing is served."""


def _call_in(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    with suppress(RuntimeError):  # the loop has ended by itself
        loop.call_soon_threadsafe(call)
