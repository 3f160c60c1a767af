"""What the gateway refused before an invocation began: counted, and written once a second as metrics."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inferwatch.local.metric_stream import MetricStream
from inferwatch.spec import record


class Refusals:
    """Counts in memory; `flush` writes them into a log stream of the gateway's own, made with the first.

    The line is an embedded metric and no inference: `Throttles` (429) and `RefusedCount` (all others).
    """

    def __init__(self, compiled: Mapping[str, Any], data: Path) -> None:
        self._stream = MetricStream(compiled, data, writer="gateway", kind="gateway_refusals")
        self._throttled = 0
        self._refused = 0
        self.total = 0

    def count(self, status: int) -> None:
        """One refusal, answered with this HTTP status."""
        self.total += 1
        if status == 429:
            self._throttled += 1
        else:
            self._refused += 1

    def flush(self, now_ms: int) -> None:
        """Write what was counted since the last time, if anything. Raises OSError, and keeps the counts then."""
        if not self._throttled and not self._refused:
            return
        self._stream.write({record.THROTTLES: self._throttled, record.REFUSED_COUNT: self._refused}, now_ms)
        self._throttled = self._refused = 0

    def close(self, now_ms: int) -> None:
        """Write what is left and seal the stream. Raises OSError."""
        self.flush(now_ms)
        self._stream.close(now_ms)
