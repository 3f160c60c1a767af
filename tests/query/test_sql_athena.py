"""Athena's SQL: Trino's grammar reads it, and what it means in DuckDB's words is what DuckDB answers.

There is no Trino here. The twin runs what sqlglot makes of the text, so it shows what the text says, and not how Trino
reads it; JSON paths and casts are as Trino's documentation has them.
"""

from __future__ import annotations

import math
import re
from typing import Any

import golden_questions
import lake_table
import msgspec
import pytest
import query_cases
import sqlglot
from hypothesis import given
from sqlglot import expressions as exp

from examples import times
from inferwatch.errors import DialectError
from inferwatch.lake.instant import milliseconds
from inferwatch.query.dialects import athena, duckdb
from inferwatch.query.predicate import ANY, Compare, Field, Like, Missing, Wildcard
from inferwatch.query.question import Question, Source
from inferwatch.query.wording import question

CONNECTION = lake_table.connect()
LOCAL = lake_table.fill(CONNECTION, lake_table.rows(query_cases.EDGES), "edges")
LAKE = msgspec.structs.replace(LOCAL, relation="arrived", by_day=True, once=False)
ALL = {"start_ms": query_cases.START_MS, "end_ms": query_cases.END_MS, "limit": 1000}

# Every record is there twice, the second time a day later; times have no zone, as in Glue's tables.
_ARRIVED = """
CREATE VIEW arrived AS
SELECT * EXCLUDE (start_at, end_at, log_offset), make_timestamp(epoch_us(start_at)) AS start_at,
    make_timestamp(epoch_us(end_at)) AS end_at, strftime(make_timestamp(epoch_us(start_at) + late), '%Y-%m-%d') AS dt
FROM edges, (SELECT unnest([0, 86400000000]) AS late)
"""
CONNECTION.execute(_ARRIVED)
GOLDEN = [
    asked for file in sorted(golden_questions.GOLDEN.glob("*.txt")) for asked in golden_questions.read(file.read_text())
]


def twin(asked: Question) -> list[tuple[Any, ...]]:
    (text,) = sqlglot.transpile(athena.emit(asked, LAKE).text, read="athena", write="duckdb")
    return CONNECTION.execute(text).fetchall()


def local(asked: Question) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in lake_table.run(CONNECTION, duckdb.emit(asked, LOCAL))]


def literals(text: str) -> list[str]:
    """The texts that stand in SQL, as Trino's tokenizer reads them."""
    return [each.this for each in sqlglot.parse_one(text, read="trino").find_all(exp.Literal, exp.UnicodeString)]


def near(ours: Any, theirs: Any) -> bool:
    return (
        math.isclose(ours, theirs, rel_tol=1e-9) if isinstance(ours, float) and theirs is not None else ours == theirs
    )


def assert_same(asked: Question) -> None:
    if not asked.aggregates:
        place = athena.emit(asked, LAKE).columns.index("transaction_id")
        assert [row[place] for row in twin(asked)] == [row[place] for row in local(asked)]
        return
    ours, theirs = twin(asked), local(asked)
    if any(stat.function == "percentile" for stat in asked.stats):
        assert len(ours) == len(theirs)
        return
    assert len(ours) == len(theirs)
    assert all(near(*cells) for row, other in zip(ours, theirs, strict=True) for cells in zip(row, other, strict=True))


@pytest.mark.parametrize("asked", GOLDEN, ids=lambda asked: asked.title)
def test_the_golden_questions_have_the_answers_that_duckdb_gives(asked: golden_questions.Asked) -> None:
    assert_same(msgspec.structs.replace(asked.question(), **ALL))


@times(0.5)
@given(query_cases.predicates())
def test_predicates_find_what_duckdb_finds(where: Any) -> None:
    assert_same(Question(where=where, **ALL))


def test_the_slow_question_of_a_day() -> None:
    asked = question(
        "model_name = 'doc_classification' AND type = 'inference_transaction' AND elapse >= 3000",
        **{**ALL, "limit": 20},
    )
    text = athena.emit(asked, Source(relation='"lake"."transactions"', by_day=True, once=False)).text
    assert (
        text.partition("\n")[2]
        == """\
FROM (SELECT *, row_number() OVER (PARTITION BY transaction_id ORDER BY start_at, log_stream) AS copy \
FROM "lake"."transactions" AS t WHERE dt >= '2026-11-21'
  AND dt <= '2026-11-24'
  AND t.start_at >= TIMESTAMP '2026-11-21 09:30:00.000'
  AND t.start_at < TIMESTAMP '2026-11-23 09:30:00.000') AS t
WHERE t.copy = 1
  AND model_name = 'doc_classification'
  AND type = 'inference_transaction'
  AND elapse >= 3000
ORDER BY t.start_at DESC NULLS LAST, transaction_id DESC NULLS LAST
LIMIT 20"""
    )
    assert [row[0] for row in twin(asked)] == [1]


