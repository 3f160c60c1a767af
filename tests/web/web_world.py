"""A model with a real store behind the page, and a real server in front of it. Times are epoch milliseconds."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inferwatch.alarms.values import INSUFFICIENT_DATA, AlarmState, Notification, State, Transition
from inferwatch.cli.station.page_sources import local_sources
from inferwatch.cli.station.readers import Readers, SharedMetricSource
from inferwatch.local.metric_stream import metrics_line
from inferwatch.local.serve import bind, port_of, server_of
from inferwatch.registry.records import Deployment, Model, ModelVersion
from inferwatch.sdk import Monitor
from inferwatch.sdk.clock import iso
from inferwatch.sdk.sinks import LogStreamSink
from inferwatch.spec import load_spec
from inferwatch.spec.load import spec_of
from inferwatch.store import Store
from inferwatch.store.registry import LocalRegistry
from inferwatch.web import Sessions, Sources, page_app

NOON = 1_767_268_800_000
"""2026-01-01T12:00:00Z."""
LOG_GROUP = "/demo/vision/digits"
SCOPE = f"{LOG_GROUP}:dev"

SPEC = """
[model]
namespace = "/demo/vision"
name = "digits"
confidence_scale = 1

[features]
pixels = "number[4]"
note = "string?"

[[metric]]
name = "Pages"
field = "pages"
unit = "Count"

[dashboard]
title = "Digits"
description = "**Digits** of a [desk](https://example.com/desk). <b>No markup</b>, [no script](javascript:alert(1))."

[[alarm]]
name = "Low-Probability-Alarm"
period = 10
threshold = 0.75
runbook = "https://example.com/runbook"

[[composite_alarm]]
name = "Page-Somebody"
rule = "ALARM(Inference-Error-Alarm) AND NOT ALARM(High-Latency-Alarm)"

