"""Whether a record meets a predicate, by each row of the table in docs/reference/query.md."""

from __future__ import annotations

from typing import Any

import pytest
import query_cases
from hypothesis import given
from hypothesis import strategies as st
from query_cases import EDGES, START_MS, record

from inferwatch.query.meets import meets
from inferwatch.query.normal import normal
from inferwatch.query.parse import parse
from inferwatch.query.predicate import And, Compare, Field, Like, Not, OneOf, Or, Predicate


def met(text: str, **fields: Any) -> bool:
    found = meets(parse(text), record(0, START_MS, **fields))
    assert meets(normal(parse(text)), record(0, START_MS, **fields)) == found
    return found


@pytest.mark.parametrize(
    ("text", "fields", "expected"),
    [
        # a field that is missing, or null
        ("pages != 3", {}, False),
        ("pages != 3", {"pages": None}, False),
        ("NOT pages = 3", {}, False),
        ("pages NOT IN (3)", {}, False),
        ("pages NOT LIKE '3'", {}, False),
        ("NOT (pages = 3 OR tier = 'x')", {"tier": "y"}, False),
        ("pages IS NULL", {}, True),
        ("pages IS NULL", {"pages": None}, True),
        ("pages IS NOT NULL", {"pages": None}, False),
        ("pages IS NULL", {"pages": 0}, False),
        ("pages IS NULL", {"pages": ""}, False),
        ("request.deep.a IS NULL", {"request": {"deep": 3}}, True),
        ("response.label != 'x' OR response.label IS NULL", {"response": ...}, True),
        ("NOT cold_start", {"cold_start": ...}, False),
        # NOT of several conditions
        ("NOT (elapse = 1 AND pages = 2)", {"elapse": 3}, True),
        ("NOT (elapse = 1 AND pages = 2)", {"elapse": 1}, False),
        ("NOT (elapse = 1 OR pages = 2)", {"elapse": 3, "pages": 3}, True),
        ("NOT elapse < 3", {"elapse": 3}, True),
        ("NOT NOT elapse < 3", {"elapse": 3}, False),
        # a value of another type
        ("response.code = 500", {"response": {"code": "500"}}, False),
        ("response.code != 500", {"response": {"code": "500"}}, False),
        ("response.code != 500", {"response": {"code": 501}}, True),
        ("response.code = '500'", {"response": {"code": 500}}, False),
        ("response.code NOT IN ('500')", {"response": {"code": 500}}, False),
        ("response.code = true", {"response": {"code": 1}}, False),
        ("response.code = 1", {"response": {"code": True}}, False),
        ("response.code LIKE '5%'", {"response": {"code": 500}}, False),
        ("response.code NOT LIKE '6%'", {"response": {"code": 500}}, False),
        ("response.code = 500", {"response": {"code": 500.0}}, True),
        ("response = '{}'", {"response": {}}, False),
        ("response != 'x'", {"response": {}}, False),
        ("response IS NOT NULL", {"response": {}}, True),
        ("response.code != 3", {"response": {"code": [3]}}, False),
        ("NOT response.code", {"response": {"code": 0}}, False),
        ("NOT response.code", {"response": {"code": False}}, True),
        # a core field of another type counts as missing
        ("elapse IS NULL", {"elapse": "slow"}, True),
        ("elapse IS NULL", {"elapse": 2**60}, True),
        ("cold_start IS NULL", {"cold_start": "yes"}, True),
        ("request_size IS NULL", {"request_size": 1.5}, True),
        ("model_version IS NULL", {"model_version": 1.5}, True),
        ("end_at IS NULL", {"end_at": "later"}, True),
        ("status IS NULL", {"status": 5}, True),
        ("LatencyMs IS NULL", {"LatencyMs": "fast"}, True),
        # versions
        ("model_version = 3", {"model_version": "3"}, True),
        ("model_version = '3'", {"model_version": 3}, True),
        ("model_version = '03'", {"model_version": 3}, False),
        ("model_version != 3", {"model_version": "v3"}, True),
        ("model_version IN (2, 'v3')", {"model_version": "v3"}, True),
        ("model_version > 9", {"model_version": 10}, True),
        ("model_version > 9", {"model_version": "10"}, True),
        ("model_version > 9", {"model_version": "v10"}, False),
        ("model_version <= 9", {"model_version": "v10"}, False),
        ("NOT model_version > 9", {"model_version": "v10"}, False),
        ("model_version > 2", {"model_version": "03"}, False),
        ("model_version < 0", {"model_version": "-1"}, True),
        ("model_version > 0", {"model_version": "1.5"}, False),
        ("model_version LIKE '1%'", {"model_version": 10}, True),
        # instants
        ("end_at = '2026-11-21T09:30:00Z'", {"end_at": "2026-11-21T10:30:00+01:00"}, True),
        ("end_at < '2026-11-22'", {"end_at": "2026-11-21T23:59:59.999Z"}, True),
        ("end_at < '2026-11-22'", {"end_at": "2026-11-22T00:00:00.000Z"}, False),
        ("start_at IS NOT NULL", {"start_at": "no time", "_aws": {"Timestamp": START_MS}}, True),
        ("start_at = '2026-11-21T09:30Z'", {"start_at": "no time", "_aws": {"Timestamp": START_MS}}, True),
        # case, and the order of texts
        ("status = 'Failed'", {"status": "failed"}, False),
        ("status LIKE 'FAIL%'", {"status": "failed"}, False),
        ("status ILIKE 'FAIL%'", {"status": "failed"}, True),
        ("tier ILIKE '%k%'", {"tier": "\u212a"}, False),
        ("tier > 'Z'", {"tier": "a"}, True),
        ("tier > 'a'", {"tier": "B"}, False),
        ("tier > '\uffee'", {"tier": "\U0001d4b3"}, True),
        ("tier = 'é'", {"tier": "e\u0301"}, False),
        # patterns
        ("tier LIKE 'a_b'", {"tier": "a\nb"}, True),
        ("tier LIKE 'a%b'", {"tier": "a\n\nb"}, True),
        ("tier LIKE '_'", {"tier": "\U0001d4b3"}, True),
        ("tier LIKE 'a%'", {"tier": "ba"}, False),
        ("tier LIKE '%'", {"tier": ""}, True),
        ("tier LIKE '%'", {"tier": 3}, False),
        ("tier LIKE 'a.c'", {"tier": "abc"}, False),
        ("tier LIKE ''", {"tier": ""}, True),
        ("tier NOT LIKE 'a%'", {"tier": "ba"}, True),
        # numbers
        ("pages = 0.3", {"pages": 0.30000000000000004}, False),
        ("pages > 9007199254740991", {"pages": 2**53}, True),
        ("pages > 1e300", {"pages": 10**400}, False),
        ("pages BETWEEN 1 AND 2", {"pages": 2}, True),
        ("pages BETWEEN 2 AND 1", {"pages": 2}, False),
        ("pages NOT BETWEEN 2 AND 1", {"pages": 2}, True),
        # features
        ("features.age = 7", {"features": {"age": 7}}, True),
        ("features.age = 7", {"request": {"age": 7}}, True),
        ("features.age = 7", {"features": {"age": 8}, "request": {"age": 7}}, False),
        ("features.age = 7", {"features": {"age": "8"}, "request": {"age": 7}}, False),
        ("features.age = 7", {"features": {"age": None}, "request": {"age": 7}}, True),
        ("features.age IS NULL", {"features": {}, "request": {"age": 7}}, False),
        ("features.age = 7", {"age": 7}, False),
        ("features[1] = 7", {"features": [6, 7]}, True),
        # places
        ("request.items[0].price = 7", {"request": {"items": [{"price": 7}]}}, True),
        ("request.items[1].price IS NULL", {"request": {"items": [{"price": 7}]}}, True),
        ("request.items[0] = 7", {"request": {"items": {"0": 7}}}, False),
        ('request.items."0" = 7', {"request": {"items": {"0": 7}}}, True),
        ('request.items."0" = 7', {"request": {"items": [7]}}, False),
        ('response."a.b" = 3', {"response": {"a": {"b": 3}}}, False),
        ('response."a.b" = 3', {"response": {"a.b": 3}}, True),
        ("properties.pages = 3", {"pages": 3, "properties": {"pages": 4}}, True),
        ("properties.properties.pages = 4", {"pages": 3, "properties": {"pages": 4}}, True),
    ],
)
def test_it_is_met(text: str, fields: dict[str, Any], expected: bool) -> None:
    assert met(text, **fields) is expected


