"""GetMetricData and Logs Insights: what is asked, and what becomes of odd answers. What they share: tests/contract."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from aws_world import Cloud, account, answering, refused
from hypothesis import given
from hypothesis import strategies as st

from inferwatch.alarms.values import Datapoint
from inferwatch.aws.patience import Patience
from inferwatch.aws.reading.metrics import CloudWatchMetricSource
from inferwatch.aws.reading.periods import parts
from inferwatch.errors import AwsError, QueryError
from inferwatch.ports import RecordQuery
from inferwatch.sdk import LineFormat, Transaction
from inferwatch.sdk.ids import transaction_id
from inferwatch.spec import load_spec
from inferwatch.spec.period import RETENTION

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NOW = time.time_ns() // 1_000_000 // HOUR * HOUR

SPEC = """
[model]
namespace = "/demo/vision"
name = "digits"
confidence_scale = 1

[[alarm]]
name = "fast"
metric = "LatencyMs"
comparison = "GreaterThanThreshold"
threshold = 1
period = 10
"""


class World:
    def __init__(self, folder: Path) -> None:
        (folder / "inferwatch.toml").write_text(SPEC)
        self.spec = load_spec(folder, environ={})
        self.cloud = Cloud(self.spec)
        self.paused: list[float] = []
        self.now = NOW
        self.source = CloudWatchMetricSource(self.cloud.site, Patience(lambda: self.now, self._pause))

    def _pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        self.now += round(1000 * seconds)

    def put(self, at_ms: int, number: int = 0, **more: Any) -> str:
        made = transaction_id(at_ms, b"%010d" % number)
        line = LineFormat(self.spec.compile(), "s").line(Transaction(made, at_ms, more.pop("elapse", 5.0), **more))
        self.cloud.put([line])
        return made

    def ask(self, metric: str, statistic: str, period: int = 60, start: int = NOW - HOUR) -> list[Datapoint]:
        return self.source.datapoints(metric, statistic, period, start, NOW, self.spec.identity.dimensions)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with account():
        yield World(tmp_path)


def test_errors_count_what_left_no_record_as_the_alarms_do(world: World) -> None:
    world.put(NOW - 5 * MINUTE, status="failed")
    world.put(NOW - 3 * MINUTE, number=1)
    function = {"FunctionName": "digits-Inference"}
    world.cloud.count("AWS/Lambda", "Errors", function, NOW - 5 * MINUTE, 2)
    world.cloud.count("AWS/Lambda", "Errors", function, NOW - 4 * MINUTE, 1)
    assert world.ask("ErrorCount", "Sum") == [
        Datapoint(NOW - 5 * MINUTE, 3, 3),
        Datapoint(NOW - 4 * MINUTE, 1, 1),
        Datapoint(NOW - 3 * MINUTE, 0, 1),
    ]
    assert [point.value for point in world.ask("ErrorCount", "Maximum")] == [1, 0]


def test_what_lambda_refuses_is_found_under_the_functions_name(world: World) -> None:
    world.cloud.count("AWS/Lambda", "Throttles", {"FunctionName": "digits-Inference"}, NOW - MINUTE, 4)
    world.cloud.count("AWS/Lambda", "Throttles", {"FunctionName": "other"}, NOW - MINUTE, 9)
    assert [point.value for point in world.ask("Throttles", "Sum")] == [4]


def test_only_a_metric_that_has_them_is_asked_for_periods_of_less_than_a_minute(world: World) -> None:
    for number, at in enumerate((NOW - MINUTE, NOW - MINUTE + 30_000)):
        world.put(at, number)
    asked: list[int] = []

    def reply(given: dict[str, Any]) -> dict[str, Any]:
        asked.extend(query["MetricStat"]["Period"] for query in given["MetricDataQueries"])
        return {"MetricDataResults": []}

    with answering(GetMetricData=reply):
        world.ask("LatencyMs", "Average", 10, NOW - MINUTE)
        world.ask("Invocations", "Sum", 10, NOW - MINUTE)
    assert asked == [10, 10, 60, 60]
    assert [p.timestamp_ms for p in world.ask("LatencyMs", "Average", 10)] == [NOW - MINUTE, NOW - MINUTE + 30_000]
    assert world.ask("Invocations", "Sum", 10) == [Datapoint(NOW - MINUTE, 2, 2)]


def test_an_answer_may_come_in_pages(world: World) -> None:
    at = [datetime.fromtimestamp((NOW - n * MINUTE) / 1000, UTC) for n in (3, 2, 1)]

    def reply(given: dict[str, Any]) -> dict[str, Any]:
        page = int(given.get("NextToken", 0))
        result = {
            "Timestamps": [at[page]],
            "Values": [float(page)],
            "StatusCode": "Complete" if page else "PartialData",
        }
        more = {"NextToken": str(page + 1)} if page < 2 else {}
        return {"MetricDataResults": [{"Id": name, **result} for name in ("value", "samples")], **more}

    with answering(GetMetricData=reply):
        assert [point.value for point in world.ask("LatencyMs", "Sum")] == [0, 1, 2]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("AccessDenied", "reading the metric LatencyMs: GetMetricData is not allowed (no)"),
        ("ExpiredToken", "the session has expired: log in again"),
        ("InternalServiceFault", "GetMetricData was refused: no (InternalServiceFault)"),
    ],
)
def test_what_aws_refuses_is_one_message(world: World, code: str, says: str) -> None:
    def reply(_: dict[str, Any]) -> None:
        raise refused("GetMetricData", code)

    with answering(GetMetricData=reply), pytest.raises(AwsError) as raised:
        world.ask("LatencyMs", "Sum")
    assert says in str(raised.value)
    assert raised.value.code == code


def test_a_result_without_data_says_why(world: World) -> None:
    result = {"Id": "value", "StatusCode": "Forbidden", "Messages": [{"Code": "x", "Value": "another account's"}]}
    with (
        answering(GetMetricData=lambda _: {"MetricDataResults": [result]}),
        pytest.raises(AwsError, match="CloudWatch answered Forbidden another account's"),
    ):
        world.ask("LatencyMs", "Sum")


@given(
    st.sampled_from([10, 20, 30, 60, 120, 300, 420, 3600, 86_400]),
    st.integers(0, 500 * DAY),
    st.integers(1, 500 * DAY),
    st.sampled_from([1, 60]),
)
def test_parts_cover_the_range_once_by_periods_that_are_kept(period: int, age: int, length: int, finest: int) -> None:
    now = NOW + 12_345
    first = now - age - (now - age) % MINUTE
    end = first + length
    found = parts(period, first, end, now, finest)
    oldest = now - 1000 * max(RETENTION.values())
    if first >= oldest:
        assert found[0].start_ms <= first < found[0].start_ms + 1000 * max(60, found[0].period)
        assert found[-1].end_ms > end - 1000 * period
    for one, other in pairwise(found):
        assert one.end_ms <= other.start_ms < one.end_ms + 1000 * period
        assert other.end_ms > one.end_ms
    for part in found:
        assert (part.end_ms - part.start_ms) % (1000 * part.period) == 0
        assert part.period >= period
        assert part.period % max(finest, min(period, 60)) == 0
        age = now - max(part.start_ms, first, oldest)
        assert part.period >= next(span for span, kept in RETENTION.items() if age <= 1000 * kept)


def query(**conditions: Any) -> RecordQuery:
    return RecordQuery(**{"start_ms": NOW - DAY, "end_ms": NOW, **conditions})


def test_a_query_is_waited_for(world: World) -> None:
    world.put(NOW - MINUTE)
    told = iter(["Scheduled", "Running", "Complete"])

    def reply(_: dict[str, Any]) -> dict[str, Any]:
        return {"status": next(told), "results": []}

    with answering(GetQueryResults=reply):
        assert world.source.records(query()) == []
    assert world.paused == [0.5, 0.5]


@pytest.mark.parametrize("status", ["Failed", "Cancelled", "Timeout", "Unknown"])
def test_a_query_that_fails_is_an_error(world: World, status: str) -> None:
    world.put(NOW - MINUTE)
    with (
        answering(GetQueryResults=lambda _: {"status": status, "results": []}),
        pytest.raises(AwsError, match=f"the query ended as {status}"),
    ):
        world.source.records(query())


def test_a_query_that_takes_too_long_is_stopped(world: World) -> None:
    world.put(NOW - MINUTE)
    stopped: list[str] = []

    def stop(given: dict[str, Any]) -> dict[str, Any]:
        stopped.append(given["queryId"])
        return {"success": True}

    running = {"status": "Running", "results": []}
    with (
        answering(GetQueryResults=lambda _: running, StartQuery=lambda _: {"queryId": "q"}, StopQuery=stop),
        pytest.raises(AwsError, match="no answer within 60 s"),
    ):
        world.source.records(query())
    assert stopped == ["q"]


def test_a_log_group_that_is_not_there_is_named(world: World) -> None:
    with pytest.raises(AwsError, match="asking Logs Insights: StartQuery was refused"):
        world.source.records(query())


@pytest.mark.parametrize(
    ("conditions", "says"),
    [
        ({"limit": 10_000}, "more than Logs Insights gives"),
        ({"version": 'x"'}, "a quotation mark"),
        ({"environment": "a\\"}, "a backslash"),
        ({"transaction_id": "a\nb"}, "a line break"),
        ({"text": "é" * 2000}, "too long"),
    ],
)
def test_what_insights_cannot_be_asked_is_refused(world: World, conditions: dict[str, Any], says: str) -> None:
    with pytest.raises(QueryError, match=says):
        world.source.records(query(**conditions))


def test_a_transaction_is_looked_for_in_its_own_hour_first(world: World) -> None:
    """A search of days costs by what it reads; a transaction of a queue may begin days after it was sent."""
    sent = world.put(NOW - 5 * HOUR)
    late = transaction_id(NOW - 9 * HOUR, b"0123456789")
    world.cloud.put(
        [LineFormat(world.spec.compile(), "s").line(Transaction(late, NOW - 2 * HOUR, 5.0))], stream="queue"
    )
    asked: list[int] = []

    def note(given: dict[str, Any]) -> None:
        asked.append((given["endTime"] - given["startTime"]) // 3600)

    with answering(StartQuery=note):
        for wanted, hours in ((sent, [1]), (late, [1, 24])):
            asked.clear()
            found = world.source.records(query(transaction_id=wanted, limit=1))
            assert [record["transaction_id"] for record in found] == [wanted]
            assert asked == hours
