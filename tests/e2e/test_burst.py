"""A burst of ten times the traffic loses nothing: what is beyond the concurrency is refused, and counted apart."""

from __future__ import annotations

import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from up_process import SPEC, Up, make_model, until

from inferwatch.ports import RecordQuery
from inferwatch.store import Store

SENDERS = 8
APP = """
import time

def predict(features):
    time.sleep(0.02)
    return {"prediction": features["x"], "confidence": 0.9}
"""


@pytest.mark.parametrize("seconds", [3, pytest.param(60, marks=[pytest.mark.soak, pytest.mark.timeout(300)])])
def test_a_burst_loses_nothing(tmp_path: Path, seconds: int) -> None:
    spec = SPEC.replace("concurrency = 4", "concurrency = 2")
    up = Up(make_model(tmp_path / "model", spec, APP), tmp_path / "data")
    answers: Counter[int] = Counter()
    begun: list[str] = []
    senders = [threading.Thread(target=_send, args=(up, seconds, answers, begun)) for _ in range(SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert up.interrupt() < 10
    assert answers.keys() == {200, 429}
    with Store.open(tmp_path / "data", writer=True) as store:
        until(lambda: store.ingest(int(time.time() * 1000)).size == 0)
        found = store.records(RecordQuery(start_ms=0, end_ms=1 << 45, limit=1_000_000))
        throttles = store.metrics("test/e2e").datapoints(
            "Throttles", "Sum", 3600, 0, 1 << 43, {"model_name": "echo", "environment": "dev"}
        )
    assert sorted(record["request_id"] for record in found) == sorted(begun)
    assert sum(point.value for point in throttles) == answers[429]


def _send(up: Up, seconds: int, answers: Counter[int], begun: list[str]) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        code, said = up.predict({"x": 1})
        answers[code] += 1
        if code == 200:
            begun.append(said["request_id"])
