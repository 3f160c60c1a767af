"""The past hour: rehearsed inferences, stamped backwards from now and marked `seeded`, to fill the first chart."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from inferwatch.cli.demo.rehearsal import Take
from inferwatch.sdk import LogStreamSink, Monitor

HOUR_MS = 3_600_000
EVERY_MS = 2_000


def seed(compiled: Mapping[str, Any], data: Path, takes: Sequence[Take], now_ms: int) -> int:
    """Write one record for every two seconds of the past hour; gives how many."""
    sink = LogStreamSink(data, compiled["log_group"], f"seeded/{uuid.uuid4().hex}")
    monitor = Monitor(compiled, sink, server_id="seeded")
    starts = range(now_ms - HOUR_MS, now_ms, EVERY_MS)
    for start_ms, take in zip(starts, islice(cycle(takes), len(starts)), strict=True):
        monitor.record(
            start_ms=start_ms,
            elapse=take.elapse,
            request={"pixels": take.pixels},
            response={"prediction": take.prediction, "confidence": take.confidence},
            prediction=take.prediction,
            confidence=take.confidence,
            seeded=True,
        )
    sink.close()
    return len(starts)
