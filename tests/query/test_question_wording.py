from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inferwatch.errors import PredicateError, QueryError
from inferwatch.query.predicate import Compare, Field
from inferwatch.query.question import BUCKETS, Bucket, Order, Question, Stat
from inferwatch.query.spelling import spelled
from inferwatch.query.wording import question, span_ms

ELAPSE, STATUS = Field(("elapse",)), Field(("status",))
DAY = {"start_ms": 0, "end_ms": 86_400_000}


def asked(where: str = "", **words: Any) -> Question:
    return question(where, **{**DAY, **words})


def fault(where: str = "", **words: Any) -> str:
    with pytest.raises(QueryError) as caught:
        asked(where, **words)
    assert not isinstance(caught.value, PredicateError)
    return str(caught.value)


def test_no_words_ask_for_all_records() -> None:
    found = asked("  ")
    assert found == Question(**DAY)
    assert not found.aggregates


def test_what_is_asked_is_passed_on() -> None:
    found = asked("elapse > 3", node="/abc_corp/claim", environment="prod", limit=7)
    assert found.where == Compare(ELAPSE, ">", 3)
    assert (found.node, found.environment, found.limit) == ("/abc_corp/claim", "prod", 7)


def test_groups() -> None:
    found = asked(by=("status", "minute", "5m", "features.age", 'request."unit price"', "properties.minute"))
    fields = (Field(("features", "age")), Field(("request", "unit price")), Field(("minute",)))
    assert found.by == (STATUS, Bucket(60, "minute"), Bucket(300, "5m"), *fields)
    assert found.stats == ()
    assert found.aggregates


@pytest.mark.parametrize(
    ("word", "bucket"),
    [
        *((name, Bucket(seconds, name)) for name, seconds in BUCKETS.items()),
        ("60s", Bucket(60, "minute")),
        ("1h", Bucket(3600, "hour")),
        ("24h", Bucket(86_400, "day")),
        ("90s", Bucket(90, "90s")),
        ("7d", Bucket(604_800, "7d")),
    ],
)
def test_time_buckets(word: str, bucket: Bucket) -> None:
    assert asked(by=(word,)).by == (bucket,)


@pytest.mark.parametrize(
    ("word", "stat"),
    [
        ("count", Stat("count", None, None, "count")),
        ("count:response.label", Stat("count", Field(("response", "label")), None, "count:response.label")),
        ("count:status", Stat("count", STATUS, None, "count:status")),
        ("avg:elapse", Stat("avg", ELAPSE, None, "avg:elapse")),
        ("sum:pages", Stat("sum", Field(("pages",)), None, "sum:pages")),
        ("stddev:LatencyMs", Stat("stddev", Field(("LatencyMs",)), None, "stddev:LatencyMs")),
        ("p99:elapse", Stat("percentile", ELAPSE, 99.0, "p99:elapse")),
        ("p50.0:elapse", Stat("percentile", ELAPSE, 50.0, "p50:elapse")),
        ("p99.95:elapse", Stat("percentile", ELAPSE, 99.95, "p99.95:elapse")),
        ("p100:elapse", Stat("percentile", ELAPSE, 100.0, "p100:elapse")),
        ('max:request."a:b"', Stat("max", Field(("request", "a:b")), None, 'max:request."a:b"')),
    ],
)
def test_aggregates(word: str, stat: Stat) -> None:
    assert asked(stats=(word,)).stats == (stat,)


def test_what_is_said_twice_is_asked_once() -> None:
    found = asked(by=("status", "minute", "60s", "status"), stats=("count", "p50:elapse", "p50.0:elapse"))
    assert found.by == (STATUS, Bucket(60, "minute"))
    assert [stat.name for stat in found.stats] == ["count", "p50:elapse"]


def test_order_of_records_is_by_fields() -> None:
    found = asked(order_by=("-elapse", 'request."unit price"'))
    assert found.order == (Order(ELAPSE, descending=True), Order(Field(("request", "unit price"))))


