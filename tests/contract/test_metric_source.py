"""What both sides of MetricSource promise: the same lines give the same datapoints and the same records."""

from __future__ import annotations

from typing import Any

import pytest
from sides import DAY, HOUR, MINUTE, NOW, SECOND, Lines, Side, init_start, record, report

from inferwatch.alarms.values import Datapoint
from inferwatch.errors import QueryError
from inferwatch.ports import Record, RecordQuery


def datapoints(
    side: Side, metric: str, statistic: str, period: int, start: int, end: int, **dimensions: str
) -> list[tuple[int, float]]:
    named = {**side.spec.identity.dimensions, **dimensions}
    return [(p.timestamp_ms, p.value) for p in side.source.datapoints(metric, statistic, period, start, end, named)]


def records(side: Side, **conditions: Any) -> list[Record]:
    given = {"start_ms": NOW - DAY, "end_ms": NOW, "environment": "prod", "limit": 100, **conditions}
    return list(side.source.records(RecordQuery(**given)))


def numbers(found: list[Record]) -> list[int]:
    return [one["request"]["number"] for one in found]


def test_each_statistic_of_a_minute(side: Side, lines: Lines) -> None:
    side.put([lines.line(n, NOW - MINUTE + n * 100, elapse=float(n)) for n in range(101)])
    found = {
        statistic: datapoints(side, "LatencyMs", statistic, 60, NOW - MINUTE, NOW)
        for statistic in ("Sum", "Average", "Minimum", "Maximum", "SampleCount", "p0", "p50", "p99.9", "p100")
    }
    assert {statistic: value for statistic, ((_, value),) in found.items()} == {
        "Sum": 5050,
        "Average": 50,
        "Minimum": 0,
        "Maximum": 100,
        "SampleCount": 101,
        "p0": 0,
        "p50": pytest.approx(50, rel=0.01),
        "p99.9": pytest.approx(100, rel=0.01),
        "p100": 100,
    }
    assert {at for ((at, _),) in found.values()} == {NOW - MINUTE}


def test_a_datapoint_says_how_many_values_it_is_of(side: Side, lines: Lines) -> None:
    side.put([lines.line(n, NOW - MINUTE, elapse=2.0) for n in range(5)])
    found = side.source.datapoints("LatencyMs", "Average", 60, NOW - MINUTE, NOW, side.spec.identity.dimensions)
    assert list(found) == [Datapoint(NOW - MINUTE, 2.0, 5.0)]


def test_periods_begin_where_the_question_does(side: Side, lines: Lines) -> None:
    side.put([lines.line(n, NOW - 20 * MINUTE + n * MINUTE) for n in range(20)])
    found = datapoints(side, "Invocations", "Sum", 300, NOW - 13 * MINUTE + 59 * SECOND, NOW - 2 * MINUTE)
    assert found == [(NOW - 13 * MINUTE, 5), (NOW - 8 * MINUTE, 5), (NOW - 3 * MINUTE, 3)]


def test_the_last_period_begins_before_the_end(side: Side, lines: Lines) -> None:
    side.put([lines.line(n, NOW - 4 * MINUTE + n * MINUTE) for n in range(4)])
    found = datapoints(side, "Invocations", "Sum", 60, NOW - 3 * MINUTE, NOW - MINUTE)
    assert found == [(NOW - 3 * MINUTE, 1), (NOW - 2 * MINUTE, 1)]
    assert datapoints(side, "Invocations", "Sum", 60, NOW - MINUTE, NOW - MINUTE) == []


def test_periods_without_data_are_left_out_and_the_rest_stands_in_order(side: Side, lines: Lines) -> None:
    starts = [NOW - 2 * MINUTE, NOW - 9 * MINUTE, NOW - 5 * MINUTE]
    side.put([lines.line(n, start) for n, start in enumerate(starts)])
    found = datapoints(side, "Invocations", "Sum", 60, NOW - HOUR, NOW)
    assert found == [(start, 1) for start in sorted(starts)]


def test_a_metric_without_data_has_no_datapoints(side: Side, lines: Lines) -> None:
    side.put([lines.line(1, NOW - MINUTE)])
    assert datapoints(side, "PredictionProbability", "Average", 60, NOW - HOUR, NOW) == []
    assert datapoints(side, "NoSuchMetric", "Sum", 60, NOW - HOUR, NOW) == []


def test_metrics_of_the_specs_own_and_of_the_runtimes_report(side: Side, lines: Lines) -> None:
    side.put([lines.line(1, NOW - MINUTE, request={"pages": 7})])
    side.put([init_start(side.spec, NOW - 2 * MINUTE), report(NOW - MINUTE, maxMemoryUsedMB=80)], stream="two")
    assert datapoints(side, "Pages", "Maximum", 60, NOW - HOUR, NOW) == [(NOW - MINUTE, 7)]
    assert datapoints(side, "MaxMemoryUsedMB", "Maximum", 60, NOW - HOUR, NOW) == [(NOW - MINUTE, 80)]


