"""The two sides of MetricSource with the same lines in them: a data folder on this machine, and an account of AWS's."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import orjson
from aws_world import Cloud

from inferwatch.aws.patience import Patience
from inferwatch.aws.reading.metrics import CloudWatchMetricSource
from inferwatch.ports import MetricSource, Record
from inferwatch.sdk import LineFormat, Transaction
from inferwatch.sdk.clock import iso
from inferwatch.sdk.ids import transaction_id
from inferwatch.sdk.streams import stream_file
from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.store import Store

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
# CloudWatch Logs takes no event of another fortnight, so the world's present is the real one, at a full hour.
NOW = time.time_ns() // 1_000_000 // HOUR * HOUR

SPEC = """
[model]
namespace = "/abc_corp/claim"
name = "doc"
version = 3
confidence_scale = 1
by_version = true

[[metric]]
name = "Pages"
field = "request.pages"
unit = "Count"

[environment.prod]
[environment.dev]
"""


class Side(Protocol):
    """One side, as the tests fill and ask it. Its present is NOW, until time passes."""

    spec: MonitorSpec
    source: MetricSource

    def put(self, lines: Sequence[bytes], stream: str = "one") -> None: ...

    def let_pass(self, ms: int) -> None: ...


def a_spec(folder: Path) -> MonitorSpec:
    (folder / "inferwatch.toml").write_text(SPEC)
    return load_spec(folder, "prod")


class Local:
    """Lines in stream files, taken into a store."""

    def __init__(self, folder: Path) -> None:
        self.spec = a_spec(folder)
        self._data = folder / "data"
        self._store = Store.open(self._data, writer=True)
        self.source = self._store.metrics(self.spec.identity.metric_namespace)

    def put(self, lines: Sequence[bytes], stream: str = "one") -> None:
        path = stream_file(self._data, self.spec.identity.log_group, stream)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(b"".join(lines))
        self._store.ingest(NOW)

    def let_pass(self, ms: int) -> None:
        self._store.thin(NOW + ms)

    def close(self) -> None:
        self._store.close()


class Aws:
    """Lines in CloudWatch Logs, and their metrics in CloudWatch."""

    def __init__(self, folder: Path) -> None:
        self.spec = a_spec(folder)
        self._cloud = Cloud(self.spec)
        self._now = NOW
        self.source = CloudWatchMetricSource(self._cloud.site, Patience(lambda: self._now, lambda _: None))

    def put(self, lines: Sequence[bytes], stream: str = "one") -> None:
        self._cloud.put(lines, stream)

    def let_pass(self, ms: int) -> None:
        self._now = NOW + ms


class Lines:
    """Makes lines as the model's own Monitor does; the same number and start always give the same id."""

    def __init__(self, spec: MonitorSpec) -> None:
        compiled = spec.compile()
        self._compiled = compiled
        self._log_group = compiled["log_group"]

    def line(
        self, number: int, start_ms: int, *, elapse: float = 20.0, status: str = "succeeded", **more: Any
    ) -> bytes:
        changed = {name: more.pop(name) for name in ("environment", "model_version") if name in more}
        entropy = hashlib.sha256(b"%d" % number).digest()[:10]
        request = more.pop("request", {"number": number})
        made = LineFormat({**self._compiled, **changed}, "server")
        return made.line(
            Transaction(
                transaction_id(start_ms, entropy), start_ms, elapse, status=status, request=request, fields=more
            )
        )


def record(line: bytes) -> Record:
    """The record of a line, as a source gives it back."""
    document: dict[str, Any] = orjson.loads(line)
    del document["_aws"]
    return document


def init_start(spec: MonitorSpec, at_ms: int) -> bytes:
    """An environment's beginning; on this machine it says whose the reports of its stream are."""
    return (
        orjson.dumps({"time": iso(at_ms), "type": "platform.initStart", "record": {"inferwatch": spec.compile()}})
        + b"\n"
    )


def report(at_ms: int, **metrics: float) -> bytes:
    """The runtime's report of an invocation that went well."""
    said = {"requestId": "r", "status": "success", "metrics": {"durationMs": 1, "billedDurationMs": 1, **metrics}}
    return orjson.dumps({"time": iso(at_ms), "type": "platform.report", "record": said}) + b"\n"
