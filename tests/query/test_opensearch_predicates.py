"""Predicates in OpenSearch's query DSL find what `meets` says, by a model of OpenSearch."""

from __future__ import annotations

import pytest
import query_cases
from hypothesis import given
from opensearch_model import hits, values
from query_cases import Leaf, Record, leaves, meant

from inferwatch.errors import DialectError
from inferwatch.query import fields
from inferwatch.query.dialects.opensearch import emit
from inferwatch.query.dialects.opensearch_conditions import path
from inferwatch.query.meets import value
from inferwatch.query.normal import normal
from inferwatch.query.parse import parse
from inferwatch.query.predicate import Like, Missing, OneOf, Predicate
from inferwatch.query.question import ROWS_MAX, Question


def found(predicate: Predicate, records: list[Record]) -> set[str]:
    question = Question(start_ms=query_cases.START_MS, end_ms=query_cases.END_MS, where=predicate, limit=ROWS_MAX)
    return {record["transaction_id"] for record in hits(emit(question).text, records)}


def is_plain(leaf: Leaf, record: Record) -> bool:
    """Whether the index holds of the field one value, of the type in question, or nothing: no array, no object without
    a value. The notes say that others are found otherwise."""
    there = value(leaf.field, record)
    held = [found for place in fields.places(leaf.field) if (found := values(record, path(place)))]
    if there is None or not held:
        return there is None and not held
    if fields.kind(leaf.field) != "any":
        return True
    if isinstance(leaf, Missing):
        return True
    if held[0] != [there]:
        return False
    if isinstance(leaf, Like):
        return isinstance(there, str)
    wanted = leaf.values[0] if isinstance(leaf, OneOf) else leaf.value
    kinds = (bool, str, (int, float))
    return [isinstance(there, kind) for kind in kinds] == [isinstance(wanted, kind) for kind in kinds]


@given(predicate=query_cases.predicates(), records=query_cases.record_lists(most=6, odd=False))
def test_it_finds_what_is_meant(predicate: Predicate, records: list[Record]) -> None:
    try:
        found(predicate, records)
    except DialectError:
        return
    asked = list(leaves(normal(predicate)))
    plain = [record for record in records if all(is_plain(leaf, record) for leaf in asked)]
    assert found(predicate, plain) == meant(predicate, plain)


@pytest.mark.parametrize(
    "where",
    [
        "elapse >= 3000 AND status IN ('failed', 'timeout')",
        "response.label = 'invoice'",
        "response.label != 'invoice'",
        "response.label > 'b'",
        "NOT (elapse >= 3000 OR status = 'failed')",
        "features.age >= 30",
        "features.age < 10",
        "features.city NOT IN ('Bonn')",
        "features.age IS NULL",
        "error IS NULL",
        "error IS NOT NULL",
        "error.message ILIKE '%timed out%'",
        "response.label LIKE 'a_b' OR response.label NOT LIKE '%i%'",
        "response.label LIKE 'a!_b' ESCAPE '!'",
        "note.text LIKE '100 !%' ESCAPE '!'",
        "response.label = 'back\\slash'",
        "response.label = 'say \"no\"'",
        "model_version = 3",
        "model_version > 2",
        "model_version <= 3",
        "model_version != 3 AND deployment_id = '1'",
        "cold_start OR truncated",
        "NOT cold_start",
        'request."unit price" = 2',
        "start_at >= '2026-11-21T12:00Z'",
        "start_at = '2026-11-21T09:30Z'",
        "properties.order = 12",
        "pages IN (3, 4)",
    ],
)
def test_of_records_as_they_are_logged(where: str) -> None:
    """Each finds something, and leaves something out."""
    predicate = parse(where)
    asked = list(leaves(normal(predicate)))
    plain = [record for record in query_cases.SDK_EDGES if all(is_plain(leaf, record) for leaf in asked)]
    wanted = meant(predicate, plain)
    assert 0 < len(wanted) < len(plain)
    assert found(predicate, plain) == wanted
