"""Messages a second through the queue of one machine, from their sending to the last record, beside what the same
environments do without a queue.

    uv run --all-extras python benchmarks/queue_rate.py [--rounds 5] [--messages 1000] [--json]

`inferwatch up` is a process of its own with five environments, of which its queue uses four: one is kept for HTTP. This
process sends in batches of ten, as `inferwatch send` does, and counts the records in the streams' files. The floor is a
Pool of the same environments in this process, to which the same events are handed, four at a time: no queue, no ingest,
no page. Rounds are interleaved; the figure of each is the median of its rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from inferwatch.cloudwatch.names import names
from inferwatch.local.pool import Pool
from inferwatch.local.queue import address, client
from inferwatch.local.queue.event import event
from inferwatch.local.queue.message import Message
from inferwatch.spec import load_spec

SPEC = """
[model]
namespace = "/abc_corp/housing"
name = "house_value"
predict = "app:predict"

[features]
rm = "number"

[function]
concurrency = 5

[queue]
batch_size = {batch_size}
"""
APP = "def predict(features):\n    return features['rm'] * 2\n"
BODY = '{"payload": "6.657"}'
SEND_BATCH, AT_ONCE = 10, 4
RECORD = b'"type":"inference_transaction"'
LOOK_SECONDS, PATIENCE_SECONDS = 0.01, 120.0

Taken = tuple[float, float]
"""Seconds until all was sent, and until the last record was written."""
Round = Callable[[int], Taken]
"""Has so many messages worked on."""


class Records:
    """Counts the records in a data folder's streams, reading each byte once."""

    def __init__(self, data: Path) -> None:
        self._logs = data / "logs"
        self._read: dict[Path, int] = {}
        self.count = 0

    def until(self, count: int) -> None:
        """Wait until there are so many. Raises TimeoutError."""
        end = time.monotonic() + PATIENCE_SECONDS
        while self._look() < count:
            if time.monotonic() > end:
                raise TimeoutError(f"{self.count} records of {count} after {PATIENCE_SECONDS:g} s")
            time.sleep(LOOK_SECONDS)

    def _look(self) -> int:
        for file in self._logs.rglob("*.jsonl"):
            at = self._read.get(file, 0)
            with file.open("rb") as stream:
                stream.seek(at)
                whole = stream.read().rpartition(b"\n")[0]
            self.count += whole.count(RECORD)
            self._read[file] = at + len(whole)
        return self.count


def model(folder: Path, batch_size: int) -> Path:
    folder.mkdir()
    folder.joinpath("inferwatch.toml").write_text(SPEC.format(batch_size=batch_size))
    folder.joinpath("app.py").write_text(APP)
    return folder


@contextlib.contextmanager
def up(folder: Path, batch_size: int) -> Iterator[Round]:
    """`inferwatch up`, and what sends to it."""
    made, data = model(folder / f"up-{batch_size}", batch_size), folder / f"data-{batch_size}"
    command = [sys.executable, "-c", "from inferwatch.cli import main; main()", "up", str(made), "--data", str(data)]
    ports = [word for option in ("--port", "--page-port", "--queue-port") for word in (option, "0")]
    process = subprocess.Popen([*command, *ports], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + PATIENCE_SECONDS
        while (endpoint := address.find(data)) is None:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("`inferwatch up` does not start")
            time.sleep(LOOK_SECONDS)
        records, queue = Records(data), names(load_spec(made)).queue

        def work(count: int) -> Taken:
            wanted = records.count + count
            begin = time.perf_counter()
            for _ in range(count // SEND_BATCH):
                client.send(endpoint, queue, [BODY] * SEND_BATCH)
            sent = time.perf_counter() - begin
            records.until(wanted)
            return sent, time.perf_counter() - begin

        yield work
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_SECONDS)


@contextlib.contextmanager
def pool(folder: Path, batch_size: int, runner: asyncio.Runner) -> Iterator[Round]:
    """The same environments without a queue. A batch is recorded when its invocation is over."""
    spec, data = load_spec(model(folder / f"pool-{batch_size}", batch_size)), folder / f"pool-data-{batch_size}"
    environments = Pool(spec, data, now_ms=now_ms, environ=os.environ)
    records, queue = Records(data), names(spec).queue
    runner.run(environments.start())

    async def hand_over(batches: Iterator[int]) -> None:
        for number in batches:
            ids = (f"message-{number * batch_size + one}" for one in range(batch_size))
            made = [
                Message(id=name, queue=queue, body=BODY, attributes={}, sent_ms=now_ms(), receives=1) for name in ids
            ]
            await environments.invoke(event(made))

    async def all_of(count: int) -> None:
        batches = iter(range(count // batch_size))
        await asyncio.gather(*(hand_over(batches) for _ in range(AT_ONCE)))

    def work(count: int) -> Taken:
        wanted = records.count + count
        begin = time.perf_counter()
        runner.run(all_of(count))
        seconds = time.perf_counter() - begin
        records.until(wanted)
        return 0.0, seconds

    try:
        yield work
    finally:
        runner.run(environments.stop())


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def measured(rounds: int, count: int) -> dict[str, dict[str, float]]:
    """Messages a second, sent and recorded. The first round warms up and is not counted."""
    taken: dict[str, list[Taken]] = {}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        runner = stack.enter_context(asyncio.Runner())
        contestants: dict[str, Round] = {}
        for size in (10, 1):
            contestants[f"floor: Pool.invoke, batches of {size}"] = stack.enter_context(pool(folder, size, runner))
            contestants[f"inferwatch up, batch_size {size}"] = stack.enter_context(up(folder, size))
        for number in range(rounds + 1):
            for name, work in contestants.items():
                seconds = work(count)
                if number:
                    taken.setdefault(name, []).append(seconds)
    return {name: _figures(seconds, count) for name, seconds in taken.items()}


def _figures(seconds: list[Taken], count: int) -> dict[str, float]:
    sent, recorded = statistics.median(s for s, _ in seconds), statistics.median(r for _, r in seconds)
    figures = {"recorded_per_s": count / recorded, "slowest": count / max(r for _, r in seconds)}
    return {**figures, "sent_per_s": count / sent} if sent else figures


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--messages", type=int, default=1_000)
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args()
    figures = measured(options.rounds, options.messages)
    if options.json:
        print(json.dumps(figures))
        return
    print(f"{options.messages} messages a round, load of the machine {os.getloadavg()[0]:.1f}")
    print(f"{'messages/s':40}{'recorded':>10}{'slowest round':>15}{'sent':>10}")
    for name, one in figures.items():
        sent = f"{one['sent_per_s']:.0f}" if "sent_per_s" in one else ""
        print(f"{name:40}{one['recorded_per_s']:>10.0f}{one['slowest']:>15.0f}{sent:>10}")


if __name__ == "__main__":
    main()
