"""Slack and the generic webhook against a real server: what counts as delivered, what is retried, what is told."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterator

import pytest
from fake_webhook import RESET, SECRET, FakeWebhook, closed_port_url, fake_webhook
from notify_examples import a_notification

from inferwatch.errors import DeliveryError
from inferwatch.notify.message import slack_message
from inferwatch.notify.slack import slack
from inferwatch.notify.webhook import webhook
from inferwatch.ports import Notify

BOTH = pytest.mark.parametrize("made", [slack, webhook])
Made = Callable[..., Notify]


@pytest.fixture
def server() -> Iterator[FakeWebhook]:
    with fake_webhook() as server:
        yield server


@pytest.fixture(autouse=True)
def nothing_secret_is_logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    with caplog.at_level(logging.DEBUG):
        yield
    logged = "".join(r.getMessage() for r in caplog.get_records("call"))
    assert "s3cr3t" not in logged + "".join(capfd.readouterr())


def failure(notify: Notify) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        notify(a_notification())
    shown = "".join(traceback.format_exception(caught.value))
    assert "s3cr3t" not in shown + repr(caught.value) + repr(notify)
    return caught.value


def test_slack_gets_the_message(server: FakeWebhook) -> None:
    slack(server.url)(a_notification())
    assert server.posts == [(200, slack_message(a_notification()))]


def test_a_webhook_gets_the_documented_body(server: FakeWebhook) -> None:
    server.script = [(204, {})]
    webhook(server.url)(a_notification(duplicate=True))
    ((_, body),) = server.posts
    assert body["v"] == 1
    assert body["headline"] == "ALARM: Low-Probability-Alarm, digits 3 (dev)"
    assert body["condition"] == "Average of PredictionProbability is 0.41, threshold: less than 0.45"
    assert body["transition"] | {"reason": ""} == {
        "alarm": "Low-Probability-Alarm", "previous": "OK", "state": "ALARM", "reason": "",
        "at_ms": 1_795_262_400_000, "value": 0.41,
    }  # fmt: skip
    assert (body["id"], body["target"], body["duplicate"]) == ("n1", "slack", True)
    assert body["records"][0]["transaction_id"] == "t1"


def test_slack_429_waits_retry_after_and_posts_exactly_once(server: FakeWebhook) -> None:
    server.script = [(429, {"Retry-After": "1"})]
    started = time.monotonic()
    slack(server.url)(a_notification())
    assert time.monotonic() - started >= 1
    assert [status for status, _ in server.posts] == [429, 200]
    assert len(server.taken) == 1


def test_slack_with_a_long_retry_after_is_left_to_the_outbox(server: FakeWebhook) -> None:
    server.script = [(429, {"Retry-After": "120"})]
    error = failure(slack(server.url))
    assert (error.retry_after_s, error.unsure, len(server.posts)) == (120, False, 1)


@pytest.mark.parametrize("value", ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "soon", "²", "1.5", ""])
@BOTH
def test_a_retry_after_that_is_no_number_is_a_failure_like_any(value: str, made: Made, server: FakeWebhook) -> None:
    server.script = [(429, {"Retry-After": value})]
    error = failure(made(server.url))
    assert (error.retry_after_s, str(error)[-12:]) == (0, "answered 429")


def test_an_absurd_retry_after_is_a_day(server: FakeWebhook) -> None:
    server.script = [(429, {"Retry-After": "9" * 400})]
    assert failure(webhook(server.url)).retry_after_s == 86_400


def test_slack_503_is_tried_once_more_and_then_fails(server: FakeWebhook) -> None:
    server.script = [(503, {})] * 2
    error = failure(slack(server.url))
    assert str(error) == "Slack answered 503"
    assert not error.unsure
    assert len(server.posts) == 2


def test_a_webhooks_503_with_retry_after(server: FakeWebhook) -> None:
    server.script = [(503, {"retry-after": "7"})]
    error = failure(webhook(server.url))
    assert (str(error), error.retry_after_s) == ("the webhook answered 503", 7)


@BOTH
def test_a_revoked_webhook_says_so(made: Made, server: FakeWebhook) -> None:
    server.script = [(404, {})]
    server.echo = "no_service"
    assert "404" in str(error := failure(made(server.url)))
    assert "revoked" in str(error)
    assert ("no_service" in str(error)) == (made is slack)


@BOTH
def test_what_a_server_echoes_is_not_told(made: Made, server: FakeWebhook) -> None:
    server.script = [(404, {})]
    server.echo = f"The requested URL {SECRET} was not found"
    assert "not found" not in str(failure(made(server.url)))


@BOTH
def test_nobody_there(made: Made) -> None:
    error = failure(made(closed_port_url()))
    assert "cannot be reached: Connection refused" in str(error)
    assert not error.unsure


@BOTH
def test_an_exchange_that_breaks_off_may_have_been_a_delivery(made: Made, server: FakeWebhook) -> None:
    server.script = [RESET]
    assert failure(made(server.url)).unsure
    assert len(server.posts) == 1  # not tried again at once, lest it stands there twice


def test_a_redirect_is_no_delivery(server: FakeWebhook) -> None:
    server.script = [(302, {"Location": server.url})]
    assert "302" in str(failure(webhook(server.url)))
    assert [body for _, body in server.posts if body == "GET"] == []