def test_dimensions_keep_environments_and_versions_apart(side: Side, lines: Lines) -> None:
    side.put([lines.line(n, NOW - MINUTE, environment="prod" if n else "dev") for n in range(3)])
    side.put([lines.line(9, NOW - MINUTE, model_version=4)])
    at = NOW - MINUTE
    assert datapoints(side, "Invocations", "Sum", 60, at, NOW) == [(at, 3)]
    assert datapoints(side, "Invocations", "Sum", 60, at, NOW, environment="dev") == [(at, 1)]
    assert datapoints(side, "Invocations", "Sum", 60, at, NOW, ModelVersion="4") == [(at, 1)]
    assert datapoints(side, "Invocations", "Sum", 60, at, NOW, ModelVersion="5") == []


@pytest.mark.parametrize(
    ("age", "period", "expected"),
    [
        (0, 60, [1] * 10),
        (2 * HOUR, 10, [1] * 10),
        (4 * HOUR, 10, [1] * 10),
        (4 * HOUR, 60, [1] * 10),
        (20 * DAY, 60, [5, 5]),
        (20 * DAY, 120, [5, 5]),
        (20 * DAY, 300, [5, 5]),
        (20 * DAY, 600, [10]),
        (100 * DAY, 60, [10]),
        (100 * DAY, 3600, [10]),
        (500 * DAY, 3600, []),
    ],
)
def test_old_data_answers_in_the_periods_in_which_it_is_kept(
    side: Side, lines: Lines, age: int, period: int, expected: list[int]
) -> None:
    """Counted to the period that it begins in: sums of five minutes where sums of a minute were asked for."""
    start = NOW - HOUR
    side.put([lines.line(n, start + n * MINUTE) for n in range(10)])
    side.let_pass(age)
    found = datapoints(side, "Invocations", "Sum", period, start, NOW)
    assert [value for _, value in found] == expected
    assert all((at - start) % (1000 * period) == 0 for at, _ in found)


def test_of_old_data_only_what_begins_within_the_range_is_counted(side: Side, lines: Lines) -> None:
    """Five minutes are kept as one from five minutes to five minutes; a range may begin between."""
    start = NOW - HOUR
    side.put([lines.line(n, start + n * MINUTE) for n in range(20)])
    side.let_pass(20 * DAY)
    found = datapoints(side, "Invocations", "Sum", 300, start + 7 * MINUTE, start + 17 * MINUTE)
    assert found == [(start + 7 * MINUTE, 5), (start + 12 * MINUTE, 5)]


def test_a_range_that_reaches_into_old_data_counts_nothing_twice(side: Side, lines: Lines) -> None:
    start = NOW - 4 * HOUR
    side.put([lines.line(n, start + n * MINUTE) for n in range(180)])
    side.let_pass(15 * DAY - 2 * HOUR)
    found = datapoints(side, "Invocations", "Sum", 60, start, NOW)
    assert sum(value for _, value in found) == 180
    assert [value for _, value in found] == [5] * 24 + [1] * 60


@pytest.mark.parametrize(
    ("statistic", "period", "says"),
    [("Mean", 60, "'Mean' is not a statistic"), ("p101", 60, "p101"), ("Sum", 90, "90 s"), ("Sum", 0, "0 s")],
)
def test_what_no_side_can_answer_is_refused(side: Side, statistic: str, period: int, says: str) -> None:
    with pytest.raises(QueryError, match=says):
        datapoints(side, "LatencyMs", statistic, period, NOW - HOUR, NOW)


def test_a_record_comes_back_as_it_was_logged(side: Side, lines: Lines) -> None:
    line = lines.line(
        1,
        NOW - MINUTE,
        elapse=350.5,
        request={"pages": 2, "text": 'a "quoted" \\ line\nand Ünïcode 🚗'},
        response=[1, None, 2.5],
        prediction="car",
        confidence=0.98,
        requester={"principal": "arn:aws:iam::123456789012:role/app", "ip": None},
        team="north",
    )
    side.put([line])
    assert records(side) == [record(line)]


def test_records_stand_in_the_order_asked_for(side: Side, lines: Lines) -> None:
    shown = [(1, 30.0, 0.9), (2, 10.0, None), (3, 20.0, 0.2), (4, 5.0, 0.5)]
    side.put(
        [
            lines.line(
                n, NOW - 10 * MINUTE + n * MINUTE, elapse=elapse, **({} if sure is None else {"confidence": sure})
            )
            for n, elapse, sure in shown
        ]
    )
    found = {order: numbers(records(side, order=order)) for order in ("-start_at", "start_at", "-elapse", "confidence")}
    assert found == {
        "-start_at": [4, 3, 2, 1],
        "start_at": [1, 2, 3, 4],
        "-elapse": [1, 3, 2, 4],
        "confidence": [3, 4, 1, 2],
    }
    assert numbers(records(side, order="confidence", limit=2)) == [3, 4]
    assert records(side, limit=0) == []


