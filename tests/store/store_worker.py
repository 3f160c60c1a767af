"""Run by the kill tests: a program that records, or a process that keeps the store, until it is killed."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from store_lines import GROUP, line

from inferwatch.sdk import LogStreamSink
from inferwatch.store import Store


def keep(data: Path) -> None:
    with Store.open(data, writer=True) as store:
        print("open", flush=True)  # noqa: T201
        while True:
            now = time.time_ns() // 1_000_000
            store.ingest(now)
            store.compact(now)
            store.thin(now)


def write(data: Path, first: int) -> None:
    """Record without end, and say the number of each record once it is written."""
    sink = LogStreamSink(data, GROUP, f"writer-{first}")
    number = first
    while True:
        sink(line(number, time.time_ns() // 1_000_000))
        print(number, flush=True)  # noqa: T201
        number += 1
        time.sleep(0.001)


if __name__ == "__main__":
    if sys.argv[1] == "keep":
        keep(Path(sys.argv[2]))
    write(Path(sys.argv[2]), int(sys.argv[3]))