@pytest.mark.parametrize(
    ("start", "first"),
    [
        ("2026-11-21T00:00:00Z", "2026-11-20"),
        ("2026-11-21T00:59:59Z", "2026-11-20"),
        ("2026-11-21T01:00:00Z", "2026-11-21"),
    ],
)
def test_records_from_after_midnight_may_lie_in_a_file_of_the_day_before(start: str, first: str) -> None:
    """Firehose names the day of a file's oldest record, and gathers for up to 15 minutes."""
    start_ms = milliseconds(start)
    assert start_ms is not None
    text = athena.emit(question(stats=("count",), start_ms=start_ms, end_ms=start_ms + 1000), LAKE).text
    assert f"WHERE dt >= '{first}'" in text


def test_a_percentile_is_an_estimate_and_says_so() -> None:
    text = athena.emit(question(by=("status",), stats=("p99.9:elapse", "count"), **ALL), LAKE)
    assert 'approx_percentile(elapse, 0.999) AS "p99.9:elapse"' in text.text
    assert text.notes == ("Percentiles of Athena are estimates, within 2.3 % of the rank.",)
    assert athena.emit(question(stats=("count",), **ALL), LAKE).notes == ()


@pytest.mark.parametrize(
    "text",
    [
        *query_cases.TEXTS,
        "'",
        "''",
        "'; DROP TABLE x; --",
        "\\'",
        "\\",
        "/*",
        "--",
        "\0",
        "\x1b",
        "\u2028",
        "\u202e",
        "\U0001f600\n",
        "${x}",
        "U&'\\0041'",
    ],
)
def test_a_text_stays_one_literal(text: str) -> None:
    """Whatever it holds, Trino's tokenizer finds it whole, and the rest of the statement unchanged."""
    asked = Question(where=Compare(Field(("request_id",)), "=", text), **ALL)
    said = athena.emit(asked, LAKE).text
    plain = athena.emit(msgspec.structs.replace(asked, where=Compare(Field(("request_id",)), "=", "x")), LAKE).text
    found, others = literals(said), literals(plain)
    assert len(found) == len(others)
    (place,) = [place for place, each in enumerate(others) if each == "x"]
    assert decoded(found[place], seen=text.isprintable()) == text
    assert [each for at, each in enumerate(found) if at != place] == [each for each in others if each != "x"]


def decoded(literal: str, *, seen: bool) -> str:
    if seen:
        return literal
    return re.sub(r"\\(?:\+([0-9A-F]{6})|([0-9A-F]{4}))", lambda match: chr(int(match[1] or match[2], 16)), literal)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (("label",), "'$.label'"),
        (("unit price",), "'$[\"unit price\"]'"),
        (('say "no"',), '\'$["say \\"no\\""]\''),
        (("back\\slash",), "'$[\"back\\\\slash\"]'"),
        (("it's",), "'$[\"it''s\"]'"),
        (("größe", "x"), "'$[\"größe\"].x'"),
        (("*",), "'$[\"*\"]'"),
        (("a\nb",), "U&'\\0024\\005B\\0022a\\000Ab\\0022\\005D'"),
    ],
)
def test_members_of_any_name_are_quoted(path: tuple[str, ...], said: str) -> None:
    text = athena.emit(Question(where=Compare(Field(("request", *path)), "=", 5), **ALL), LAKE).text
    assert text.count(f"json_extract(request, {said})") == 1


def test_a_place_of_an_array_is_none_of_an_object() -> None:
    """Trino would find the member "0" there too."""
    asked = Question(where=Compare(Field(("request", "items", 0, "price")), "=", 7), **ALL)
    text = athena.emit(asked, LAKE).text
    assert "CASE WHEN json_array_length(json_extract(request, '$.items')) IS NOT NULL THEN" in text
    with pytest.raises(DialectError, match="'0' cannot be told from a place of an array"):
        athena.emit(Question(where=Missing(Field(("request", "items", "0"))), **ALL), LAKE)


def test_half_of_a_character_is_refused() -> None:
    with pytest.raises(DialectError, match=r"Athena: .* half of a character"):
        athena.emit(Question(where=Like(Field(("status",)), ("\udc80", Wildcard(ANY))), **ALL), LAKE)


@pytest.mark.parametrize(("start_ms", "end_ms"), [(-(2**62), 2**62), (0, 1), (-1, 2**62)])
def test_times_are_kept_within_those_that_can_be_written(start_ms: int, end_ms: int) -> None:
    text = athena.emit(Question(start_ms=start_ms, end_ms=end_ms), LAKE).text
    assert sqlglot.parse_one(text, read="athena")
    years = {int(year) for year in re.findall(r"'(\d{4})-\d\d-\d\d", text)}
    assert min(years) >= 1
    assert max(years) <= 9999
