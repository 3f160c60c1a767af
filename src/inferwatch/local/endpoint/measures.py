"""What SageMaker measures of an endpoint, written as metrics into a log stream of its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from inferwatch.local.embedded import metrics_line
from inferwatch.local.stream import Stream
from inferwatch.spec import record

STREAM_BYTES_MAX = 16 * 1024 * 1024
_MICRO = 1_000_000


class Measures:
    """One line an invocation. On AWS they are metrics of `AWS/SageMaker`."""

    def __init__(self, compiled: Mapping[str, Any], data: Path, now_ms: Callable[[], int]) -> None:
        self._compiled = compiled
        self._data = data
        self._now_ms = now_ms
        self._stream: Stream | None = None

    def write(self, *, model: float, overhead: float, failed: bool) -> None:
        """model, overhead: seconds that the container took, and everything else; failed: no 2xx. Raises OSError."""
        values = {
            record.MODEL_LATENCY: round(model * _MICRO),
            record.OVERHEAD_LATENCY: round(overhead * _MICRO),
            record.MODEL_ERRORS: int(failed),
        }
        if self._stream is None:
            self._stream = Stream(self._data, self._compiled["log_group"], f"endpoint/{uuid.uuid4().hex}")
        self._stream.line(metrics_line(self._compiled, "endpoint_metrics", values, self._now_ms()))
        if self._stream.size > STREAM_BYTES_MAX:
            self.close()

    def close(self) -> None:
        """Seal the stream. Raises OSError."""
        if self._stream is not None:
            stream, self._stream = self._stream, None
            stream.seal(self._now_ms())
