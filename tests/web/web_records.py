"""A model's records in memory, and a MetricSource that computes from them what is asked. Times are epoch ms."""

from __future__ import annotations

import json
import math
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from inferwatch.alarms.values import Datapoint
from inferwatch.errors import QueryError
from inferwatch.ports import Record, RecordQuery
from inferwatch.spec import record
from inferwatch.spec.statistic import percentile, statistic_problem


def transaction(at_ms: int, *, seed: int = 0, status: str = record.SUCCEEDED, **fields: Any) -> Record:
    """One record with a UUIDv7 of its start; `fields` replace or add members."""
    rng = random.Random(f"{at_ms}/{seed}")
    raw = (at_ms << 80) | (7 << 76) | (rng.getrandbits(12) << 64) | (2 << 62) | rng.getrandbits(62)
    elapse = fields.pop("elapse", 20.0)
    made: Record = {
        "v": 1,
        "namespace": "/demo/vision",
        "model_name": "digits",
        "model_version": 1,
        "deployment_id": 1,
        "environment": "dev",
        "server_id": "a",
        "type": record.RECORD_TYPE,
        "transaction_id": str(UUID(int=raw)),
        "start_at": iso(at_ms),
        "end_at": iso(at_ms + round(elapse)),
        "elapse": elapse,
        "status": status,
        "request": {"pixels": [0, 5, 13, 9]},
        "response": {"prediction": 3},
    }
    return made | fields


def iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def started(one: Record) -> int:
    return round(datetime.fromisoformat(one["start_at"]).timestamp() * 1000)


def metrics_of(one: Record) -> dict[str, float]:
    """The metrics that the record's line would carry."""
    status = one["status"]
    values = {
        record.INVOCATIONS: 1.0,
        record.SUCCESS_COUNT: float(status == record.SUCCEEDED),
        record.ERROR_COUNT: float(status in (record.FAILED, record.TIMEOUT)),
        record.REJECTED_COUNT: float(status == record.REJECTED),
    }
    if status != record.REJECTED:
        values[record.LATENCY_MS] = one["elapse"]
    if one.get("confidence") is not None:
        values[record.PREDICTION_PROBABILITY] = one["confidence"]
    for name in (record.MAX_MEMORY_USED_MB, record.INIT_DURATION_MS):
        if name in one:
            values[name] = one[name]
    return values


class MemorySource:
    """Records in order of their start; datapoints are worked out from them, percentiles by nearest rank."""

    def __init__(self) -> None:
        self.log: list[Record] = []
        self._values: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))

    def add(self, *records: Record) -> None:
        for one in records:
            self.log.append(one)
            second = started(one) // 10_000 * 10_000
            for name, value in metrics_of(one).items():
                self._values[name][second].append(value)

    def datapoints(
        self, metric: str, statistic: str, period: int, start_ms: int, end_ms: int, dimensions: Mapping[str, str]
    ) -> Sequence[Datapoint]:
        if problem := statistic_problem(statistic):
            raise QueryError(f"{statistic!r} {problem}")
        assert dict(dimensions) == {"model_name": "digits", "environment": "dev"}
        step = period * 1000
        gathered: dict[int, list[float]] = defaultdict(list)
        for at, values in list(self._values[metric].items()):
            if start_ms - start_ms % step <= at < end_ms:
                gathered[at - at % step] += values
        return [Datapoint(at, _statistic(statistic, v), len(v)) for at, v in sorted(gathered.items())]

    def records(self, query: RecordQuery) -> Sequence[Record]:
        found = [one for one in list(self.log) if _meets(one, query)]
        key, descending = _ORDERS[query.order]
        found.sort(key=key, reverse=descending)
        if query.before:
            past = [i for i, one in enumerate(found) if (started(one), one["transaction_id"]) == query.before]
            found = found[past[0] + 1 :] if past else []
        return found[: query.limit]


def _by_time(one: Record) -> tuple[int, str]:
    return started(one), one["transaction_id"]


_ORDERS: dict[str, tuple[Any, bool]] = {
    "-start_at": (_by_time, True),
    "start_at": (_by_time, False),
    "-elapse": (lambda one: one["elapse"], True),
    "confidence": (lambda one: math.inf if one.get("confidence") is None else one["confidence"], False),
}


def _meets(one: Record, query: RecordQuery) -> bool:
    return (
        query.start_ms <= started(one) < query.end_ms
        and (not query.status or one["status"] in query.status)
        and (query.version is None or str(one["model_version"]) == query.version)
        and (query.transaction_id is None or one["transaction_id"] == query.transaction_id)
        and (query.min_elapse is None or one["elapse"] >= query.min_elapse)
        and (query.text is None or query.text.lower() in json.dumps(one).lower())
    )


def _statistic(name: str, values: list[float]) -> float:
    simple = {"Sum": sum, "Minimum": min, "Maximum": max, "SampleCount": len}
    if name in simple:
        return float(simple[name](values))
    if name == "Average":
        return sum(values) / len(values)
    rank = math.ceil((percentile(name) or 0) / 100 * len(values))
    return sorted(values)[max(0, rank - 1)]