def test_every_record_meets_nothing_asked() -> None:
    assert all(meets(None, each) for each in EDGES)


records = st.lists(query_cases.records() | st.sampled_from(EDGES), max_size=8)


@given(query_cases.predicate_texts(), records)
def test_the_normal_form_means_the_same(text: str, drawn: list[dict[str, Any]]) -> None:
    tree = parse(text)
    simple = normal(tree)
    assert normal(simple) == simple
    assert not any(isinstance(part, Not) for part in everything(simple))
    for each in drawn:
        assert meets(tree, each) == meets(simple, each)


@given(query_cases.predicate_texts(), query_cases.records())
def test_a_record_never_meets_a_predicate_and_its_opposite(text: str, drawn: dict[str, Any]) -> None:
    tree = parse(text)
    assert not (meets(tree, drawn) and meets(Not(tree), drawn))
    assert not (meets(normal(tree), drawn) and meets(normal(Not(tree)), drawn))


def everything(predicate: Predicate) -> list[Predicate]:
    match predicate:
        case And(parts) | Or(parts):
            return [predicate, *(each for part in parts for each in everything(part))]
        case Not(part):
            return [predicate, *everything(part)]
    return [predicate]


A, B, C = (Compare(Field((name,)), "=", 1) for name in "abc")


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (Not(Not(A)), A),
        (Not(A), Compare(A.field, "!=", 1)),
        (Not(Compare(A.field, "<", 1)), Compare(A.field, ">=", 1)),
        (Not(Compare(A.field, ">=", 1)), Compare(A.field, "<", 1)),
        (Not(And((A, B))), Or((Compare(A.field, "!=", 1), Compare(B.field, "!=", 1)))),
        (Not(Or((A, Not(B)))), And((Compare(A.field, "!=", 1), B))),
        (And((A, And((B, And((C, A)))))), And((A, B, C))),
        (Or((A, Or((B, C)))), Or((A, B, C))),
        (And((A, Or((B, C)))), And((A, Or((B, C))))),
        (And((A, A)), A),
        (Compare(A.field, "!=", True), Compare(A.field, "=", False)),
        (Not(Compare(A.field, "=", True)), Compare(A.field, "=", False)),
        (OneOf(A.field, (1,)), A),
        (Not(OneOf(A.field, (1,))), Compare(A.field, "!=", 1)),
        (OneOf(A.field, (1, 2, 1)), OneOf(A.field, (1, 2))),
        (Not(OneOf(A.field, (1, 2), negated=True)), OneOf(A.field, (1, 2))),
        (Like(A.field, ("x", "y")), Compare(A.field, "=", "xy")),
        (Not(Like(A.field, ())), Compare(A.field, "!=", "")),
        (Like(A.field, ("x",), any_case=True), Like(A.field, ("x",), any_case=True)),
    ],
)
def test_the_normal_form(given_: Predicate, expected: Predicate) -> None:
    assert normal(given_) == expected
