from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fake_webhook import FakeWebhook, fake_webhook
from notify_examples import a_notification, a_transition

from inferwatch.alarms.values import Notification
from inferwatch.errors import DeliveryError
from inferwatch.notify.delivery import ATTEMPTS_MAX, deliver_due, retry_wait_s
from inferwatch.notify.slack import slack
from inferwatch.store import outbox
from inferwatch.store.outbox import Outbox

SCOPE = "/demo/vision/digits:dev"
DAY_S = 86_400


class Target:
    """A Notify that keeps what it gets, or fails as long as it has failures left."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.got: list[Notification] = []

    def __call__(self, notification: Notification) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.got.append(notification)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Outbox]:
    with closing(sqlite3.connect(tmp_path / "catalog.sqlite", isolation_level=None)) as connection:
        connection.executescript(outbox.SCHEMA)
        yield Outbox(connection, SCOPE)


def states(box: Outbox) -> list[str]:
    return [entry.state for entry in reversed(box.entries())]


def test_delivered_once(box: Outbox) -> None:
    target = Target()
    box.add([a_notification()])
    for second in range(5):
        deliver_due(box, {"slack": target}, second * 1000)
    assert target.got == [a_notification()]
    assert states(box) == ["delivered"]


def test_a_failure_is_tried_again_after_its_wait(box: Outbox) -> None:
    target = Target(DeliveryError("Slack answered 503"))
    box.add([a_notification()])
    deliver_due(box, {"slack": target}, 1000)
    (entry,) = box.entries()
    assert (entry.state, entry.last_error, entry.due_ms) == ("pending", "Slack answered 503", 11_000)
    deliver_due(box, {"slack": target}, 10_999)
    assert target.got == []
    deliver_due(box, {"slack": target}, 11_000)
    assert target.got == [a_notification()]


def test_retry_after_lengthens_the_wait_and_never_shortens_it(box: Outbox) -> None:
    target = Target(DeliveryError("429", retry_after_s=120), DeliveryError("429", retry_after_s=1))
    box.add([a_notification()])
    deliver_due(box, {"slack": target}, 0)
    assert box.entries()[0].due_ms == 120_000
    deliver_due(box, {"slack": target}, 120_000)
    assert box.entries()[0].due_ms == 150_000


def test_an_unsure_failure_is_told_as_a_possible_duplicate_from_then_on(box: Outbox) -> None:
    target = Target(DeliveryError("no answer", unsure=True), DeliveryError("Slack answered 503"))
    box.add([a_notification()])
    for now_ms in (0, 10_000, 40_000):
        deliver_due(box, {"slack": target}, now_ms)
    assert [n.duplicate for n in target.got] == [True]


def test_waits_add_up_to_more_than_a_day_and_then_it_is_dead(box: Outbox) -> None:
    waits = [retry_wait_s(attempts) for attempts in range(1, ATTEMPTS_MAX)]
    assert sum(wait for wait in waits if wait) >= DAY_S
    assert all(waits)
    assert retry_wait_s(ATTEMPTS_MAX) is None

    target = Target(*[DeliveryError("Slack answered 404")] * 100)
    box.add([a_notification()])
    now_ms = 0
    while box.entries()[0].state == "pending":
        now_ms = max(now_ms, box.entries()[0].due_ms)
        deliver_due(box, {"slack": target}, now_ms)
    (entry,) = box.entries()
    assert (entry.state, entry.attempts, entry.last_error) == ("dead", ATTEMPTS_MAX, "Slack answered 404")
    assert now_ms >= DAY_S * 1000


def test_slack_down_for_hours_is_delivered_when_it_is_back(box: Outbox) -> None:
    down = Target(*[DeliveryError("Slack answered 503")] * 1000)
    box.add([a_notification()])
    for now_s in range(0, 6 * 3600, 10):
        deliver_due(box, {"slack": down}, now_s * 1000)
    down.failures.clear()
    for now_s in range(6 * 3600, 7 * 3600, 10):
        deliver_due(box, {"slack": down}, now_s * 1000)
    assert len(down.got) == 1


@pytest.mark.parametrize("targets", [{"slack": None}, {}])
def test_what_has_no_target_is_shown_and_not_tried(targets: dict[str, None], box: Outbox) -> None:
    box.add([a_notification()])
    deliver_due(box, targets, 0)
    (entry,) = box.entries()
    assert (entry.state, entry.attempts) == ("undelivered", 0)
    assert entry.last_error == "no webhook is configured for 'slack'"


def test_one_target_that_fails_does_not_hold_up_another(box: Outbox) -> None:
    pager = Target()
    box.add([a_notification(), a_notification("n2", target="pager")])
    deliver_due(box, {"slack": Target(ValueError("https://hooks.slack.com/s3cr3t")), "pager": pager}, 0)
    assert [n.id for n in pager.got] == ["n2"]
    failed = box.entries()[1]
    assert (failed.state, failed.last_error) == ("pending", "ValueError in the delivery")


def test_a_few_go_one_by_one_a_second_each(box: Outbox) -> None:
    target = Target()
    box.add([a_notification(f"n{i}") for i in range(3)])
    for now_ms in range(0, 3000, 100):
        deliver_due(box, {"slack": target}, now_ms)
        assert len(target.got) <= now_ms // 1000 + 1
    assert [n.id for n in target.got] == ["n0", "n1", "n2"]


def test_a_storm_of_500_is_one_message(box: Outbox) -> None:
    target = Target()
    box.add([a_notification(f"n{i}", transition=a_transition(f"alarm-{i}")) for i in range(500)])
    for now_ms in range(0, 5000, 250):
        deliver_due(box, {"slack": target}, now_ms)
    (message,) = target.got
    assert message.transition.alarm == "alarm-0"
    assert [t.alarm for t in message.also] == [f"alarm-{i}" for i in range(1, 500)]
    assert {entry.state for entry in box.entries(1000)} == {"delivered"}


def test_a_storm_that_fails_is_one_message_again(box: Outbox) -> None:
    target = Target(DeliveryError("Slack answered 503"))
    box.add([a_notification(f"n{i}") for i in range(50)])
    deliver_due(box, {"slack": target}, 0)
    assert set(states(box)) == {"pending"}
    deliver_due(box, {"slack": target}, 10_000)
    assert [len(n.also) for n in target.got] == [49]


def test_a_clock_set_back_stops_nothing(box: Outbox) -> None:
    target = Target()
    box.add([a_notification("n1")])
    deliver_due(box, {"slack": target}, DAY_S * 1000)
    box.add([a_notification("n2")])
    deliver_due(box, {"slack": target}, 0)
    assert [n.id for n in target.got] == ["n1", "n2"]


@pytest.fixture
def server() -> Iterator[FakeWebhook]:
    with fake_webhook() as server:
        yield server


def test_killed_between_the_post_and_its_note_it_is_posted_once_more_and_says_so(
    box: Outbox, tmp_path: Path, server: FakeWebhook
) -> None:
    box.add([a_notification()])
    killed = f"""
