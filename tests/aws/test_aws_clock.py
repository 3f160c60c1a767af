"""This machine's clock beside the one of AWS's answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from deployed_model import account
from quick_session import Session

from inferwatch.aws import clock
from inferwatch.errors import AwsError

THEIRS = datetime(2026, 11, 21, 9, 0, 0, tzinfo=UTC)
BERLIN = datetime(2026, 11, 21, 10, 0, tzinfo=timezone(timedelta(hours=1), "CET"))


@pytest.fixture
def aws() -> Iterator[boto3.Session]:
    with account():
        yield Session()


def answering(aws: boto3.Session, status: int, error: dict[str, str] | None = None) -> boto3.Session:
    told: dict[str, Any] = {"HTTPHeaders": {"date": format_datetime(THEIRS, usegmt=True)}}
    parsed = {"ResponseMetadata": told} | ({"Error": error} if error else {})
    aws.events.register_first("before-call.sts", lambda **_: (SimpleNamespace(status_code=status), parsed))
    return aws


def ticking(start: datetime, *, seconds: float) -> Iterator[int]:
    yield round(start.timestamp() * 1000)
    yield round((start + timedelta(seconds=seconds)).timestamp() * 1000)


@pytest.mark.parametrize("ahead_s", [0, 130, -130])
def test_the_middle_of_the_call_is_compared_with_the_date_of_the_answer(aws: boto3.Session, ahead_s: int) -> None:
    times = ticking(THEIRS + timedelta(seconds=ahead_s), seconds=1)
    assert clock.ahead_ms(answering(aws, 200), times.__next__) == ahead_s * 1000


def test_an_answer_that_refuses_the_signature_tells_the_time_too(aws: boto3.Session) -> None:
    refused = answering(aws, 403, {"Code": "SignatureDoesNotMatch", "Message": "Signature expired"})
    assert clock.ahead_ms(refused, ticking(THEIRS + timedelta(hours=1), seconds=1).__next__) == 3_600_000


def test_no_credentials_are_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(AwsError, match="there are no AWS credentials: run `aws configure`"):
        clock.ahead_ms(Session(), lambda: 0)


@pytest.mark.parametrize(
    ("ahead_ms", "verdict", "says"),
    [
        (800, "ok", "as AWS's, to 1 s; CloudWatch's times are UTC, this machine's CET (+0100)"),
        (-90_000, "warning", "90 s behind AWS's: charts and logs seem shifted"),
        (400_000, "wrong", "400 s ahead of AWS's, which refuses requests that are 5 minutes off"),
    ],
)
def test_the_difference_is_explained(ahead_ms: int, verdict: str, says: str) -> None:
    found = clock.finding(ahead_ms, BERLIN)
    assert (found.what, found.verdict) == ("clock", verdict)
    assert says in found.says
