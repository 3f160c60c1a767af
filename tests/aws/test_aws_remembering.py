"""What is remembered of AWS's answers, and for how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from inferwatch.alarms.values import Datapoint
from inferwatch.aws.reading.memo import Memo
from inferwatch.aws.reading.remembering import RememberingMetricSource
from inferwatch.errors import AwsError
from inferwatch.ports import Record, RecordQuery

MINUTE = 60_000
NOON = 1_795_262_400_000
DIMENSIONS = {"model_name": "digits", "environment": "dev"}


class Source:
    """Answers with the question itself, and keeps it."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.problem: AwsError | None = None

    def datapoints(
        self, metric: str, statistic: str, period: int, start_ms: int, end_ms: int, dimensions: Mapping[str, str]
    ) -> list[Datapoint]:
        self.asked.append((metric, statistic, period, start_ms, end_ms, dict(dimensions)))
        if self.problem:
            raise self.problem
        return [Datapoint(start_ms, float(len(self.asked)))]

    def records(self, query: RecordQuery) -> Sequence[Record]:
        self.asked.append((query,))
        return [{"transaction_id": f"t{n}", "elapse": n} for n in range(3)]


class World:
    def __init__(self) -> None:
        self.now = NOON
        self.source = Source()
        self.remembering = RememberingMetricSource(self.source, lambda: self.now, MINUTE)

    def ask(self, start: int, end: int, period: int = 60, **dimensions: str) -> float:
        (point,) = self.remembering.datapoints("LatencyMs", "p99", period, start, end, {**DIMENSIONS, **dimensions})
        return point.value


@pytest.fixture
def world() -> World:
    return World()


def test_the_same_periods_are_asked_for_once_a_minute(world: World) -> None:
    start, end = NOON - 15 * MINUTE, NOON
    assert world.ask(start + 1, end - 1) == world.ask(start + 59_000, end - 30_000) == 1
    world.now += MINUTE - 1
    assert world.ask(start, end) == 1
    world.now += 1
    assert world.ask(start, end) == 2
    assert {asked[3:5] for asked in world.source.asked} == {(start, end)}


def test_what_differs_is_asked_for_itself(world: World) -> None:
    first = world.ask(NOON - 15 * MINUTE, NOON)
    others = [
        world.ask(NOON - 15 * MINUTE, NOON + 1),
        world.ask(NOON - 15 * MINUTE - 1, NOON),
        world.ask(NOON - 15 * MINUTE, NOON, period=300),
        world.ask(NOON - 15 * MINUTE, NOON, environment="prod"),
    ]
    assert len({first, *others}) == 5


def test_the_range_is_widened_to_whole_periods_only(world: World) -> None:
    world.ask(NOON - 7 * MINUTE + 5, NOON - 1, period=300)
    assert world.source.asked[0][3:5] == (NOON - 7 * MINUTE, NOON + 3 * MINUTE)
    world.ask(NOON - 25_000, NOON - 5_000, period=10)
    assert world.source.asked[1][3:5] == (NOON - 25_000, NOON - 5_000)


def test_an_error_is_not_remembered(world: World) -> None:
    world.source.problem = AwsError("no")
    with pytest.raises(AwsError):
        world.ask(NOON - MINUTE, NOON)
    world.source.problem = None
    assert world.ask(NOON - MINUTE, NOON) == 2


def query(**conditions: object) -> RecordQuery:
    return RecordQuery(start_ms=0, end_ms=NOON, log_group="/g", environment="dev", **conditions)


def test_a_record_that_was_read_is_not_searched_for(world: World) -> None:
    world.remembering.records(query())
    assert world.remembering.records(query(transaction_id="t2", limit=1)) == [{"transaction_id": "t2", "elapse": 2}]
    assert len(world.source.asked) == 1
    world.remembering.records(query(transaction_id="t2", status=("failed",)))
    world.remembering.records(query(transaction_id="t9"))
    world.remembering.records(query())
    assert len(world.source.asked) == 4


def test_a_memo_keeps_so_many_answers_and_no_more() -> None:
    memo: Memo[int] = Memo(lambda: 0, 10, 2)
    for question in "abc":
        memo.of(question, lambda question=question: ord(question))
    assert [memo.known(question) for question in "abc"] == [None, ord("b"), ord("c")]


def test_a_memo_forgets_when_the_clock_is_set_back() -> None:
    now = 100
    memo: Memo[int] = Memo(lambda: now, 10, 2)
    memo.of("a", lambda: 1)
    now = 50
    assert memo.known("a") is None