def test_order_of_aggregates_is_by_columns() -> None:
    words = {"by": ("status", "60s"), "stats": ("count", "p50:elapse")}
    found = asked(order_by=("-p50.0:elapse", "1m", "-count", "status"), **words)
    names = [("p50:elapse", True), ("minute", False), ("count", True), ("status", False)]
    assert found.order == tuple(Order(name, descending) for name, descending in names)
    assert asked(by=("status",), order_by=("-count",)).order == (Order("count", descending=True),)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({"by": ("5 minutes",)}, "by '5 minutes': a field is named here"),
        ({"by": ("0s",)}, "by '0s': a time bucket is from 1s to 366d long"),
        ({"by": ("400d",)}, "from 1s to 366d"),
        ({"by": ("minut",), "known": ()}, "spans such as 5m; did you mean 'minute'?"),
        ({"by": ("",)}, "by ''"),
        ({"by": ("status; DROP TABLE x",)}, "without a semicolon"),
        ({"stats": ("avg",)}, "stat 'avg': of which field is missing, as in avg:elapse"),
        ({"stats": ("avg:",)}, "of which field"),
        ({"stats": ("median:elapse",)}, "write 'p50'"),
        ({"stats": ("averge:elapse",)}, "allowed are count, count:FIELD"),
        ({"stats": ("elapse",)}, "'elapse' is no aggregate"),
        ({"stats": ("p0:elapse",)}, "more than 0 and at most 100"),
        ({"stats": ("p101:elapse",)}, "more than 0 and at most 100"),
        ({"stats": ("p:elapse",)}, "'p' is no aggregate"),
        ({"stats": ("avg:status",)}, "status has no numbers; count:status counts its values"),
        ({"stats": ("p99:start_at",)}, "start_at has no numbers"),
        ({"stats": ("sum:model_version",)}, "model_version has no numbers"),
        ({"stats": ("avg:elaps",), "known": ()}, "did you mean 'elapse'?"),
        ({"stats": ("avg:elapse.x",)}, "a single value"),
        ({"order_by": ("-",)}, "order_by '-': a field is named here"),
        ({"order_by": ("-elaps",), "known": ()}, "order_by '-elaps': no record has a field 'elaps'"),
        ({"by": ("status",), "order_by": ("-elapse",)}, "it is by one of status, count"),
        ({"stats": ("p99:elapse",), "order_by": ("p99:elaps",)}, "did you mean 'p99:elapse'?"),
        ({"limit": 0}, "limit 0 is out of range; allowed are 1 to 10,000 rows"),
        ({"limit": 10_001}, "limit 10001 is out of range"),
        ({"start_ms": 5, "end_ms": 5}, "the start comes before the end"),
    ],
)
def test_what_cannot_be_asked_names_the_word(words: dict[str, Any], problem: str) -> None:
    assert problem in fault(**words)


def test_a_bad_predicate_points_at_its_characters() -> None:
    with pytest.raises(PredicateError, match="no record") as caught:
        asked("elaps > 3", known=())
    assert (caught.value.start, caught.value.end) == (0, 5)


@pytest.mark.parametrize(
    ("text", "expected"), [("90s", 90_000), ("15m", 900_000), ("24h", 86_400_000), ("7d", 604_800_000), (" 1s ", 1000)]
)
def test_a_span_of_time(text: str, expected: int) -> None:
    assert span_ms(text) == expected


@pytest.mark.parametrize("text", ["", "h", "24", "0s", "-1h", "1.5h", "1w", "1 h", "٣h", "12345678901s"])
def test_what_is_no_span_of_time_is_told(text: str) -> None:
    with pytest.raises(QueryError, match="90s, 15m, 24h or 7d"):
        span_ms(text)


words = st.lists(
    st.text(max_size=12) | st.sampled_from(["-count", "p99:", "status", "5m", ":", "count:count"]), max_size=2
)


@given(words, words, words)
def test_any_words_are_a_question_or_an_error(by: list[str], stats: list[str], order_by: list[str]) -> None:
    try:
        found = asked(by=by, stats=stats, order_by=order_by)
    except QueryError:
        return
    assert len(found.order) == len(order_by)


def test_no_two_columns_have_one_name() -> None:
    """A field may be called as a bucket or a count is, and percentiles differ in their last digits."""
    found = asked(by=("minute", "properties.minute", "count"), stats=("count", "p99.99999:elapse", "p100:elapse"))
    names = [spelled(each) if isinstance(each, Field) else each.name for each in (*found.by, *found.stats)]
    fields = ["properties.minute", "properties.count"]
    assert names == ["minute", *fields, "count", "p99.99999:elapse", "p100:elapse"]
    assert asked(by=fields).by == (Field(("minute",)), Field(("count",)))
    assert asked(by=("count",), stats=("sum:elapse",), order_by=("-count",)).order == (Order("properties.count", True),)
    assert [stat.name for stat in asked(stats=("p050:elapse", "p0.000001:elapse", "p99.90:elapse")).stats] == [
        "p50:elapse",
        "p0.000001:elapse",
        "p99.9:elapse",
    ]
