"""What is said where Spark, or what it needs, is not there. tests/spark asks a real one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from inferwatch.errors import MissingExtraError, QueryError, StoreError
from inferwatch.store import Store
from inferwatch.store.spark import SparkQuestions


@pytest.fixture
def data(tmp_path: Path) -> Path:
    Store.open(tmp_path, writer=True).close()
    return tmp_path


def test_without_pyspark_the_extra_is_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(MissingExtraError, match=r"inferwatch\[spark\]"):
        SparkQuestions(data)


def test_without_java_it_is_said_how_to_get_it(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark")
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(QueryError, match="Spark needs Java 17 or later: install it"):
        SparkQuestions(data)


def test_without_data_that_is_said_first(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no InferWatch data yet"):
        SparkQuestions(tmp_path)
