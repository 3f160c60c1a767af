"""Questions as text of Logs Insights, and what it gives by the model; what it cannot be asked is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from insights_language import parsed
from insights_model import answer
from lark.exceptions import LarkError
from query_cases import END_MS, START_MS, line, record

from inferwatch.errors import DialectError
from inferwatch.query.dialects.logs_insights import aliases, emit
from inferwatch.query.predicate import Compare, Field, Like, OneOf, Wildcard
from inferwatch.query.question import Bucket, Question, Stat, Text
from inferwatch.query.wording import question

HEAD = [
    'filter type = "inference_transaction"',
    '| filter start_at >= "2026-11-21T09:30:00.000Z"',
    '| filter start_at < "2026-11-23T09:30:00.000Z"',
]
NEWEST = ["| fields start_at, transaction_id, @message", "| sort start_at desc", "| dedup transaction_id"]


def asked(where: str = "", **words: Any) -> Text:
    return emit(question(where, **{"start_ms": START_MS, "end_ms": END_MS, "limit": 20, **words}))


def rows(text: Text, *records: dict[str, Any]) -> list[dict[str, str]]:
    return answer(text.text, [(START_MS, str(n), line(one).decode()) for n, one in enumerate(records)])


def test_slow_transactions() -> None:
    text = asked("elapse >= 3000")
    assert text.text.splitlines() == [*HEAD, "| filter elapse >= 3000", *NEWEST, "| limit 20"]
    assert text.dialect == "Logs Insights"
    assert text.columns == ("start_at", "transaction_id", "@message")
    assert text.notes == ()


@pytest.mark.parametrize(
    ("where", "condition"),
    [
        ("status IN ('failed', 'timeout')", 'status in ["failed", "timeout"]'),
        ("status != 'failed'", '(ispresent(status) and status != "failed")'),
        ("elapse NOT IN (1, 2.5)", "(ispresent(elapse) and elapse not in [1, 2.5])"),
        ("elapse < 1e-7", "elapse < 0.0000001"),
        ("elapse < -2e3", "elapse < -2000"),
        ("NOT (elapse < 1 OR confidence IS NULL)", None),
        ("model_version = 3", '(model_version = "3" or model_version = 3)'),
        ("model_version = '03'", 'model_version = "03"'),
        ("model_version IN (1, 'v2')", '(model_version in ["1", "v2"] or model_version = 1)'),
        (
            "model_version != 3",
            '(ispresent(model_version) and model_version != "3" and model_version != 3)',
        ),
        ("cold_start", '(cold_start = 1 or cold_start = "true")'),
        ("NOT cold_start", '(cold_start = 0 or cold_start = "false")'),
        ("start_at >= '2026-11-21T12:00+01:00'", 'start_at >= "2026-11-21T11:00:00.000Z"'),
        ("confidence IS NULL", "not ispresent(confidence)"),
        ("confidence IS NOT NULL", "ispresent(confidence)"),
        ("error IS NULL", "(not ispresent(error) and not ispresent(error.type) and not ispresent(error.message))"),
        (
            "features.age >= 30",
            "(features.age >= 30 or (not ispresent(features.age) and request.age >= 30))",
        ),
        ("features.age IS NULL", "(not ispresent(features.age) and not ispresent(request.age))"),
        ('request."unit price" = 2', "`request.unit price` = 2"),
        ("request.items[0].price = 2", "request.items.0.price = 2"),
        ("properties.order = 2", "order = 2"),
        ("properties.stats = 2", "`stats` = 2"),
        ("properties.count = 2", "`count` = 2"),
        ("error.message LIKE '%timed out%'", r"error.message like /timed\x20out/"),
        ("error.message LIKE 'a_%'", r"error.message like /^a[\s\S]/"),
        ("error.message LIKE '%/b'", r"error.message like /\x2fb$/"),
        ("error.message LIKE '%'", "error.message like /^/"),
        ("error.message LIKE '_'", r"error.message like /^[\s\S]$/"),
        ("error.message ILIKE '日1b'", r"error.message like /^\x{65e5}1[bB]$/"),
        ("status NOT LIKE 'f%'", "(ispresent(status) and status not like /^f/)"),
    ],
)
def test_a_condition(where: str, condition: str | None) -> None:
    lines = asked(where).text.splitlines()[len(HEAD) :]
    conditions = [one.removeprefix("| filter ") for one in lines if one.startswith("| filter ")]
    assert conditions == ([condition] if condition else ["elapse >= 1", "ispresent(confidence)"])


def test_a_node_is_named_by_its_log_groups_and_exactly() -> None:
    text = asked(node="/abc_corp/claim/", environment="prod")
    assert text.text.splitlines() == [
        "SOURCE logGroups(namePrefix: ['/abc_corp/claim'])",
        f"| {HEAD[0]}",
        *HEAD[1:],
        '| filter environment = "prod"',
        '| filter (namespace = "/abc_corp/claim" or namespace like /^\\x2fabc\\x5fcorp\\x2fclaim\\x2f/ '
        'or (namespace = "/abc_corp" and model_name = "claim"))',
        *NEWEST,
        "| limit 20",
    ]


def test_groups() -> None:
    text = asked(by=["response.label", "minute"], stats=["count", "p99.9:elapse", "count:error"], order_by=["-count"])
    assert text.text.splitlines()[len(HEAD) :] == [
        "| fields substr(start_at, 0, 16) as minute",
        "| stats count(*) as count, pct(elapse, 99.9) as p99_9_elapse, count(error) as count_error "
        "by response.label, minute",
        "| sort count desc, response.label asc, minute asc",
        "| limit 20",
    ]
    assert text.columns == ("response.label", "minute", "count", "p99.9:elapse", "count:error")
    assert {note.partition(" of ")[0] for note in text.notes} >= {"Percentiles"}


def test_what_is_computed_is_called_as_no_field_is() -> None:
    """A bucket `minute` beside a field that is called so, and two columns of which Insights takes one name."""
    asks = Question(
        start_ms=START_MS,
        end_ms=END_MS,
        by=(Bucket(60, "minute"), Field(("minute",))),
        stats=(Stat("avg", Field(("a_b",)), None, "avg:a_b"), Stat("avg", Field(("a", "b")), None, "avg:a.b")),
    )
    assert aliases(asks) == ("minute_", "minute", "avg_a_b", "avg_a_b_")
    [row] = rows(emit(asks), record(0, START_MS, minute="x", a_b=1, a={"b": 3}))
    assert [row[alias] for alias in aliases(asks)] == ["2026-11-21T09:30", "x", "1", "3"]


def test_records_in_any_order_have_those_without_a_value_last() -> None:
    given = [record(n, START_MS, elapse=value) for n, value in enumerate([5.0, None, 7.0])]
    up, down = asked(order_by=["elapse"]), asked(order_by=["-elapse"])
    assert [row["transaction_id"][-1] for row in rows(up, *given)] == ["0", "2", "1"]
    assert [row["transaction_id"][-1] for row in rows(down, *given)] == ["2", "0", "1"]
    assert asked(order_by=["status"]).notes


def test_a_record_that_is_there_twice_comes_once() -> None:
    assert len(rows(asked(), record(0, START_MS), record(0, START_MS), record(1, START_MS))) == 2


def test_a_saved_query_leaves_the_range_to_who_asks() -> None:
    text = emit(question(start_ms=START_MS, end_ms=END_MS), ranged=False).text
    assert "start_at >=" not in text
    assert parsed(text)


@pytest.mark.parametrize(
    ("where", "words", "says"),
    [
        ("response.label = 'say \"no\"'", {}, "a quotation mark"),
        ("response.label IN ('a', 'back\\slash')", {}, "a backslash"),
        ("response.label = 'line\nbreak'", {}, "a line break"),
        ("response.label < 'a'", {}, "< of texts"),
        ("response.label BETWEEN 'a' AND 'b'", {}, "of texts"),
        ("request IS NOT NULL", {}, "whether 'request' is there"),
        ('response."a.b" = 3', {}, "a name with a dot"),
        ('response."a`b" = 3', {}, "cannot have there"),
        ('properties."@ptr" = 3', {}, "cannot have there"),
        ("", {"by": ["10m"]}, "buckets of 10m"),
        ("", {"by": ["7d"]}, "buckets of 7d"),
        ("", {"node": "/abc_corp') | stats count(*)"}, "not the beginning of a log group's name"),
        (" OR ".join(f"features.f{number}=1" for number in range(200)), {}, "it takes 10000 characters"),
    ],
)
def test_what_insights_cannot_be_asked_is_refused_by_its_name(where: str, words: dict[str, Any], says: str) -> None:
    with pytest.raises(DialectError, match=f"Logs Insights: .*{says}"):
        asked(where, **words)


def test_more_rows_than_it_gives_are_refused() -> None:
    with pytest.raises(DialectError, match="10001 rows are more"):
        emit(Question(start_ms=START_MS, end_ms=END_MS, limit=10_001))


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("response.code = 500", "number or a text"),
        ("model_version > 2", "number or a text"),
        ("response.label IS NULL", "no objects"),
    ],
)
def test_what_is_less_exact_is_said_with_the_field(where: str, says: str) -> None:
    [note] = asked(where).notes
    assert says in note
    assert where.split(maxsplit=1)[0] in note


ANY = st.text(max_size=12) | st.sampled_from(['" or 1=1', "/ | stats count(*)", "\\", "\x00", "\u2028", "`", "') |"])


@given(name=ANY, text=ANY, node=ANY, environment=ANY)
def test_whatever_is_typed_stays_in_its_place(name: str, text: str, node: str, environment: str) -> None:
    """The model reads nothing but what is meant to be written; a text that broke out would be another command."""
    field = Field(("response", name))
    for where in (
        Compare(field, "=", text),
        OneOf(field, (text, "x"), negated=True),
        Like(field, (text, Wildcard("%"))),
        Like(field, (text,), any_case=True),
    ):
        asks = Question(start_ms=0, end_ms=1, where=where, node=node, environment=environment, by=(field,))
        try:
            written = emit(asks).text
        except DialectError:
            continue
        words = [command.word for command in parsed(written)]
        assert words == ["SOURCE", *["filter"] * 6, "stats", "sort", "limit"]


@pytest.mark.parametrize(
    "text",
    [
        "filter a = 'x'",
        'filter a = "x" and',
        "filter a == 3",
        "filter a like /(/",
        "fields a | where b = 3",
        'filter a = "x"" or b = 3',
        "sort a",
        "limit all",
        "stats pct(a, 99) as p99:a",
    ],
)
def test_the_model_refuses_what_is_not_documented(text: str) -> None:
    with pytest.raises(LarkError):
        parsed(text)
