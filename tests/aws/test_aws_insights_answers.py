"""What becomes of the answers of Logs Insights, by its model, is the answer that the reference computes."""

from __future__ import annotations

from typing import Any

import naive_answer
import pytest
import query_cases
from hypothesis import given
from hypothesis import strategies as st
from insights_model import answer

from inferwatch.aws.reading.groups import groups
from inferwatch.aws.reading.lines import chosen
from inferwatch.lake.instant import milliseconds
from inferwatch.lake.row import to_record, to_row
from inferwatch.query.dialects.logs_insights import emit
from inferwatch.query.question import Bucket, Question
from inferwatch.query.wording import question
from inferwatch.sdk.clock import iso

SPAN = {"start_ms": query_cases.START_MS, "end_ms": query_cases.END_MS, "limit": 10_000}
GROUPS = ["status", "environment", "cold_start", "model_version", "second", "minute", "hour", "day"]
STATS = ["count", "avg:elapse", "sum:elapse", "min:confidence", "max:LatencyMs", "p50:elapse", "p99.9:elapse"]
STATS += ["stddev:confidence", "count:request_id", "count:cold_start", "avg:score"]
FIELDS = ["elapse", "confidence", "pages", "tier", "model_version", "start_at", "end_at", "status", "features.age"]


def events(records: list[dict[str, Any]]) -> list[tuple[int, str, str]]:
    return [(query_cases.START_MS, str(n), query_cases.line(one).decode()) for n, one in enumerate(records)]


def some(of: list[str], most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(of), unique=True, max_size=most)


@st.composite
def words(draw: st.DrawFn) -> dict[str, list[str]]:
    """Of a question for groups."""
    by, stats = draw(some(GROUPS, 2)), draw(some(STATS, 4))
    columns = [*by, *stats] or ["count"]
    order = [f"{draw(st.sampled_from(['', '-']))}{one}" for one in draw(some(columns, 2))]
    if not by and not stats:
        stats, order = ["count"], []
    return {"by": by, "stats": stats, "order_by": order}


def expected(asked: Question, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The reference's, its times as ISO 8601."""
    times = {group.name for group in asked.by if isinstance(group, Bucket)}
    rows = naive_answer.answer(asked, records)
    return [{name: iso(value) if name in times else value for name, value in row.items()} for row in rows]


@given(words=words(), records=query_cases.record_lists(most=8, odd=False))
def test_groups(words: dict[str, list[str]], records: list[dict[str, Any]]) -> None:
    """Versions are numbers or texts, not both: whether 3 and "3" are one group, Insights decides."""
    asked = question(**words, **SPAN)
    records = [{**one, "model_version": str(one["model_version"])} for one in records if one.get("model_version")]
    found = groups(asked, answer(emit(asked).text, events(records)))
    wanted = expected(asked, records)
    assert [list(row) for row in found] == [list(row) for row in wanted]
    for row, other in zip(found, wanted, strict=True):
        for name, value in row.items():
            close = pytest.approx(other[name], rel=1e-9, abs=1e-9) if isinstance(other[name], float) else other[name]
            assert value == close, name


@given(
    order=some(FIELDS, 3),
    descending=st.booleans(),
    limit=st.integers(1, 5),
    records=query_cases.record_lists(most=8, odd=False),
)
def test_records(order: list[str], descending: bool, limit: int, records: list[dict[str, Any]]) -> None:
    said = {**SPAN, "order_by": [f"-{one}" if descending else one for one in order], "limit": limit}
    asked = question(**said)
    rows = answer(emit(question(**{**said, "limit": 10_000})).text, events(records))
    found = chosen(asked, (row["@message"] for row in rows))
    wanted = naive_answer.answer(asked, records)
    assert [one["transaction_id"] for one in found] == [one["transaction_id"] for one in wanted]
    assert found == [to_record(to_row(one, milliseconds(one["start_at"]), "")) for one in wanted]
