from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from local_bench import APP, SPEC, MakePool, wall_ms

from inferwatch.local.pool import Pool
from inferwatch.spec import load_spec


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The folder of a model that does what a request tells it to."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def make_pool(model: Path, data: Path) -> MakePool:
    def made(timeout: float = 5.0, concurrency: int = 2, now_ms: Callable[[], int] | None = None) -> Pool:
        (model / "inferwatch.toml").write_text(SPEC.format(timeout=timeout, concurrency=concurrency))
        return Pool(load_spec(model), data, now_ms=now_ms or wall_ms, environ=os.environ)

    return made
