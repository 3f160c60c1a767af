"""CloudWatch's own tables of missing data: every row, treatment and previous state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from alarm_series import NOON, an_alarm, drawn

from inferwatch.alarms.evaluate import evaluate
from inferwatch.alarms.timing import evaluation_range
from inferwatch.alarms.values import ALARM, INSUFFICIENT_DATA, OK, State

TABLE = json.loads((Path(__file__).parent / "alarm_conformance.json").read_text())
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


@pytest.mark.parametrize("previous", [OK, ALARM, INSUFFICIENT_DATA])
@pytest.mark.parametrize("treatment", TREATMENTS)
@pytest.mark.parametrize("row", TABLE["rows"], ids=lambda row: f"{row['m']}of3:{row['data']}")
def test_row(row: dict[str, Any], treatment: str, previous: State) -> None:
    alarm = an_alarm(
        evaluation_periods=TABLE["evaluation_periods"], datapoints_to_alarm=row["m"], treat_missing_data=treatment
    )
    expected = previous if row[treatment] == "R" else row[treatment]
    assert evaluate(alarm, drawn(row["data"]), NOON, previous).state == expected


def test_range_is_the_documented_one() -> None:
    start_ms, end_ms = evaluation_range(an_alarm(evaluation_periods=TABLE["evaluation_periods"]), NOON)
    assert (end_ms - start_ms) // 60_000 == TABLE["evaluation_range"]


def test_table_is_whole() -> None:
    assert len(TABLE["rows"]) == 10
    assert all(row.keys() >= set(TREATMENTS) for row in TABLE["rows"])
