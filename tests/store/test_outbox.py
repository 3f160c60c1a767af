from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from outbox_examples import SCOPE, a_notification, opened

from inferwatch.store.outbox import Outbox


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Outbox]:
    with closing(opened(tmp_path)) as connection:
        yield Outbox(connection, SCOPE)


def due(box: Outbox, now_ms: int) -> list[str]:
    return [entry.notification.id for entry in box.due(now_ms)]


def test_a_new_notification_is_due_at_once_and_whole(box: Outbox) -> None:
    box.add([a_notification()])
    (entry,) = box.due(0)
    assert entry.notification == a_notification()
    assert (entry.state, entry.attempts, entry.last_error) == ("pending", 0, "")


def test_the_same_id_is_told_once(box: Outbox) -> None:
    box.add([a_notification(), a_notification("n2")])
    box.attempting(["n1"], 10)
    box.delivered(["n1"], 11)
    box.add([a_notification()])
    assert due(box, 100) == ["n2"]


def test_delivered(box: Outbox) -> None:
    box.add([a_notification()])
    box.attempting(["n1"], 10)
    box.delivered(["n1"], 12)
    (entry,) = box.entries()
    assert (entry.state, entry.attempts, entry.attempted_ms, entry.finished_ms) == ("delivered", 1, 10, 12)
    assert not entry.notification.duplicate
    assert due(box, 10**13) == []


def test_failed_waits_for_its_time(box: Outbox) -> None:
    box.add([a_notification(), a_notification("n2")])
    box.attempting(["n1"], 10)
    box.failed(["n1"], "Slack answered 503", 5000)
    assert due(box, 4999) == ["n2"]
    assert due(box, 5000) == ["n1", "n2"]
    assert box.due(5000)[0].last_error == "Slack answered 503"
    assert not box.due(5000)[0].notification.duplicate


def test_a_failure_without_certainty_marks_the_next_attempt(box: Outbox) -> None:
    box.add([a_notification()])
    box.attempting(["n1"], 10)
    box.failed(["n1"], "no answer", 20, unsure=True)
    assert box.due(20)[0].notification.duplicate


def test_a_clock_set_back_does_not_hold_an_attempt_up(box: Outbox) -> None:
    box.add([a_notification()])
    box.attempting(["n1"], 1_000_000)
    box.failed(["n1"], "down", 1_010_000)
    assert due(box, 1_005_000) == []
    assert due(box, 900_000) == ["n1"]


def test_dead_and_undelivered_are_visible_and_never_due(box: Outbox) -> None:
    box.add([a_notification(), a_notification("n2")])
    box.dead(["n1"], 7, "given up")
    box.undelivered(["n2"], 8, "no webhook")
    assert due(box, 10**13) == []
    assert [(e.notification.id, e.state, e.last_error, e.finished_ms) for e in box.entries()] == [
        ("n2", "undelivered", "no webhook", 8),
        ("n1", "dead", "given up", 7),
    ]


def test_entries_are_the_newest(box: Outbox) -> None:
    box.add([a_notification(f"n{i}") for i in range(5)])
    assert [e.notification.id for e in box.entries(2)] == ["n4", "n3"]


def test_last_attempt_is_by_target(box: Outbox) -> None:
    box.add([a_notification(), a_notification("n2", target="pager")])
    assert box.last_attempt_ms("slack") is None
    box.attempting(["n1"], 10)
    assert (box.last_attempt_ms("slack"), box.last_attempt_ms("pager")) == (10, None)


def test_a_process_killed_between_the_attempt_and_its_note_leaves_one_possible_duplicate(
    tmp_path: Path, box: Outbox
) -> None:
    box.add([a_notification(), a_notification("n2")])
    killed = f"""
import os, signal, sqlite3
from inferwatch.store.outbox import Outbox
box = Outbox(sqlite3.connect({str(tmp_path / "catalog.sqlite")!r}, isolation_level=None), {SCOPE!r})
box.attempting(["n1"], 10)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", killed], check=False, env=os.environ)
    assert done.returncode == -signal.SIGKILL
    first, second = box.due(20)
    assert first.notification == msgspec.structs.replace(a_notification(), duplicate=True)
    assert not second.notification.duplicate
    box.attempting(["n1"], 20)
    box.delivered(["n1"], 21)
    assert [(e.state, e.attempts) for e in box.entries()] == [("pending", 0), ("delivered", 2)]
