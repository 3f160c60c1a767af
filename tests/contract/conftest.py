from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_world import account
from registry_world import dynamo
from sides import Aws, Lines, Local, Side

from inferwatch.aws.registry import DynamoRegistry
from inferwatch.ports import Registry
from inferwatch.store.registry import LocalRegistry


@pytest.fixture(params=["local", "aws"])
def side(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Side]:
    if request.param == "local":
        made = Local(tmp_path)
        yield made
        made.close()
    else:
        with account():
            yield Aws(tmp_path)


@pytest.fixture
def lines(side: Side) -> Lines:
    return Lines(side.spec)


@pytest.fixture(params=["local", "aws"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    if request.param == "local":
        yield LocalRegistry(tmp_path / "data")
    else:
        with dynamo() as session:
            yield DynamoRegistry(session)
