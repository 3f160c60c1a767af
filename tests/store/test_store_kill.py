"""kill -9, with real processes: of the one that keeps the store, and of those that record."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from store_lines import DIMENSIONS, NAMESPACE

from inferwatch.ports import RecordQuery
from inferwatch.store import Store
from inferwatch.store.lake import lake
from inferwatch.store.lake.lake import GARBAGE_MS

WORKER = Path(__file__).with_name("store_worker.py")


def start(*arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(WORKER), *map(str, arguments)], stdout=subprocess.PIPE)


def kill_loop(data: Path, rounds: int) -> None:
    dice = random.Random(11)
    acknowledged: list[int] = []
    for number in range(rounds):
        writer = start("write", data, number * 1_000_000)
        assert writer.stdout is not None
        lines: list[bytes] = []
        reading = threading.Thread(target=lines.extend, args=(writer.stdout,))
        reading.start()
        keeper = start("keep", data)
        assert keeper.stdout is not None
        assert keeper.stdout.readline() == b"open\n"
        time.sleep(dice.uniform(0.05, 0.5))  # when the blow falls
        for process in dice.sample([writer, keeper], 2):
            process.kill()
            process.wait()
        reading.join()
        writer.stdout.close()
        keeper.stdout.close()
        acknowledged += [int(one) for one in lines if one.endswith(b"\n")]
    check(data, acknowledged, rounds)


def check(data: Path, acknowledged: list[int], writers: int) -> None:
    """Every acknowledged record once; besides them at most the one that each writer was at."""
    now = time.time_ns() // 1_000_000
    ever = RecordQuery(start_ms=0, end_ms=now * 2, limit=10_000_000)
    with Store.open(data, writer=False) as reader:
        unread = sorted(one["request"]["number"] for one in reader.records(ever))
    with Store.open(data, writer=True) as store:
        store.ingest(now)
        store.compact(now)
        store.compact(now + GARBAGE_MS)
        found = sorted(one["request"]["number"] for one in store.records(ever))
        points = store.metrics(NAMESPACE).datapoints(
            "Invocations", "Sum", 60, now - 3_600_000, now + 60_000, DIMENSIONS
        )
        known = {file.name for file in lake.files(store._connection)}
    assert found == unread
    assert len(set(found)) == len(found)
    assert set(acknowledged) <= set(found)
    assert len(found) <= len(acknowledged) + writers
    assert sum(point.value for point in points) == len(found)
    assert len(acknowledged) > writers
    assert {path.relative_to(data / "lake").as_posix() for path in data.glob("lake/model=*/*/*")} == known


def test_killed_a_few_times(tmp_path: Path) -> None:
    kill_loop(tmp_path, 4)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_killed_many_times(tmp_path: Path) -> None:
    kill_loop(tmp_path, 100)
