from __future__ import annotations

import pytest
from alarm_series import NOON, an_alarm, drawn
from hypothesis import given
from hypothesis import strategies as st

from inferwatch.alarms.evaluate import evaluate
from inferwatch.alarms.reason import number
from inferwatch.alarms.values import OK


def reason(picture: str, **changes: object) -> str:
    return evaluate(an_alarm(**changes), drawn(picture), NOON, OK).reason


@pytest.mark.parametrize(
    ("picture", "alarm", "text"),
    [
        (
            "X",
            {"datapoints_to_alarm": 1},
            "Threshold Crossed: 1 out of the last 1 datapoints [2.0 (21/11/26 11:59:00)] was greater than"
            " the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).",
        ),
        (
            "0X0X",
            {"evaluation_periods": 3, "datapoints_to_alarm": 2},
            "Threshold Crossed: 2 out of the last 3 datapoints [2.0 (21/11/26 11:59:00), 2.0 (21/11/26 11:57:00)]"
            " were greater than the threshold (1.0) (minimum 2 datapoints for OK -> ALARM transition).",
        ),
        (
            "000X0",
            {"evaluation_periods": 5, "datapoints_to_alarm": 3, "comparison": "GreaterThanOrEqualToThreshold"},
            "Threshold Crossed: 4 out of the last 5 datapoints [0.0 (21/11/26 11:59:00), 0.0 (21/11/26 11:57:00),"
            " 0.0 (21/11/26 11:56:00), 0.0 (21/11/26 11:55:00)] were not greater than or equal to the threshold"
            " (1.0) (minimum 3 datapoints for ALARM -> OK transition).",
        ),
        (
            "XX",
            {"evaluation_periods": 2, "comparison": "LessThanThreshold", "threshold": 5},
            "Threshold Crossed: 2 datapoints [2.0 (21/11/26 11:59:00), 2.0 (21/11/26 11:58:00)] were less than"
            " the threshold (5.0).",
        ),
        (
            "X",
            {"comparison": "LessThanOrEqualToThreshold", "threshold": 0.45},
            "Threshold Crossed: 1 datapoint [2.0 (21/11/26 11:59:00)] was not less than or equal to the threshold"
            " (0.45).",
        ),
        (
            "XXXXXX",
            {"evaluation_periods": 6, "datapoints_to_alarm": 6},
            "Threshold Crossed: 6 out of the last 6 datapoints were greater than the threshold (1.0). The most"
            " recent datapoints which crossed the threshold: [2.0 (21/11/26 11:59:00), 2.0 (21/11/26 11:58:00),"
            " 2.0 (21/11/26 11:57:00), 2.0 (21/11/26 11:56:00), 2.0 (21/11/26 11:55:00)]"
            " (minimum 6 datapoints for OK -> ALARM transition).",
        ),
        (
            "X-",
            {"evaluation_periods": 4, "datapoints_to_alarm": 1, "treat_missing_data": "notBreaching"},
            "Threshold Crossed: 1 out of the last 4 datapoints [2.0 (21/11/26 11:58:00)] was greater than the"
            " threshold (1.0) and 3 missing datapoints were treated as [NonBreaching]"
            " (minimum 1 datapoint for OK -> ALARM transition).",
        ),
        (
            "---",
            {"evaluation_periods": 3, "treat_missing_data": "breaching"},
            "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated"
            " as [Breaching].",
        ),
        (
            "-",
            {"datapoints_to_alarm": 1, "treat_missing_data": "notBreaching"},
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated"
            " as [NonBreaching].",
        ),
        (
            "X-",
            {"evaluation_periods": 2, "treat_missing_data": "notBreaching"},
            "Threshold Crossed: 1 missing datapoint was treated as [NonBreaching].",
        ),
        ("-", {}, "Insufficient Data: 1 datapoint was unknown."),
        ("-", {"evaluation_periods": 5}, "Insufficient Data: 5 datapoints were unknown."),
        (
            "--",
            {"evaluation_periods": 2, "treat_missing_data": "ignore"},
            "Unchanged: no datapoints were received for 2 periods, and missing data is ignored.",
        ),
        (
            "--X",
            {"evaluation_periods": 3},
            "Unchanged: 1 datapoint [2.0 (21/11/26 11:59:00)] was greater than the threshold (1.0);"
            " the other datapoints are missing, and ALARM takes 3 out of 3.",
        ),
    ],
)
def test_text(picture: str, alarm: dict[str, object], text: str) -> None:
    assert reason(picture, **alarm) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.0"),
        (-0.0, "-0.0"),
        (2000, "2000.0"),
        (0.45, "0.45"),
        (0.001, "0.001"),
        (0.0005, "5.0E-4"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (1073741824.0, "1.073741824E9"),
        (-12345678.9, "-1.23456789E7"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
    ],
)
def test_numbers_are_written_as_java_does(value: float, text: str) -> None:
    assert number(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_itself(value: float) -> None:
    assert float(number(value)) == value
