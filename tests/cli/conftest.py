"""For the commands that deploy and destroy: a model's folder, and an account of moto's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import fake_app
import pytest

if TYPE_CHECKING:
    import boto3

REGION = "eu-central-1"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return fake_app.write(tmp_path / "model")


@pytest.fixture
def session(account: boto3.Session) -> boto3.Session:
    """Of an account with the registry, and nothing else in it."""
    from registry_world import make_table

    make_table(account)
    return account


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    """A session of an account with nothing in it, which the settings of whoever runs the tests do not reach."""
    import boto3  # most commands' tests need neither
    from moto import mock_aws

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_PROFILE", "AWS_REGION", "INFERWATCH_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield boto3.Session(region_name=REGION)
