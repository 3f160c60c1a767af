from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from queue_bench import DAY_MS, DEAD, TRIGGER, Bench

from inferwatch.errors import StoreError
from inferwatch.local.queue.message import id_of
from inferwatch.local.queue.queue_file import FILE


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "data")
    yield made
    made.close()


def test_a_message_is_hidden_while_it_is_received_and_visible_again_after_its_time(bench: Bench) -> None:
    bench.put("a")
    assert bench.taken(visibility=30) == ["a"]
    bench.clock.advance(29.9)
    assert bench.taken() == []
    bench.clock.advance(0.1)
    again = bench.take()
    assert [(message.id, message.receives) for message in again] == [("a", 2)]
    assert again[0].first_ms == bench.clock.ms - 30_000


def test_those_that_wait_longest_come_first(bench: Bench) -> None:
    for body in "abc":
        bench.put(body)
    assert bench.taken(2) == ["a", "b"]
    bench.clock.advance(40)
    bench.put("d")
    assert bench.taken() == ["c", "a", "b", "d"]


def test_a_delayed_message_cannot_be_had_yet(bench: Bench) -> None:
    bench.put("a", delay_s=5)
    assert bench.taken() == []
    counts = bench.messages.counts(TRIGGER.name)
    assert (counts.visible, counts.hidden, counts.delayed) == (0, 0, 1)
    bench.clock.advance(5)
    assert bench.taken() == ["a"]


def test_a_message_received_in_vain_goes_to_the_dead_letters_once_and_as_it_was(bench: Bench) -> None:
    bench.put("a", attributes={"n": {"stringValue": "1", "dataType": "Number"}}, trace="Root=1")
    sent_ms = bench.clock.ms
    for _ in range(2):
        assert bench.taken() == ["a"]
        assert bench.messages.counts(DEAD.name).visible == 0
        bench.clock.advance(30)
    assert bench.taken() == []
    assert bench.messages.counts(DEAD.name).visible == 1
    assert bench.messages.counts(TRIGGER.name).oldest_ms is None
    [dead] = bench.take(queue=DEAD.name)
    assert (dead.id, dead.sent_ms, dead.trace) == ("a", sent_ms, "Root=1")
    assert dead.attributes == {"n": {"stringValue": "1", "dataType": "Number"}}
    for _ in range(5):  # nothing takes it from there
        bench.clock.advance(30)
        assert bench.taken(queue=DEAD.name) == ["a"]


def test_the_last_receive_has_all_its_time(bench: Bench) -> None:
    bench.put("a")
    bench.take()
    bench.clock.advance(30)
    bench.take()
    bench.clock.advance(29.9)
    assert bench.messages.counts(DEAD.name).visible == 0
    bench.clock.advance(0.1)
    assert bench.messages.counts(DEAD.name).visible == 1


def test_what_is_older_than_the_retention_is_forgotten(bench: Bench) -> None:
    bench.put("old")
    bench.put("dead", DEAD.name)
    bench.clock.advance(4 * 86_400 - 1)
    bench.put("new")
    assert bench.messages.counts(TRIGGER.name).visible == 2
    bench.clock.advance(1)
    assert bench.taken() == ["new"]
    assert bench.taken(queue=DEAD.name) == ["dead"]


def test_a_batch_that_is_settled_leaves_what_failed_hidden_for_its_time(bench: Bench) -> None:
    for body in "abc":
        bench.put(body)
    batch = bench.take(hold=True)
    bench.messages.settle(batch, {"b"})
    assert bench.taken() == []
    bench.clock.advance(30)
    assert bench.taken() == ["b"]


def test_a_batch_that_is_given_back_was_not_received(bench: Bench) -> None:
    bench.put("a")
    for _ in range(5):
        batch = bench.take(hold=True)
        assert [(message.receives, message.first_ms) for message in batch] == [(1, bench.clock.ms)]
        bench.messages.give_back(batch)
        bench.clock.advance(1)


def test_giving_back_does_nothing_to_a_message_that_another_has_received_since(bench: Bench) -> None:
    bench.put("a")
    late = bench.take(visibility=1, hold=True)
    bench.clock.advance(1)
    bench.take(hold=True)
    bench.messages.give_back(late)
    assert bench.taken() == []


