from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_world import account
from sides import Aws, Lines, Local, Side


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
