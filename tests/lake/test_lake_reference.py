"""docs/reference/lake.md names every column with its types, and its query runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from lake_records import whole

from inferwatch.lake.columns import COLUMNS, GLUE_COLUMNS, KINDS
from inferwatch.sdk.streams import stream_file
from inferwatch.store import Store
from inferwatch.store.lake.engine import Engine

DOCUMENT = (Path(__file__).parents[2] / "docs/reference/lake.md").read_text()
ROWS = re.findall(r"^\| (`.+`) \| ([A-Z ]+) \| ([a-z]*) ?\|", DOCUMENT, re.M)
ATHENA, DUCKDB = re.findall(r"^```sql\n(.*?)^```", DOCUMENT, re.M | re.S)


def test_every_column_is_there_with_both_types() -> None:
    told = {name: (ours, theirs) for names, ours, theirs in ROWS for name in re.findall(r"`([^`]+)`", names)}
    features = {"feature_<name>": ("DOUBLE", "double"), "category_<name>": ("VARCHAR", "string")}
    times = {name for name, kind in KINDS.items() if kind == "time"}
    assert told == features | {
        name: ("TIMESTAMP WITH TIME ZONE" if name in times else kind, GLUE_COLUMNS.get(name, ""))
        for name, kind in COLUMNS.items()
    }


def test_its_query_reads_the_lake_of_one_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    documents: list[dict[str, Any]] = [
        {"status": "succeeded", "elapse": 10},
        {"status": "failed", "elapse": 30, "features": {"age": 3}},
        {"status": "succeeded", "elapse": 20.5, "features": {"kind": "b"}},
    ]
    file = stream_file(tmp_path, "/demo/adder", "server")
    file.parent.mkdir(parents=True)
    file.write_bytes(b"".join(whole(number, document) for number, document in enumerate(documents)))
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(1_763_716_400_000)
        store.compact(1_763_716_400_000)
    monkeypatch.chdir(tmp_path)
    engine = Engine()
    last_ms = 1_763_716_320_123
    assert engine.rows(DUCKDB, {}) == [
        {"status": "failed", "n": 1, "mean_ms": 30.0, "last_ms": last_ms},
        {"status": "succeeded", "n": 2, "mean_ms": 15.25, "last_ms": last_ms},
    ]
    engine.close()


def test_the_question_to_athena_names_columns_that_are_there() -> None:
    used = set(re.findall(r"[a-z]+_[a-z_]+", ATHENA)) - {"row_number", "json_extract_scalar"}
    assert used <= GLUE_COLUMNS.keys()