def test_pages_show_each_record_once_though_many_began_together(side: Side, lines: Lines) -> None:
    made = [lines.line(n, NOW - MINUTE - n // 8) for n in range(40)]
    side.put(made)
    for order, reverse in (("-start_at", True), ("start_at", False)):
        found: list[Record] = []
        before = None
        while page := records(side, order=order, limit=7, before=before):
            found += page
            last = page[-1]
            start = next(NOW - MINUTE - n // 8 for n, line in enumerate(made) if record(line) == last)
            before = (start, last["transaction_id"])
        expected = sorted((record(line) for line in made), key=lambda r: (r["start_at"], r["transaction_id"]))
        assert found == (expected[::-1] if reverse else expected)


def test_a_record_that_was_logged_twice_is_one(side: Side, lines: Lines) -> None:
    line = lines.line(1, NOW - MINUTE)
    side.put([line, line, lines.line(2, NOW - 2 * MINUTE)])
    side.put([line], stream="two")
    assert numbers(records(side)) == [1, 2]
    assert numbers(records(side, limit=2)) == [1, 2]


def test_times_are_exact_though_a_line_is_written_at_the_end(side: Side, lines: Lines) -> None:
    at = NOW - HOUR
    side.put([lines.line(n, at + n, elapse=600_000.0) for n in range(-2, 3)])
    assert numbers(records(side, start_ms=at - 1, end_ms=at + 1, order="start_at")) == [-1, 0]
    assert records(side, start_ms=at + 3, end_ms=NOW) == []


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ({"status": ("failed",)}, [2]),
        ({"status": ("failed", "timeout")}, [2, 3]),
        ({"min_elapse": 100}, [3]),
        ({"min_elapse": 20.5}, [2, 3]),
        ({"version": "4"}, [4]),
        ({"version": "blue-1.2"}, [5]),
        ({"version": "3", "status": ("succeeded",)}, [1]),
        ({"version": "none"}, []),
        ({"environment": "dev"}, [6]),
        ({"environment": None}, [1, 2, 3, 4, 5, 6]),
        ({"text": "NO PAGES"}, [2]),
        ({"text": '"number":5'}, [5]),
        ({"text": "straße/ä.*"}, [1]),
        ({"text": "STRASSE"}, []),
        ({"text": "ÄPFEL"}, [3]),
        ({"text": "a.c"}, []),
        ({"log_group": "/abc_corp/claim/doc"}, [1, 2, 3, 4, 5]),
    ],
)
def test_records_meet_every_condition(side: Side, lines: Lines, conditions: dict[str, Any], found: list[int]) -> None:
    error = {"type": "ValueError", "message": "no pages"}
    side.put(
        [
            lines.line(1, NOW - 9 * MINUTE, where="Straße/Ä.*", code="abc"),
            lines.line(2, NOW - 8 * MINUTE, elapse=20.5, status="failed", error=error),
            lines.line(3, NOW - 7 * MINUTE, elapse=100.0, status="timeout", fruit="äpfel"),
            lines.line(4, NOW - 6 * MINUTE, model_version=4),
            lines.line(5, NOW - 5 * MINUTE, model_version="blue-1.2"),
            lines.line(6, NOW - 4 * MINUTE, environment="dev"),
        ]
    )
    assert numbers(records(side, order="start_at", **conditions)) == found


@pytest.mark.parametrize(
    "text", ['x" or type = "', "/ or 1 = 1", "\\", "a | limit 1", "#", "(?i)", "\n| stats count(*)"]
)
def test_no_text_becomes_a_part_of_the_question(side: Side, lines: Lines, text: str) -> None:
    side.put([lines.line(1, NOW - MINUTE)])
    assert records(side, text=text) == []


def test_one_transaction_is_found_by_its_id(side: Side, lines: Lines) -> None:
    made = [lines.line(n, NOW - 3 * HOUR + n * MINUTE) for n in range(5)]
    side.put(made)
    wanted = record(made[3])
    assert records(side, transaction_id=wanted["transaction_id"], limit=1) == [wanted]
    assert records(side, transaction_id="0199d6e2-8c00-7000-8000-000000000000") == []
    assert records(side, transaction_id="no id at all") == []


def test_what_is_no_record_is_none(side: Side, lines: Lines) -> None:
    said = b'{"type": "inference_transaction", "transaction_id": 7}\n'
    side.put([b"Loading weights\n", report(NOW - MINUTE, maxMemoryUsedMB=80), said, lines.line(1, NOW - MINUTE)])
    assert numbers(records(side)) == [1]


def test_an_order_that_there_is_not_is_refused(side: Side) -> None:
    side.put([b"nothing\n"])
    with pytest.raises(QueryError, match="is not an order"):
        records(side, order="size")
