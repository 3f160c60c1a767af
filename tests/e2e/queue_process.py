"""A model behind a queue under `inferwatch up`, what is sent to it, and what has come of it."""

from __future__ import annotations

import json
import sqlite3
import urllib.request
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
from up_process import Up, make_model, until

from inferwatch.local.queue.client import send
from inferwatch.ports import RecordQuery
from inferwatch.store import Store

QUEUE, DEAD_LETTERS = "queued-Inference-Queue", "queued-Inference-Dead-Letters"

SPEC = """
[model]
namespace = "/test/e2e"
name = "queued"
predict = "app:predict"
default_alarms = false

[features]
x = "number"

[function]
timeout = 1
concurrency = 3

[queue]
batch_size = {batch_size}
max_receive_count = {max_receive_count}
visibility_timeout = 1
"""

APP = """
import os, signal, time

def predict(features):
    x = features["x"]
    time.sleep({seconds})
    if x == -1:
        time.sleep(60)
    if x == -2:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
        time.sleep(60)
    return x * 2
"""

MALFORMED = ("no JSON", "{}", '{"x": "three"}', "[1, 2]", '{"payload": "1;2"}')


class Sent(msgspec.Struct):
    """Ids of the messages that a queue took."""

    good: set[str] = msgspec.field(default_factory=set)
    malformed: set[str] = msgspec.field(default_factory=set)


class Queued:
    """`model` and `data` are folders below `folder`; `up` is started by each `start`."""

    def __init__(self, folder: Path, *, max_receive_count: int, batch_size: int = 1, seconds: float = 0.0) -> None:
        spec = SPEC.format(max_receive_count=max_receive_count, batch_size=batch_size)
        self.model = make_model(folder / "model", spec, APP.replace("{seconds}", str(seconds)))
        self.data = folder / "data"
        self.sent = Sent()

    def start(self) -> Up:
        self.up = Up(self.model, self.data)
        return self.up

    def send(self, count: int) -> None:
        """So many messages in batches of ten, every tenth of them malformed. Raises QueueError."""
        for begin in range(0, count, 10):
            self.send_batch(begin)

    def send_batch(self, begin: int = 0) -> None:
        bodies = [f'{{"x": {begin + number}}}' for number in range(9)]
        *good, malformed = self.send_these([*bodies, MALFORMED[begin // 10 % len(MALFORMED)]])
        self.sent.good.update(good)
        self.sent.malformed.add(malformed)

    def send_these(self, bodies: Sequence[str]) -> list[str]:
        return send(self.up.queue_endpoint, QUEUE, bodies)

    def health(self) -> dict[str, str | None]:
        """What is wrong with each part, by its name."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.up.port}/healthz") as answer:
            checks: dict[str, str | None] = json.loads(answer.read())["checks"]
        return checks

    def lying(self, queue: str, *, received: bool = False) -> list[str]:
        """Ids of the messages that lie in a queue, whether they can be received or not. received: those that were."""
        with closing(sqlite3.connect(f"file:{self.data}/queue.sqlite?mode=ro", uri=True)) as connection:
            asked = "SELECT id FROM message WHERE queue = ? AND receives >= ?"
            return [row[0] for row in connection.execute(asked, (queue, int(received)))]

    def until_done(self, patience: float = 120) -> None:
        """Wait until no message is left to work on and all lines are taken in."""
        until(lambda: not self.lying(QUEUE), patience)
        with Store.open(self.data, writer=False) as store:
            until(lambda: store.backlog() == 0)

    def records(self) -> list[dict[str, Any]]:
        with Store.open(self.data, writer=False) as store:
            return store.records(RecordQuery(start_ms=0, end_ms=1 << 45, limit=1_000_000))

    def total(self, metric: str) -> float:
        """The sum of a metric over all time."""
        of = {"model_name": "queued", "environment": "dev"}
        with Store.open(self.data, writer=False) as store:
            points = store.metrics("test/e2e").datapoints(metric, "Sum", 86_400, 0, 1 << 43, of)
        return sum(point.value for point in points)