def test_all_is_there_after_the_process_was_killed(bench: Bench) -> None:
    for body in "abcd":
        bench.put(body)
    sent_ms = bench.clock.ms
    bench.messages.delete(TRIGGER.name, "d")
    [kept] = bench.take(1)
    bench.take(1, hold=True)
    bench.clock.advance(10)
    bench.again()
    assert bench.messages.counts(TRIGGER.name).hidden == 1, "what another program has received stays hidden"
    found = {message.id: message for message in bench.take()}
    assert found.keys() == {"b", "c"}
    assert {message.receives for message in found.values()} == {1}, "its own consumer died before it was done"
    bench.clock.advance(20)
    [kept_again] = bench.take(1)
    assert (kept_again.id, kept_again.receives, kept_again.first_ms) == (kept.id, 2, kept.first_ms)
    assert {message.sent_ms for message in (*found.values(), kept_again)} == {sent_ms}


def test_dead_letters_survive_too(bench: Bench) -> None:
    bench.put("a")
    for _ in range(2):
        bench.take()
        bench.clock.advance(30)
    bench.messages.sweep()
    bench.again()
    assert [(message.id, message.receives) for message in bench.take(queue=DEAD.name)] == [("a", 3)]


def test_what_is_done_together_is_done_as_a_whole_or_not_at_all(bench: Bench) -> None:
    def both() -> None:
        with bench.messages.together():
            bench.put("a")
            raise KeyError

    with pytest.raises(KeyError):
        both()
    assert bench.taken() == []


def test_a_full_disk_refuses_what_is_sent_and_keeps_what_was_taken(bench: Bench) -> None:
    bench.put("a" * 100_000)
    with bench.messages.together() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    with bench.messages.together() as connection:
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match=r"queue\.sqlite could not be written \(database or disk is full\)"):
        bench.put("b" * 1_000_000)
    bench.again()
    assert [len(message.body) for message in bench.take()] == [100_000]


def test_a_batch_has_no_more_bytes_than_it_may_but_always_a_message(bench: Bench) -> None:
    for body in "abc":
        bench.put(body * 3000)
    for most_bytes, count in ((100, 1), (9000, 2), (None, 3)):
        batch = bench.take(most_bytes=most_bytes, hold=True)
        assert len(batch) == count
        bench.messages.give_back(batch)


def test_due_counts_up_to_what_is_asked(bench: Bench) -> None:
    for body in "abc":
        bench.put(body)
    assert (bench.messages.due(TRIGGER.name, 2), bench.messages.due(TRIGGER.name, 9)) == (2, 3)


def test_a_purge_empties_one_queue(bench: Bench) -> None:
    bench.put("a")
    bench.put("b", DEAD.name)
    bench.messages.purge(TRIGGER.name)
    assert (bench.taken(), bench.taken(queue=DEAD.name)) == ([], ["b"])


def test_a_message_that_is_hidden_for_no_time_is_visible_at_once(bench: Bench) -> None:
    bench.put("a")
    bench.take()
    assert bench.messages.hide(TRIGGER.name, "a", 0)
    assert bench.taken() == ["a"]
    assert not bench.messages.hide(TRIGGER.name, "b", 0)


def test_any_handle_of_a_message_names_it_in_its_own_queue(bench: Bench) -> None:
    bench.put("a")
    [first] = bench.take(visibility=0)
    [second] = bench.take()
    assert first.handle != second.handle
    assert id_of(first.handle, TRIGGER.name) == id_of(second.handle, TRIGGER.name) == "a"
    for handle, queue in ((first.handle, DEAD.name), ("nonsense", TRIGGER.name), ("é", TRIGGER.name)):
        with pytest.raises(ValueError, match="is no receipt handle of"):
            id_of(handle, queue)


