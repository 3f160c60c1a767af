"""What every Notify promises: it delivers, or raises DeliveryError, and never tells a secret."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from aws_world import REGION, account
from fake_webhook import SECRET, closed_port_url, fake_webhook
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns import sns_backends
from notify_examples import a_notification, a_transition

from inferwatch.aws.notifications import sns
from inferwatch.errors import DeliveryError
from inferwatch.notify.slack import slack
from inferwatch.notify.webhook import webhook
from inferwatch.ports import Notify

KEY = "wJalrXUtnFEMI-s3cr3t-key"


class Target:
    """One kind of target. good: it takes all; refusing: it takes none; gone: nobody answers; taken: all texts."""

    def __init__(self, good: Notify, refusing: Notify, gone: Notify, taken: Callable[[], list[str]]) -> None:
        self.good, self.refusing, self.gone, self.taken = good, refusing, gone, taken


@pytest.fixture(params=["slack", "webhook", "sns"])
def target(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    if request.param == "sns":
        yield from _topic(monkeypatch)
        return
    kind: Callable[[str], Notify] = {"slack": slack, "webhook": webhook}[request.param]
    with fake_webhook() as takes, fake_webhook() as refuses:
        refuses.script = [(403, {})]
        refuses.echo = SECRET
        texts = lambda: [json.dumps(body) for body in takes.taken]  # noqa: E731
        yield Target(kind(takes.url), kind(refuses.url), kind(closed_port_url()), texts)


def _topic(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    with account():
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        session = boto3.Session(region_name=REGION)
        arn = session.client("sns").create_topic(Name="alarms")["TopicArn"]
        topic = sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[arn]
        monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", closed_port_url().removesuffix(SECRET))
        gone = sns.topic(session, arn)
        monkeypatch.delenv("AWS_ENDPOINT_URL_SNS")
        texts = lambda: [json.loads(sent[1])["default"] for sent in topic.sent_notifications]  # noqa: E731
        yield Target(sns.topic(session, arn), sns.topic(session, f"{arn}-of-nobody"), gone, texts)


def test_it_delivers_what_a_person_must_know(target: Target) -> None:
    target.good(a_notification())
    (text,) = target.taken()
    for wanted in ("ALARM: Low-Probability-Alarm, digits 3 (dev)", "is 0.41, threshold: less than 0.45", "t1"):
        assert wanted in text


@pytest.mark.parametrize("which", ["refusing", "gone"])
def test_what_is_not_delivered_is_an_error_without_a_secret(target: Target, which: str) -> None:
    notify: Notify = getattr(target, which)
    with pytest.raises(DeliveryError) as raised:
        notify(a_notification())
    assert raised.value.__cause__ is None
    for secret in (SECRET, "s3cr3t", KEY):
        assert secret not in str(raised.value)
    assert target.taken() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"description": "x" * 50_000, "link": "http://127.0.0.1/?" + "y" * 5000},
        {"transition": a_transition(alarm="ümläut \n <!channel> & <@U1>", reason="\x07\x00 🚨" * 500)},
        {"also": tuple(a_transition(alarm=f"alarm {n}") for n in range(500))},
        {"records": ({"transaction_id": "t", "error": {"type": "E", "message": "no\n" * 9000}, "prediction": [1]},)},
        {"comparison": None, "threshold": None, "metric": None, "statistic": None, "unit": None, "rule": "ALARM(a)"},
    ],
)
def test_it_delivers_whatever_stands_in_it(target: Target, changes: dict[str, Any]) -> None:
    target.good(a_notification(**changes))
    assert len(target.taken()) == 1
