"""Spark's SQL as text; tests/spark asks a real one."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

import pytest
import query_cases
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from inferwatch.errors import DialectError
from inferwatch.query.dialects import spark
from inferwatch.query.predicate import Compare, Field, Missing
from inferwatch.query.question import Question, Source, Stat
from inferwatch.query.wording import question

ALL = {"start_ms": query_cases.START_MS, "end_ms": query_cases.END_MS, "limit": 1000}
TABLE = Source(relation="transactions", columns=frozenset({"feature_age", "category_city", "feature_größe `cm`"}))

# What Spark gives back of a literal, by https://spark.apache.org/docs/latest/sql-ref-literals.html.
_LITERAL = re.compile(r"decode\(unhex\('([0-9a-f]*)'\), 'UTF-8'\)|'([^'\\{}]*)'")


def said(where: Any) -> str:
    text = spark.emit(Question(where=where, **ALL), TABLE).text
    return text.partition("timestamp_millis(1795426200000)\n  AND ")[2].partition("\nORDER BY")[0]


@given(st.sampled_from(query_cases.TEXTS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
def test_a_text_stays_one_literal_whatever_the_settings(text: str) -> None:
    condition = said(Compare(Field(("request_id",)), "=", text))
    match = _LITERAL.fullmatch(condition.removeprefix("request_id = "))
    assert match
    assert (bytes.fromhex(match[1]).decode() if match[1] is not None else match[2]) == text


def test_half_of_a_character_is_refused() -> None:
    with pytest.raises(DialectError, match=r"Spark SQL: .* half of a character"):
        said(Compare(Field(("request_id",)), "=", "\ud800"))


@pytest.mark.parametrize(
    ("path", "quoted"),
    [
        (("label",), "$.label"),
        (("items", 0, "price"), "$.items[0].price"),
        (("unit price",), '$["unit price"]'),
        (("0",), '$["0"]'),
        (("*",), '$["*"]'),
        (('say "no"',), "$['say \"no\"']"),
        (("it's",), '$["it\'s"]'),
        (("größe",), '$["größe"]'),
        (("${x}",), '$["${x}"]'),
    ],
)
def test_members_of_any_name_are_quoted(path: tuple[str | int, ...], quoted: str) -> None:
    condition = said(Missing(Field(("request", *path)), negated=True))
    found = _LITERAL.search(condition)
    assert found
    assert (bytes.fromhex(found[1]).decode() if found[1] else found[2]) == quoted


def test_a_member_with_both_marks_cannot_be_asked_for() -> None:
    with pytest.raises(DialectError, match="both kinds of quotation marks"):
        said(Missing(Field(("request", "'\""))))


@given(st.integers(1, 100_000_000), st.integers(1, 5000))
def test_a_percentile_is_of_the_nearest_rank_in_double_precision_too(millionths: int, many: int) -> None:
    """Spark takes the value at the ceiling of the fraction times how many there are, both as doubles."""
    percent = millionths / 1_000_000
    stat = Stat("percentile", Field(("elapse",)), percent, "p")
    text = spark.emit(Question(stats=(stat,), **ALL), TABLE).text
    (fraction,) = re.findall(r"percentile_disc\((\S+?)E?0?\)", text.replace("E0)", ")"))
    exact = Decimal(repr(percent)) * many / 100
    assert math.ceil(float(fraction) * many) == math.ceil(exact)


def test_names_of_columns_are_quoted() -> None:
    text = spark.emit(question(by=("features.age",), stats=("p99:elapse",), **ALL), TABLE).text
    assert "AS `features.age`" in text
    assert "AS `p99:elapse`" in text
    assert "`feature_größe ``cm```" in spark.emit(Question(**ALL), TABLE).text


@given(query_cases.predicates())
def test_its_grammar_is_that_of_spark(where: Any) -> None:
    assert sqlglot.parse_one(spark.emit(Question(where=where, **ALL), TABLE).text, read="spark")
