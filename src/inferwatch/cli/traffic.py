"""What a data folder has seen of one model's traffic: how much, for how long, and how large its lines are."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from pathlib import Path

import msgspec

from inferwatch.alarms.values import Datapoint
from inferwatch.cli.log import Entry, Log
from inferwatch.ports import MetricSource
from inferwatch.spec import record
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.period import DAY, MINUTE
from inferwatch.store import Store, catalog

LOOKED_BACK_DAYS = 30
PERIOD = 5 * MINUTE
LINES_LOOKED_AT = 2000
_MONTH_S = Decimal(365 * DAY) / 12
# Written once for each environment; an invocation has the others.
_OF_ENVIRONMENTS = ("platform.initStart", "platform.initReport", "platform.streamEnd")


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """requests: within `seconds`, from the first recorded to the last; billed_ms and log_kb: mean of one request."""

    requests: int
    seconds: int
    billed_ms: Decimal
    log_kb: Decimal | None

    @property
    def requests_a_month(self) -> int:
        return int((self.requests * _MONTH_S / self.seconds).to_integral_value())


def traffic(spec: MonitorSpec, data: Path, now_ms: int) -> Traffic | None:
    """The traffic of the last 30 days, or None where nothing is recorded. Raises StoreError."""
    if not (data / catalog.FILE).exists():
        return None
    with Store.open(data, writer=False) as store:
        source = store.metrics(spec.identity.metric_namespace)
        counts = _datapoints(spec, source, record.INVOCATIONS, now_ms)
        reported = _datapoints(spec, source, record.BILLED_DURATION_MS, now_ms)
        elapse = _mean(_datapoints(spec, source, record.LATENCY_MS, now_ms))
    requests = int(sum(point.value for point in counts))
    in_batches = spec.queue is not None and spec.queue.batch_size > 1
    billed = _mean(reported, requests if in_batches else None)
    if not requests or (billed is None and elapse is None):
        return None
    # A runtime's report is rounded up to a whole millisecond already, each by itself.
    billed_ms = billed if billed is not None else (elapse or Decimal(0)).to_integral_value(ROUND_CEILING)
    span_ms = counts[-1].timestamp_ms - counts[0].timestamp_ms
    return Traffic(
        requests=requests,
        seconds=span_ms // 1000 + PERIOD,
        billed_ms=billed_ms,
        log_kb=_log_kb(Log(data, spec.identity.log_group).last(LINES_LOOKED_AT)),
    )


def _datapoints(spec: MonitorSpec, source: MetricSource, metric: str, now_ms: int) -> Sequence[Datapoint]:
    start_ms = now_ms - LOOKED_BACK_DAYS * DAY * 1000
    return source.datapoints(metric, "Sum", PERIOD, start_ms, now_ms, spec.identity.dimensions)


def _mean(sums: Sequence[Datapoint], of: int | None = None) -> Decimal | None:
    """of: among how many it is shared, else the samples. An invocation with a batch is one sample of many requests."""
    shared = sum(point.samples for point in sums) if of is None else of
    return Decimal(str(round(sum(point.value for point in sums) / shared, 3))) if sums and shared else None


def _log_kb(entries: Sequence[Entry]) -> Decimal | None:
    """KB of log for each record, what the runtime says of the invocation and what the handler prints included."""
    records = sum(entry.event.kind == "record" for entry in entries)
    size = sum(entry.event.length for entry in entries if entry.event.document.get("type") not in _OF_ENVIRONMENTS)
    return (Decimal(size) / records / 1024).quantize(Decimal("0.01")) if records else None
