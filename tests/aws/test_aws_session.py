"""Which region a session is in: what was asked for, what the spec says, or the caller's own settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from inferwatch.aws.session import open_session
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


def test_no_region_at_all_is_said() -> None:
    with pytest.raises(AwsError, match=r"no region is given: set aws\.region in the spec, --region or AWS_REGION"):
        open_session(AccountSpec())
