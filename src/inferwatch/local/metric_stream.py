"""Metrics that are no inference's: what the parts around the function measure, in log streams of their own."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from inferwatch.local.stream import Stream
from inferwatch.sdk.emf import definition
from inferwatch.spec import record

STREAM_BYTES_MAX = 16 * 1024 * 1024


class MetricStream:
    """Lines of one type in the model's log group. Its stream is made with the first, and renewed when it is large.

    writer: who measures, the first part of the stream's name; kind: the `type` of its lines. The methods raise OSError.
    """

    def __init__(self, compiled: Mapping[str, Any], data: Path, *, writer: str, kind: str) -> None:
        self._compiled = compiled
        self._data = data
        self._writer = writer
        self._kind = kind
        self._stream: Stream | None = None

    def write(self, values: Mapping[str, float], now_ms: int) -> None:
        """Write one line. values: built-in metrics by name."""
        if self._stream is not None and self._stream.size > STREAM_BYTES_MAX:
            self.close(now_ms)
        if self._stream is None:
            self._stream = Stream(self._data, self._compiled["log_group"], f"{self._writer}/{uuid.uuid4().hex}")
        self._stream.line(metrics_line(self._compiled, self._kind, values, now_ms))

    def close(self, now_ms: int) -> None:
        """Seal the stream; a further line makes another."""
        if self._stream is not None:
            stream, self._stream = self._stream, None
            stream.seal(now_ms)


def metrics_line(compiled: Mapping[str, Any], kind: str, values: Mapping[str, float], now_ms: int) -> bytes:
    """A line of embedded metrics with the default dimensions. kind: its `type`; values: built-in metrics by name."""
    fine = compiled["high_resolution"]
    directive = {
        "Namespace": compiled["metric_namespace"],
        "Dimensions": [list(record.DIMENSIONS)],
        "Metrics": [definition(name, record.BUILT_IN_UNITS[name], fine) for name in values],
    }
    return orjson.dumps(
        {
            "_aws": {"Timestamp": now_ms, "CloudWatchMetrics": [directive]},
            "v": record.LINE_VERSION,
            "namespace": compiled["namespace"],
            "type": kind,
            **{name: compiled[name] for name in record.DIMENSIONS},
            **values,
        }
    )
