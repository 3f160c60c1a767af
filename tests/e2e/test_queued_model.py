"""The queue under `inferwatch up`, with real processes: nothing is lost and nothing is twice, whoever is killed."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from queue_process import DEAD_LETTERS, QUEUE, Queued
from up_process import children, until

from inferwatch.errors import QueueError
from inferwatch.spec import record

Make = Callable[..., Queued]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Queued] = []

    def make_one(**given: float) -> Queued:
        made.append(Queued(tmp_path, **given))  # type: ignore[arg-type]
        made[-1].start()
        return made[-1]

    yield make_one
    for queued in made:
        if queued.up.process.poll() is None:
            queued.up.kill_tree()


def settle(queued: Queued) -> None:
    """Each message that was well is one record, each malformed one is a dead letter, and there is nothing else."""
    queued.until_done()
    copies = Counter(found["message_id"] for found in queued.records())
    dead = Counter(queued.lying(DEAD_LETTERS))
    assert queued.sent.good - copies.keys() == set(), "lost"
    assert queued.sent.malformed - dead.keys() == set(), "lost"
    assert set(copies.values()) == set(dead.values()) == {1}, "twice"
    assert copies.keys() & dead.keys() == set(), "both"
    assert {found["status"] for found in queued.records()} == {record.SUCCEEDED}
    assert queued.total(record.SUCCESS_COUNT) == queued.total(record.INVOCATIONS) == len(copies)


def settle_exactly(queued: Queued, count: int) -> None:
    settle(queued)
    assert len(queued.records()) == count * 9 // 10
    assert len(queued.lying(DEAD_LETTERS)) == count // 10


def kill_a_worker(queued: Queued) -> None:
    """kill -9 of the oldest worker."""
    with suppress(ProcessLookupError, IndexError):  # it has just ended, and the next one has not begun
        os.kill(children(queued.up.process.pid)[0], signal.SIGKILL)


def test_every_tenth_message_malformed(make: Make) -> None:
    queued = make(max_receive_count=1)
    queued.send(100)
    settle_exactly(queued, 100)
    assert queued.total(record.REJECTED_COUNT) == 10
    assert queued.total(record.ERROR_COUNT) == queued.total(record.RETRIED_COUNT) == 0
    assert queued.health()["queue"] is None
    assert queued.up.interrupt() < 5
    assert not (queued.data / "queue.url").exists()
    assert "trouble" not in queued.up.said()
    assert "Traceback" not in queued.up.said()


def test_workers_and_the_whole_tree_killed_in_the_middle(make: Make) -> None:
    queued = make(max_receive_count=3, batch_size=3, seconds=0.02)
    queued.send(100)
    until(lambda: len(queued.lying(QUEUE)) < 90)
    kill_a_worker(queued)
    until(lambda: len(queued.lying(QUEUE)) < 60)
    queued.up.kill_tree()
    queued.start()
    settle_exactly(queued, 100)
    assert queued.total(record.ERROR_COUNT) <= 3, "the workers that were killed at work"


def test_what_was_acknowledged_is_there_after_a_kill_while_it_is_sent(make: Make) -> None:
    queued = make(max_receive_count=2, batch_size=10)
    _send_until_killed(queued, batches=3)
    queued.start()
    queued.send_batch()
    settle(queued)
    assert len(queued.sent.good) >= 36


def test_a_model_that_hangs_holds_up_no_other_message(make: Make) -> None:
    queued = make(max_receive_count=2)
    asleep, stuck = queued.send_these(['{"x": -1}', '{"x": -2}'])
    queued.send(20)
    until(lambda: {asleep, stuck} <= set(queued.lying(QUEUE, received=True)))
    assert queued.up.predict({"x": 21})[0] == 200, "requests keep an environment"
    queued.until_done()
    assert set(queued.lying(DEAD_LETTERS)) == {asleep, stuck, *queued.sent.malformed}
    found = {one["message_id"]: one for one in queued.records() if "message_id" in one}
    assert queued.sent.good <= found.keys()
    assert (found[asleep]["status"], found[asleep]["receive_count"]) == (record.TIMEOUT, 2)
    assert found.keys() == {*queued.sent.good, asleep}, "a killed environment leaves no record of a message"
    assert queued.total(record.ERROR_COUNT) == 3, "one at its last try, and two environments that were killed"


@pytest.mark.soak
def test_a_thousand_messages(make: Make) -> None:
    queued = make(max_receive_count=1)
    queued.send(1000)
    settle_exactly(queued, 1000)


@pytest.mark.soak
@pytest.mark.parametrize("batch_size", [1, 10])
def test_a_thousand_messages_while_workers_are_killed(make: Make, batch_size: int) -> None:
    levels = range(950, 149, -50)
    queued = make(max_receive_count=len(levels) + 1, batch_size=batch_size, seconds=0.01)
    queued.send(1000)
    for left in levels:
        until(lambda left=left: len(queued.lying(QUEUE)) < left)
        kill_a_worker(queued)
    settle_exactly(queued, 1000)
    assert queued.total(record.REJECTED_COUNT) == 100


@pytest.mark.soak
def test_a_thousand_messages_while_everything_is_killed_or_ended(make: Make) -> None:
    queued = make(max_receive_count=1, batch_size=5, seconds=0.01)
    queued.send(1000)
    for left in range(900, 0, -100):
        until(lambda left=left: len(queued.lying(QUEUE)) < left)
        if left % 200:
            queued.up.kill_tree()
        else:
            assert queued.up.interrupt() < 5
        queued.start()
    settle_exactly(queued, 1000)


@pytest.mark.soak
def test_kills_while_messages_are_sent(make: Make) -> None:
    queued = make(max_receive_count=2, batch_size=10)
    for _ in range(10):
        _send_until_killed(queued, batches=10)
        queued.start()
    settle(queued)


def _send_until_killed(queued: Queued, batches: int) -> None:
    """Send until `up` is killed, which is after so many batches or a little later."""
    enough = threading.Event()

    def send() -> None:
        with suppress(QueueError):
            for number in range(1_000_000):
                queued.send_batch(number)
                if number >= batches:
                    enough.set()

    sending = threading.Thread(target=send)
    sending.start()
    enough.wait()
    queued.up.kill_tree()
    sending.join()
