"""What becomes of an answer where Arrow, pandas or Polars are, and in a notebook."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from inferwatch.errors import MissingExtraError
from inferwatch.query.answer import Answer, of_groups, of_records
from inferwatch.query.predicate import Field
from inferwatch.query.question import Bucket, Question, Text
from inferwatch.query.table import columns

RECORDS = [
    {
        "transaction_id": "a",
        "start_at": "2025-11-21T09:12:00.123Z",
        "elapse": 3,
        "model_version": 3,
        "request": {"pages": [1, "<b>"]},
        "cold_start": True,
        "pages": 3,
        "odd": 1,
    },
    {
        "transaction_id": "b",
        "start_at": "2025-11-21T09:13:00.000Z",
        "elapse": 2.5,
        "model_version": "4b",
        "request": "text",
        "pages": None,
        "odd": "x",
    },
]
AT = datetime(2025, 11, 21, 9, 12, 0, 123_000, tzinfo=UTC)
EMPTY = Answer(columns=("start_at", "elapse", "request_size", "cold_start", "other"), rows=[])


def test_records_have_the_core_fields_first() -> None:
    answer = of_records(RECORDS)
    assert answer.columns == (
        *("model_version", "transaction_id", "start_at", "elapse", "request", "cold_start", "pages", "odd"),
    )
    assert list(answer) == RECORDS
    assert len(answer) == 2


def test_no_records_have_all_core_fields_as_columns() -> None:
    frame = of_records([]).to_pandas()
    assert frame[frame["elapse"] > 3].empty
    assert (frame["start_at"].dtype.kind, frame["elapse"].dtype) == ("M", "float64")


def test_groups_have_their_buckets_as_instants() -> None:
    question = Question(start_ms=0, end_ms=1, by=(Field(("status",)), Bucket(60, "minute")))
    text = Text(dialect="x", text="", columns=("status", "minute", "count"), notes=("rough",))
    answer = of_groups(question, text, [("failed", 60_000, 3), (None, 0, 1)])
    assert answer.rows == [
        {"status": "failed", "minute": "1970-01-01T00:01:00.000Z", "count": 3},
        {"status": None, "minute": "1970-01-01T00:00:00.000Z", "count": 1},
    ]
    assert (answer.times, answer.notes) == (("minute",), ("rough",))


def test_columns_have_types() -> None:
    found = {column.name: (column.kind, column.values) for column in columns(of_records(RECORDS))}
    assert found == {
        "model_version": ("text", ["3", "4b"]),
        "transaction_id": ("text", ["a", "b"]),
        "start_at": ("time", [1_763_716_320_123, 1_763_716_380_000]),
        "elapse": ("number", [3.0, 2.5]),
        "request": ("text", ['{"pages":[1,"<b>"]}', "text"]),
        "cold_start": ("boolean", [True, None]),
        "pages": ("integer", [3, None]),
        "odd": ("text", ["1", "x"]),
    }
    assert [column.kind for column in columns(EMPTY)] == ["time", "number", "integer", "boolean", "text"]
    (big,) = columns(Answer(columns=("n",), rows=[{"n": 2**70}, {"n": 1}]))
    assert (big.kind, big.values) == ("number", [float(2**70), 1.0])


def test_arrow() -> None:
    arrow = pytest.importorskip("pyarrow")
    table = of_records(RECORDS).to_arrow()
    assert table.schema.field("start_at").type == arrow.timestamp("ms", tz="UTC")
    row = table.select(["start_at", "elapse", "pages", "cold_start"]).to_pylist()[0]
    assert row == {"start_at": AT, "elapse": 3.0, "pages": 3, "cold_start": True}
    assert EMPTY.to_arrow().num_rows == 0


def test_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    frame = of_records(RECORDS).to_pandas()
    assert frame["start_at"][0] == pandas.Timestamp(AT)
    assert frame["pages"].tolist() == [3, pandas.NA]
    assert frame["elapse"].mean() == 2.75
    assert list(EMPTY.to_pandas().columns) == list(EMPTY.columns)


def test_polars() -> None:
    polars = pytest.importorskip("polars")
    frame = of_records(RECORDS).to_polars()
    assert frame.schema["start_at"] == polars.Datetime("ms", "UTC")
    assert frame.row(0, named=True)["start_at"] == AT
    assert frame["pages"].to_list() == [3, None]
    assert EMPTY.to_polars().shape == (0, 5)


@pytest.mark.parametrize(
    ("name", "package"), [("to_arrow", "pyarrow"), ("to_pandas", "pandas"), ("to_polars", "polars")]
)
def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, name: str, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=f"pip install '{package}'"):
        getattr(of_records(RECORDS), name)()


def test_a_notebook_shows_the_first_rows_escaped() -> None:
    rows: list[dict[str, Any]] = [{"<i>": f"{'<b>' * 40}", "n": number} for number in range(30)]
    shown = Answer(columns=("<i>", "n"), rows=rows, notes=("a & b",))._repr_html_()
    assert shown.count("<tr>") == 21
    assert "<b>" not in shown
    assert "<i>" not in shown
    assert "30 rows, the first 20 shown" in shown
    assert "a &amp; b" in shown
    assert repr(of_records(RECORDS)).startswith("<Answer: 2 rows of model_version, ")
