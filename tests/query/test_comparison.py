"""Comparing two versions, over an engine that answers from a list of records."""

from __future__ import annotations

import math
import random
import re
from statistics import stdev
from typing import Any

import pytest

from inferwatch.errors import QueryError
from inferwatch.query import comparison, meets
from inferwatch.query.answer import Answer
from inferwatch.query.comparison import Comparison, Measure, compare
from inferwatch.query.question import Question

HOUR_MS = 3_600_000


class Engine:
    """Answers the questions of a comparison by going through every record."""

    def __init__(self, records: list[dict[str, Any]], notes: tuple[str, ...] = ()) -> None:
        self.records = records
        self.notes = notes
        self.asked: list[Question] = []

    def __call__(self, question: Question) -> Answer:
        self.asked.append(question)
        met = [one for one in self.records if meets.meets(question.where, one)]
        if question.by:
            groups: dict[tuple[Any, Any], list[Any]] = {}
            for one in met:
                groups.setdefault((one["model_version"], one.get("status")), []).append(one)
            rows = [
                {"model_version": v, "status": s, "count": len(of), "timed": sum("elapse" in one for one in of)}
                for (v, s), of in groups.items()
            ]
            return Answer(columns=("model_version", "status", "count", "timed"), rows=rows, notes=self.notes)
        row = {stat.name: self._stat(stat, met) for stat in question.stats}
        return Answer(columns=tuple(row), rows=[row], notes=self.notes)

    @staticmethod
    def _stat(stat: Any, met: list[dict[str, Any]]) -> float | None:
        values = sorted(one[stat.field.root] for one in met if stat.field.root in one)
        match stat.function:
            case "count":
                return len(values)
            case "avg":
                return sum(values) / len(values) if values else None
            case "stddev":
                return stdev(values) if len(values) > 1 else None
        rank = max(1, math.ceil(stat.percentile / 100 * len(values)))
        return values[rank - 1] if values else None


def records(version: int, count: int, middle: float, failed: int = 0, confidence: float | None = 0.9) -> list[Any]:
    chance = random.Random(version)
    return [
        {
            "model_version": version,
            "status": "failed" if index < failed else "succeeded",
            "elapse": chance.gauss(middle, 5.0),
            **({} if confidence is None else {"confidence": chance.gauss(confidence, 0.02)}),
        }
        for index in range(count)
    ]


def compared(found: list[dict[str, Any]], *, has_confidence: bool | None = True) -> Comparison:
    return compare(Engine(found), 3, 4, start_ms=0, end_ms=HOUR_MS, has_confidence=has_confidence)


def measure(found: Comparison, name: str) -> Measure:
    return next(each for each in found.measures if each.name == name)


def test_a_slower_version_is_said_to_be_slower_and_by_how_much() -> None:
    found = compared(records(3, 500, 50.0) + records(4, 500, 62.0))
    p90 = measure(found, "p90")
    assert p90.verdict == "higher"
    assert p90.difference is not None
    assert p90.difference.low < 12 < p90.difference.high
    assert p90.says.startswith("version 4 is slower, by 1")
    assert measure(compared(records(3, 500, 62.0) + records(4, 500, 50.0)), "p90").says.startswith(
        "version 4 is faster, by 1"
    )


def test_a_version_that_fails_more_often_is_said_to() -> None:
    errors = measure(compared(records(3, 400, 50.0, failed=4) + records(4, 400, 50.0, failed=40)), "error_rate")
    assert errors.verdict == "higher"
    assert errors.first is not None
    assert errors.first.value == pytest.approx(1.0)
    assert "version 4 fails more often, by 9 percentage points" in errors.says


def test_a_less_confident_version_is_said_to_be() -> None:
    found = measure(compared(records(3, 100, 50.0) + records(4, 100, 50.0, confidence=0.8)), "confidence")
    assert found.verdict == "lower"
    assert re.fullmatch(r"version 4 is less confident, by 0\.\d+ \(0\.09\d* to 0\.1\d*\)", found.says)


def test_the_same_version_under_two_numbers_does_not_differ() -> None:
    found = records(3, 600, 50.0, failed=10)
    again = [{**one, "model_version": 4} for one in found]
    verdicts = {each.name: each.verdict for each in compared(found + again).measures}
    assert set(verdicts.values()) == {"", "no difference"}
    assert measure(compared(found + again), "p50").says.startswith("no difference seen: −")  # noqa: RUF001