import os, signal, sqlite3
from inferwatch.notify.delivery import deliver_due
from inferwatch.notify.slack import slack
from inferwatch.store.outbox import Outbox
box = Outbox(sqlite3.connect({str(tmp_path / "catalog.sqlite")!r}, isolation_level=None), {SCOPE!r})
box.delivered = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
deliver_due(box, {{"slack": slack({server.url!r})}}, 1000)
"""
    done = subprocess.run([sys.executable, "-c", killed], check=False, env=os.environ)
    assert done.returncode == -signal.SIGKILL
    for now_ms in range(2000, 6000, 1000):
        deliver_due(box, {"slack": slack(server.url)}, now_ms)
    first, second = (str(body) for body in server.taken)
    assert "may have been delivered before" not in first
    assert "may have been delivered before" in second
    assert states(box) == ["delivered"]


def test_slack_in_trouble_and_back_gets_exactly_one_message(box: Outbox, server: FakeWebhook) -> None:
    server.script = [(500, {}), (500, {}), (404, {}), (429, {"Retry-After": "60"})]
    box.add([a_notification()])
    notify = slack(server.url)
    for now_s in range(0, 300, 5):
        deliver_due(box, {"slack": notify}, now_s * 1000)
    assert [status for status, _ in server.posts] == [500, 500, 404, 429, 200]
    assert states(box) == ["delivered"]
