"""Questions for Logs Insights as text."""

from __future__ import annotations

from typing import Any

import insights_model
import orjson
from hypothesis import given
from hypothesis import strategies as st

from inferwatch.aws.reading.records import text_of
from inferwatch.errors import QueryError
from inferwatch.ports import RecordQuery
from inferwatch.query.predicate import Compare, Field

NOON = 1_795_262_400_000  # 2026-11-21 12:00:00 UTC


def question(**conditions: Any) -> RecordQuery:
    return RecordQuery(**{"start_ms": NOON - 3_600_000, "end_ms": NOON, **conditions})


def test_a_question_in_full() -> None:
    asked = question(
        environment="prod",
        status=("failed", "timeout"),
        version="3",
        transaction_id="0199d6e2-8c00-7000-8000-000000000000",
        min_elapse=1e-7,
        text='a"/é',
        where=Compare(Field(("response", "label")), "=", "invoice"),
        before=(NOON - 2, "0199"),
    )
    assert text_of(asked, 150).splitlines() == [
        'filter type = "inference_transaction"',
        '| filter start_at >= "2026-11-21T11:00:00.000Z"',
        '| filter start_at < "2026-11-21T11:59:59.999Z"',
        '| filter environment = "prod"',
        '| filter response.label = "invoice"',
        '| filter status in ["failed", "timeout"]',
        '| filter (model_version = "3" or model_version = 3)',
        '| filter transaction_id = "0199d6e2-8c00-7000-8000-000000000000"',
        "| filter elapse >= 0.0000001",
        r"| filter @message like /(?i)a\x22\x2f[\x{c9}\x{e9}]/",
        "| fields start_at, transaction_id, @message",
        "| sort start_at desc",
        "| dedup transaction_id",
        "| limit 150",
    ]


ANY = st.text(max_size=30) | st.sampled_from(['" or 1=1', "/ | stats", "\\", "\x00", "\u2028", "ﬃ", "İ"])


@given(text=ANY, version=ANY, environment=ANY, identity=ANY)
def test_whatever_is_asked_for_stays_in_its_place(text: str, version: str, environment: str, identity: str) -> None:
    """The model of Insights reads nothing but what is meant to be written, and finds the very record."""
    exact = {"model_version": version, "environment": environment, "transaction_id": identity}
    asked = question(text=text, version=version, environment=environment, transaction_id=identity)
    start = {"type": "inference_transaction", "start_at": "2026-11-21T11:30:00.000Z", "elapse": 1}
    line = orjson.dumps({**start, **exact, "said": text}).decode()
    try:
        written = text_of(asked, 1)
    except QueryError:
        assert any('"' in value or "\\" in value or not value.isprintable() for value in exact.values())
        return
    found = insights_model.answer(written, [(NOON, "pointer", line)])
    assert [row["@message"] for row in found] == ([line] if text in line else [])