def test_too_little_data_is_said_with_what_is_needed() -> None:
    found = compared(records(3, 500, 50.0) + records(4, 29, 90.0))
    for name in ("p50", "p90", "error_rate", "confidence"):
        assert measure(found, name).verdict == "too little data"
    assert measure(found, "p50").says == "too little data to tell: 29 of version 4; 30 needed"
    assert measure(found, "p50").first is not None
    assert measure(found, "p50").second is None


def test_a_high_percentile_needs_more_than_a_low_one() -> None:
    found = compared(records(3, 100, 50.0) + records(4, 100, 90.0))
    assert measure(found, "p50").verdict == "higher"
    assert measure(found, "p99").verdict == "too little data"
    assert "100 of version 3, 100 of version 4" in measure(found, "p99").says


def test_versions_without_any_record_are_compared_too() -> None:
    found = compared([])
    assert (found.first.records, found.second.records) == (0, 0)
    assert {each.verdict for each in found.measures} == {"", "too little data"}


def test_rejected_requests_are_traffic_and_nothing_else() -> None:
    judged = records(3, 100, 50.0, failed=5)
    rejected = [{"model_version": 3, "status": "rejected", "elapse": 0.1}] * 300
    found = compared(judged + rejected + records(4, 100, 50.0))
    assert (found.first.records, found.first.judged, found.first.errors) == (400, 100, 5)
    p50, errors = measure(found, "p50"), measure(found, "error_rate")
    assert p50.first is not None
    assert p50.first.value > 40
    assert errors.first is not None
    assert errors.first.value == pytest.approx(5.0)


def test_records_that_do_not_say_how_long_they_took_make_no_latency_surer() -> None:
    timed, untimed = records(3, 40, 50.0), [{"model_version": 3, "status": "succeeded"}] * 1000
    strange = [{"model_version": 3, "elapse": 1e6}] * 10
    found = compared(timed + untimed + strange + records(4, 40, 50.0))
    assert (found.first.records, found.first.judged, found.first.timed) == (1050, 1040, 40)
    alone = compared(timed + records(4, 40, 50.0))
    assert measure(found, "p50").first == measure(alone, "p50").first
    few = compared(records(3, 29, 50.0) + untimed + records(4, 40, 50.0))
    assert measure(few, "p50").says == "too little data to tell: 29 of version 3; 30 needed"


def test_a_model_without_confidence_is_not_compared_by_it() -> None:
    found = compared(records(3, 50, 50.0, confidence=None), has_confidence=False)
    assert "confidence" not in {each.name for each in found.measures}
    told = compared(records(3, 50, 50.0, confidence=None), has_confidence=None)
    assert "confidence" not in {each.name for each in told.measures}
    assert "confidence" in {each.name for each in compared(records(3, 50, 50.0), has_confidence=None).measures}


def test_what_is_asked_is_of_the_model_and_the_time_and_what_the_engine_notes_is_passed_on() -> None:
    engine = Engine(records(3, 50, 50.0), notes=("p99 is an estimate",))
    found = compare(engine, "3", "4", start_ms=10, end_ms=20, node="/a/b", environment="prod", has_confidence=True)
    assert {(q.start_ms, q.end_ms, q.node, q.environment) for q in engine.asked} == {(10, 20, "/a/b", "prod")}
    assert found.notes == ("p99 is an estimate",)


def test_a_version_is_not_compared_with_itself() -> None:
    with pytest.raises(QueryError, match="version 3 cannot be compared with itself"):
        compare(Engine([]), 3, "3", start_ms=0, end_ms=1)


def test_the_json_has_every_member() -> None:
    plain = comparison.as_json(compared(records(3, 50, 50.0) + records(4, 50, 60.0)))
    assert plain["first"] == {"version": "3", "records": 50, "judged": 50, "timed": 50, "errors": 0}
    assert [each["name"] for each in plain["measures"]] == ["traffic", "p50", "p90", "p99", "error_rate", "confidence"]
    assert set(plain["measures"][1]["difference"]) == {"value", "low", "high"}