def test_no_message_is_received_twice_by_consumers_at_the_same_time(bench: Bench) -> None:
    with bench.messages.together():
        for number in range(200):
            bench.put(str(number))
    taken: list[str] = []

    def consume() -> None:
        while batch := bench.taken(3):
            taken.extend(batch)

    consumers = [threading.Thread(target=consume) for _ in range(4)]
    for consumer in consumers:
        consumer.start()
    for consumer in consumers:
        consumer.join()
    assert sorted(taken, key=int) == [str(number) for number in range(200)]


def test_who_waits_is_woken_by_a_message(bench: Bench) -> None:
    woken = threading.Event()

    def wait() -> None:
        while not bench.take():
            bench.messages.wait(60)
        woken.set()

    waiter = threading.Thread(target=wait, daemon=True)
    waiter.start()
    while not woken.is_set():  # the waiter may not wait yet
        bench.put(f"{bench.clock.ms}")
        bench.clock.advance(1)
    waiter.join()


def test_a_damaged_file_and_a_newer_one_are_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database " * 1000)
    with pytest.raises(StoreError, match=r"queue\.sqlite cannot be opened as a queue.*move it away"):
        Bench(tmp_path)
    (tmp_path / FILE).unlink()
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(StoreError, match="written by a newer InferWatch"):
        Bench(tmp_path)


def test_dead_letters_that_are_moved_back_are_new_messages(bench: Bench) -> None:
    attributes = {"n": {"stringValue": "1", "dataType": "Number"}}
    bench.put("a", DEAD.name, attributes=attributes, trace="Root=1")
    bench.put("hidden", DEAD.name)
    bench.put("waits")
    assert bench.taken(1, DEAD.name) == ["a"]
    bench.clock.advance(30)
    assert bench.taken(1, DEAD.name) == ["hidden"]
    assert bench.messages.move(DEAD.name, TRIGGER.name) == 1
    waits, moved = bench.take(visibility=0)
    assert (waits.id, moved.body, moved.sent_ms, moved.receives) == ("waits", "a", bench.clock.ms, 1)
    assert (moved.id != "a", moved.attributes, moved.trace) == (True, attributes, "Root=1")
    assert moved.first_ms == bench.clock.ms
    bench.clock.advance(30)
    assert bench.taken(queue=DEAD.name) == ["hidden"]


def test_what_is_moved_back_is_kept_as_long_as_a_new_message(bench: Bench) -> None:
    bench.put("a", DEAD.name)
    bench.clock.advance((TRIGGER.retention_ms + DAY_MS) / 1000)
    assert bench.messages.move(DEAD.name, TRIGGER.name) == 1
    bench.clock.advance(TRIGGER.retention_ms / 1000 - 1)
    assert bench.messages.due(TRIGGER.name, 10) == 1


def test_moving_is_all_or_nothing_and_survives(bench: Bench) -> None:
    for body in "abc":
        bench.put(body, DEAD.name)
    with mock.patch("uuid.uuid4", side_effect=["1", "1", "2"]), pytest.raises(StoreError, match="UNIQUE"):
        bench.messages.move(DEAD.name, TRIGGER.name)
    assert bench.messages.counts(DEAD.name).visible == 3
    assert bench.messages.move(DEAD.name, TRIGGER.name) == 3
    bench.messages.close()
    assert [message.body for message in bench.again().take(TRIGGER.name, 10, visibility=30)] == ["a", "b", "c"]


def test_a_message_that_the_function_still_has_is_no_dead_letter(bench: Bench) -> None:
    bench.put("a")
    bench.take(hold=True)
    bench.clock.advance(30)
    last = bench.take(hold=True)
    bench.clock.advance(30)  # an environment that starts slowly, or a machine that slept
    assert bench.messages.counts(DEAD.name).visible == 0
    bench.messages.settle(last, ())
    assert (bench.messages.counts(TRIGGER.name).oldest_ms, bench.messages.counts(DEAD.name).visible) == (None, 0)


def test_a_message_that_failed_after_its_time_is_a_dead_letter(bench: Bench) -> None:
    bench.put("a")
    bench.take(hold=True)
    bench.clock.advance(30)
    last = bench.take(hold=True)
    bench.clock.advance(31)
    bench.messages.settle(last, ["a"])
    assert bench.messages.counts(DEAD.name).visible == 1
