"""`inferwatch compare` over a data folder: two versions side by side, and what is said of one that is not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from asked_data import NOW, write_model
from click.testing import CliRunner, Result

from inferwatch.cli.commands import cli
from inferwatch.errors import QueryError
from inferwatch.sdk import LogStreamSink, Monitor
from inferwatch.spec import load_spec
from inferwatch.store import Store


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inferwatch.cli.compare.now_ms", lambda: NOW)
    monkeypatch.delenv("INFERWATCH_ENVIRONMENT", raising=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the model `doc` 40 records of version 1 and, ten times as slow, 40 of version 2."""
    folder = tmp_path_factory.mktemp("compared")
    spec = load_spec(write_model(folder / "doc"), environ={})
    sink = LogStreamSink(folder / "data", spec.identity.log_group, "server-1")
    for version in (1, 2):
        monitor = Monitor({**spec.compile(), "model_version": version}, sink)
        for n in range(40):
            elapse = (10.0 + n % 4) * 10 ** (version - 1)
            monitor.record(start_ms=NOW - 60_000 * n - 60_000, elapse=elapse, request={}, confidence=0.5)
    sink.close()
    with Store.open(folder / "data", writer=True) as store:
        store.ingest(NOW)
    return folder / "data"


def compare(*arguments: Any) -> Result:
    done = CliRunner().invoke(cli, ["compare", *map(str, arguments)])
    if isinstance(done.exception, QueryError):
        raise done.exception
    return done


def test_two_versions_side_by_side(data: Path) -> None:
    done = compare(1, 2, "--since", "1h", "--data", data)
    (head, *rows), (time, *others) = done.stdout.splitlines(), done.stderr.splitlines()
    assert (head.split(), done.exit_code) == (["version", "1", "version", "2"], 0)
    p50 = next(row for row in rows if row.startswith("Latency p50, ms"))
    assert "version 2 is slower, by " in p50
    assert next(row for row in rows if row.startswith("Latency p99, ms")).split()[3:5] == ["-", "-"]
    assert time.startswith("from 2026-11-21T11:00:00.000Z to 2026-11-21T12:00:00.000Z; ")
    assert others == []


def test_as_json(data: Path) -> None:
    found = json.loads(compare(1, 2, "--data", data, "--json").stdout)
    assert (found["first"]["records"], found["second"]["records"]) == (40, 40)
    assert {each["name"]: each["verdict"] for each in found["measures"]}["p50"] == "higher"


def test_a_version_without_records_is_said_with_those_that_have_some(data: Path) -> None:
    said = compare(1, 3, "--data", data)
    assert "no record of version 3; the versions of that time are 1, 2" in said.stderr
    assert "too little data to tell" in said.stdout
    earlier = compare(1, 3, "--start", "2020-01-01", "--end", "2020-01-02", "--data", data)
    assert "no record of version 1 or 3; no version has any" in earlier.stderr
    assert (
        "no record of version 1 or 2; no version has any"
        in compare(1, 2, "--environment", "prod", "--data", data).stderr
    )


def test_what_cannot_be_compared_is_refused(data: Path) -> None:
    with pytest.raises(QueryError, match="version 1 cannot be compared with itself"):
        compare(1, 1, "--data", data)
    assert compare(1, 2, "--start", "2027-01-01", "--data", data).exit_code == 2