[notify.slack]
webhook_env = "SLACK_WEBHOOK_URL"
"""


class World:
    """now: what the page takes for the present; a number, or a clock's function. parts: further tables of the spec."""

    def __init__(self, folder: Path, now: int | Callable[[], int] = NOON, parts: str = "") -> None:
        (folder / "inferwatch.toml").write_text(SPEC + parts)
        self.spec = load_spec(folder)
        self.now = now
        self.data = folder / "data"
        self.store = Store.open(self.data, writer=True)
        self._sink = LogStreamSink(folder / "data", LOG_GROUP, "test")
        self._readers = Readers(folder / "data")
        self.health: dict[str, int] = {}
        self.tokens: list[str] = []
        self.sessions = Sessions(self.tokens.append)

    def now_ms(self) -> int:
        return self.now if isinstance(self.now, int) else self.now()

    @property
    def sources(self) -> Sources:
        metrics = SharedMetricSource(self._readers, self.spec.identity.metric_namespace)
        return local_sources(self.spec, SCOPE, self._readers, metrics, lambda: self.health, now_ms=self.now_ms)

    def infer(self, at_ms: int, elapse: float = 20.0, environment: str = "dev", version: int = 1, **fields: Any) -> str:
        """Record one inference, to be seen after `settle`; gives its id. environment: the page's own is `dev`."""
        compiled = {**self.spec.compile(), "environment": environment, "model_version": version}
        monitor = Monitor(compiled, self._sink)
        fields = {"confidence": 0.9, "prediction": 3, "request": {"pixels": [0, 1, 2, 3]}, **fields}
        return monitor.record(start_ms=at_ms, elapse=elapse, **fields)

    def infer_elsewhere(
        self,
        namespace: str,
        model_name: str,
        at_ms: int,
        environment: str = "prod",
        metric_namespace: str | None = None,
        **fields: Any,
    ) -> None:
        """Record one inference of another model in the same data folder, whose confidences go up to 100."""
        model: dict[str, Any] = {"namespace": namespace, "name": model_name, "confidence_scale": 100}
        if metric_namespace is not None:
            model["metric_namespace"] = metric_namespace
        spec = spec_of({"model": model}, environment)
        sink = LogStreamSink(self.data, spec.identity.log_group, "test")
        Monitor(spec.compile(), sink).record(start_ms=at_ms, **{"elapse": 30.0, "request": {"x": 1}, **fields})
        sink.close()

    def release(self, version: int, at_ms: int, by: str = "ana") -> None:
        """Register a version with a deployment of it, the current one from `at_ms` on. They are numbered alike."""
        registry = LocalRegistry(self.data)
        about: dict[str, Any] = {
            "namespace": "/demo/vision",
            "model_name": "digits",
            "create_at": iso(at_ms),
            "created_by": by,
        }
        registry.register_version(ModelVersion(model_version=version, description=f"Try {version}", **about))
        deployment = Deployment(
            model_version=version,
            deployment_id=version,
            environment="dev",
            deployment_method="local",
            state="pending",
            **about,
        )
        registry.register_deployment(deployment)
        registry.promote(deployment.model, version, now_ms=at_ms, by=by)

    def roll_back(self, at_ms: int) -> None:
        """Make the deployment before the current one current again."""
        LocalRegistry(self.data).roll_back(Model("/demo/vision", "digits"), "dev", now_ms=at_ms, by="ana")

    def measure(self, at_ms: int, **values: float) -> None:
        """Write down what the parts around the function measured."""
        self._sink(metrics_line(self.spec.compile(), "measured", values, at_ms) + b"\n")

    def settle(self) -> None:
        self.store.ingest(self.now_ms())

    def turn(self, alarm: str, state: State, at_ms: int, value: float | None = None) -> None:
        """Let an alarm go to `state`, with a notification of it."""
        log = self.store.alarm_log(SCOPE)
        known = log.states().get(alarm)
        previous = known.state if known else INSUFFICIENT_DATA
        reason = f"{alarm} went to {state}"
        change = Transition(alarm=alarm, previous=previous, state=state, reason=reason, at_ms=at_ms, value=value)
        standing = AlarmState(alarm=alarm, state=state, reason=reason, since_ms=at_ms, evaluated_ms=at_ms)
        log.commit([standing], [change], [self._notification(change)])

    def _notification(self, change: Transition) -> Notification:
        watched: dict[str, Any] = {}
        for alarm in self.spec.alarms:
            if alarm.name == change.alarm:
                names = ("metric", "statistic", "period", "comparison", "threshold")
                watched = {name: getattr(alarm, name) for name in names}
                watched["unit"] = self.spec.unit(alarm.metric)
        return Notification(
            id=f"{change.alarm}-{change.at_ms}",
            target="slack",
            transition=change,
            namespace="/demo/vision",
            model_name="digits",
            model_version="1",
            environment="dev",
            **watched,
        )

    def close(self) -> None:
        self._sink.close()
        self._readers.close()
        self.store.close()


class Server:
    """The page of a world, served by uvicorn in a thread. Used as a context manager."""

    def __init__(self, world: World, interval: float = 0.1) -> None:
        self._world = world
        self._interval = interval
        self._socket = bind("the page", 0)
        self.url = f"http://127.0.0.1:{port_of(self._socket)}"
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    @property
    def link(self) -> str:
        return f"{self.url}/?token={self._world.sessions.token}"

    @property
    def listeners(self) -> int:
        listeners: int = self._app.state.feed.listeners
        return listeners

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        gateway = "http://127.0.0.1:8000"
        self._app = page_app(
            self._world.sources, self._world.sessions, stop=self._stop, gateway_url=gateway, interval=self._interval
        )
        self._server = server_of(self._app)
        self._ready.set()
        await self._server.serve(sockets=[self._socket])

    def stop_streams(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)

    def __enter__(self) -> Server:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_streams()
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()
        assert not self._thread.is_alive(), "the server did not end although the event streams were stopped"
