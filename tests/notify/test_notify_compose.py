from __future__ import annotations

import logging
from pathlib import Path

import pytest
from notify_examples import NOON, Source, a_spec, a_transition, standing

from inferwatch.alarms.values import ALARM, INSUFFICIENT_DATA, OK, State
from inferwatch.errors import StoreError
from inferwatch.notify.compose import PAGE, is_told, notifications
from inferwatch.ports import Record, RecordQuery

TWO = '[notify.slack]\n[notify.pager]\ntype = "webhook"\n'
URL = "http://127.0.0.1:8000/?token=abc#x"


@pytest.mark.parametrize(
    ("previous", "state", "told"),
    [
        (OK, ALARM, True),
        (INSUFFICIENT_DATA, ALARM, True),
        (ALARM, OK, True),
        (ALARM, INSUFFICIENT_DATA, True),
        (INSUFFICIENT_DATA, OK, False),
        (OK, INSUFFICIENT_DATA, False),
    ],
)
def test_what_is_told(previous: State, state: State, told: bool, tmp_path: Path) -> None:
    transition = a_transition(previous=previous, state=state)
    assert is_told(transition) is told
    assert bool(notifications(transition, a_spec(tmp_path, TWO), Source(), URL)) is told


def test_one_for_each_target(tmp_path: Path) -> None:
    spec = a_spec(tmp_path, TWO)
    found = notifications(a_transition(), spec, Source(), URL)
    assert [n.target for n in found] == ["slack", "pager"]
    assert len({n.id for n in found}) == 2
    (first, _) = found
    assert (first.model_name, first.model_version, first.environment) == ("digits", "3", "dev")
    assert (first.metric, first.statistic, first.threshold) == ("PredictionProbability", "Average", 0.45)
    assert first.runbook == "https://example.com/runbook"


def test_without_any_target_the_page_has_it(tmp_path: Path) -> None:
    assert [n.target for n in notifications(a_transition(), a_spec(tmp_path), Source(), URL)] == [PAGE]


def test_an_alarm_that_names_no_target_tells_nobody(tmp_path: Path) -> None:
    assert notifications(a_transition("quiet"), a_spec(tmp_path, TWO), Source(), URL) == []


def test_the_link_names_alarm_and_time_and_holds_no_token(tmp_path: Path) -> None:
    (found,) = notifications(a_transition(), a_spec(tmp_path), Source(), URL)
    assert found.link == f"http://127.0.0.1:8000/?alarm=Low-Probability-Alarm&at={NOON}"


def test_the_same_transition_has_the_same_id_and_another_has_another(tmp_path: Path) -> None:
    spec = a_spec(tmp_path)

    def id_(**changes: object) -> str:
        return notifications(a_transition(**changes), spec, Source(), URL)[0].id

    assert id_() == id_()
    assert len({id_(), id_(at_ms=NOON + 1), id_(alarm="High-Latency-Alarm"), id_(previous=ALARM, state=OK)}) == 4


@pytest.mark.parametrize(
    ("alarm", "order", "status"),
    [
        ("Low-Probability-Alarm", "confidence", ()),
        ("High-Latency-Alarm", "-elapse", ()),
        ("Inference-Error-Alarm", "-start_at", ("failed", "timeout")),
    ],
)
def test_the_most_telling_records_are_asked_for(
    alarm: str, order: str, status: tuple[str, ...], tmp_path: Path
) -> None:
    source = Source()
    notifications(a_transition(alarm), a_spec(tmp_path), source, URL)
    (query,) = source.queries
    assert (query.order, query.status, query.limit) == (order, status, 3)
    assert (query.log_group, query.environment) == ("/demo/vision/digits", "dev")


def test_records_come_from_the_range_that_was_evaluated(tmp_path: Path) -> None:
    source = Source()
    notifications(a_transition(), a_spec(tmp_path), source, URL)
    assert (source.queries[0].start_ms, source.queries[0].end_ms) == (NOON - 5 * 60_000, NOON)


def test_payloads_stay_at_home(tmp_path: Path) -> None:
    record: Record = {
        "transaction_id": "t1", "status": "succeeded", "elapse": 3.0, "prediction": 7, "confidence": None,
        "request": {"secret": 1}, "response": "x", "features": {"age": 3}, "requester": {"ip": "1.2.3.4"},
    }  # fmt: skip
    (found,) = notifications(a_transition(), a_spec(tmp_path), Source(record), URL)
    assert found.records == ({"transaction_id": "t1", "status": "succeeded", "elapse": 3.0, "prediction": 7},)


def test_a_recovery_needs_no_records(tmp_path: Path) -> None:
    source = Source()
    notifications(a_transition(previous=ALARM, state=OK), a_spec(tmp_path), source, URL)
    assert source.queries == []


def test_records_that_cannot_be_read_do_not_keep_the_alarm_from_people(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Damaged(Source):
        def records(self, query: RecordQuery) -> list[Record]:
            raise StoreError("a Parquet file is damaged")

    with caplog.at_level(logging.ERROR):
        (found,) = notifications(a_transition(), a_spec(tmp_path), Damaged(), URL)
    assert found.records == ()
    assert "Low-Probability-Alarm" in caplog.text
    assert "a Parquet file is damaged" in caplog.text


PAGE_SOMEBODY = "Page-Somebody"


def test_a_composite_alarm_tells_its_rule_and_how_its_alarms_stand(tmp_path: Path) -> None:
    states = {name: standing(name, ALARM) for name in ("Low-Probability-Alarm", "quiet", "Inference-Error-Alarm")}
    (found,) = notifications(a_transition(PAGE_SOMEBODY, value=None), a_spec(tmp_path), Source(), URL, states)
    assert found.rule == "NOT OK(quiet) AND (ALARM(High-Latency-Alarm) OR ALARM(Low-Probability-Alarm))"
    assert [child.alarm for child in found.children] == ["quiet", "Low-Probability-Alarm"]
    assert (found.metric, found.statistic, found.unit, found.period) == (None, None, None, None)
    assert (found.comparison, found.threshold) == (None, None)
    assert (found.description, found.target) == ("It is bad.", PAGE)


def test_a_composite_alarms_records_are_those_of_its_first_alarm_in_alarm(tmp_path: Path) -> None:
    source, states = (
        Source({"transaction_id": "t1"}),
        {"Low-Probability-Alarm": standing("Low-Probability-Alarm", ALARM)},
    )
    states["High-Latency-Alarm"] = standing("High-Latency-Alarm", OK)
    (found,) = notifications(a_transition(PAGE_SOMEBODY), a_spec(tmp_path), source, URL, states)
    assert [query.order for query in source.queries] == ["confidence"]
    assert found.records == ({"transaction_id": "t1"},)


@pytest.mark.parametrize(("previous", "state"), [(OK, ALARM), (ALARM, OK)])
def test_a_composite_alarm_none_of_whose_alarms_is_in_alarm_has_no_records(
    previous: State, state: State, tmp_path: Path
) -> None:
    source, states = Source(), {"quiet": standing("quiet", INSUFFICIENT_DATA if state == ALARM else ALARM)}
    transition = a_transition(PAGE_SOMEBODY, previous=previous, state=state)
    assert notifications(transition, a_spec(tmp_path), source, URL, states)[0].records == ()
    assert source.queries == []
