"""What SageMaker measures of an endpoint, written as metrics into a log stream of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from inferwatch.local.metric_stream import MetricStream
from inferwatch.spec import record

_MICRO = 1_000_000


class Measures:
    """One line an invocation. On AWS they are metrics of `AWS/SageMaker`.

    A line that cannot be written fails no invocation: `problem` says what was wrong with the last one, if anything.
    """

    def __init__(self, compiled: Mapping[str, Any], data: Path, now_ms: Callable[[], int]) -> None:
        self.problem: str | None = None
        self._now_ms = now_ms
        self._stream = MetricStream(compiled, data, writer="endpoint", kind="endpoint_metrics")

    def write(self, *, model: float, overhead: float, failed: bool) -> None:
        """model, overhead: seconds that the container took, and everything else; failed: no 2xx."""
        values = {
            record.MODEL_LATENCY: round(model * _MICRO),
            record.OVERHEAD_LATENCY: round(overhead * _MICRO),
            record.MODEL_ERRORS: int(failed),
        }
        try:
            self._stream.write(values, self._now_ms())
        except OSError as error:
            self.problem = f"its metrics cannot be written: {error.strerror}"
        else:
            self.problem = None

    def close(self) -> None:
        """Seal the stream. Raises OSError."""
        self._stream.close(self._now_ms())
