"""Which region a session is in: what was asked for, what the spec says, or the caller's own settings."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from inferwatch.aws.session import READ_S, caller, open_session
from inferwatch.errors import AwsError
from inferwatch.spec.account import AccountSpec

IRELAND, LONDON, FRANKFURT, OHIO = "eu-west-1", "eu-west-2", "eu-central-1", "us-east-2"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")


def test_each_way_to_say_a_region_goes_before_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tmp_path / "config"
    settings.write_text(f"[default]\nregion = {OHIO}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(settings))
    assert open_session(AccountSpec()).region_name == OHIO
    monkeypatch.setenv("AWS_REGION", FRANKFURT)
    assert open_session(AccountSpec()).region_name == FRANKFURT
    assert open_session(AccountSpec(region=LONDON)).region_name == LONDON
    assert open_session(AccountSpec(region=LONDON), IRELAND).region_name == IRELAND


def test_aws_region_goes_before_aws_default_region_as_with_the_aws_command_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", OHIO)
    assert open_session(AccountSpec()).region_name == OHIO
    monkeypatch.setenv("AWS_REGION", FRANKFURT)
    assert open_session(AccountSpec()).region_name == FRANKFURT


class Answer(BytesIO):
    """A body as urllib3 gives it."""

    def stream(self) -> Any:
        yield self.read()


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    return open_session(AccountSpec(region=FRANKFURT))


LOGIN_PAGE = b"<html><body>Log in to the network</body></html>"


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, LOGIN_PAGE), (200, b"\x00\xff"), (200, b""), (500, b"oops"), (502, b"\x00\xff")],
)
def test_an_answer_that_is_not_aws_s_is_one_message(session: boto3.Session, status: int, body: bytes) -> None:
    def answer(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, status, {}, Answer(body))

    session.events.register("before-send.sts", answer)
    with pytest.raises(AwsError, match="asking who the credentials are: what came back is no answer of AWS's"):
        caller(session, AccountSpec())


def test_a_call_without_an_answer_is_given_up_after_seconds(session: boto3.Session) -> None:
    config = session.client("sts").meta.config
    assert config.read_timeout == READ_S < 60


def test_no_region_at_all_is_said() -> None:
    with pytest.raises(AwsError, match=r"no region is given: set aws\.region in the spec, --region or AWS_REGION"):
        open_session(AccountSpec())
