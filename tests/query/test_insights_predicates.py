"""Predicates in the words of Logs Insights find what `meets` says, by the model of Insights.

A model is no validation: what Insights does, AWS's documentation says and nobody here has seen.
"""

from __future__ import annotations

import pytest
import query_cases
from hypothesis import given
from insights_model import answer, discovered
from query_cases import Leaf, Record, leaves, meant

from inferwatch.errors import DialectError
from inferwatch.query import fields
from inferwatch.query.dialects.insights_text import name
from inferwatch.query.dialects.logs_insights import emit
from inferwatch.query.meets import value
from inferwatch.query.normal import normal
from inferwatch.query.parse import parse
from inferwatch.query.predicate import Compare, Like, Missing, OneOf, Predicate
from inferwatch.query.question import ROWS_MAX, Question


def found(predicate: Predicate, records: list[Record]) -> set[str]:
    """The transactions that the model of Insights finds."""
    question = Question(start_ms=query_cases.START_MS, end_ms=query_cases.END_MS, where=predicate, limit=ROWS_MAX)
    events = [(query_cases.START_MS, str(place), query_cases.line(one).decode()) for place, one in enumerate(records)]
    return {row["transaction_id"] for row in answer(emit(question).text, events)}


def is_lost(leaf: Leaf, record: Record) -> bool:
    """Whether Insights may not find the record, as the notes say: an object that is asked for as a whole, or a text
    that is the number of a version."""
    there = value(leaf.field, record)
    if isinstance(leaf, Missing):
        return leaf.negated and isinstance(there, dict | list)
    ordered = isinstance(leaf, Compare) and leaf.operator not in ("=", "!=")
    return ordered and fields.kind(leaf.field) == "identifier" and isinstance(there, str)


def is_plain(leaf: Leaf, record: Record) -> bool:
    """Whether the field has a value of the type in question or none, so that types are nothing to decide."""
    there = value(leaf.field, record)
    if there is None:
        line = discovered(query_cases.line(record).decode())
        return all(name(place).strip("`") not in line for place in fields.places(leaf.field))
    if fields.kind(leaf.field) != "any":
        return True
    if isinstance(leaf, Missing):
        return not isinstance(there, dict | list)
    if isinstance(leaf, Like):
        return isinstance(there, str)
    wanted = leaf.values[0] if isinstance(leaf, OneOf) else leaf.value
    kinds = (bool, str, (int, float))
    return [isinstance(there, kind) for kind in kinds] == [isinstance(wanted, kind) for kind in kinds]


@given(predicate=query_cases.predicates(), records=query_cases.record_lists(most=6, odd=False))
def test_it_finds_what_is_meant(predicate: Predicate, records: list[Record]) -> None:
    asked = normal(predicate)
    found_leaves = list(leaves(asked))
    records = [record for record in records if not any(is_lost(leaf, record) for leaf in found_leaves)]
    try:
        told = found(predicate, records)
    except DialectError:
        return
    assert told >= meant(predicate, records), "records are lost"
    plain = [record for record in records if all(is_plain(leaf, record) for leaf in found_leaves)]
    assert found(predicate, plain) == meant(predicate, plain)


@pytest.mark.parametrize(
    "where",
    [
        "elapse >= 3000 AND status IN ('failed', 'timeout')",
        "response.label = 'invoice'",
        "response.label != 'invoice'",
        "NOT (elapse >= 3000 OR status = 'failed')",
        "features.age >= 30",
        "features.age < 10",
        "features.city NOT IN ('Bonn')",
        "features.age IS NULL",
        "error IS NULL",
        "error IS NOT NULL",
        "error.message ILIKE '%timed out%'",
        "response.label LIKE 'a_b' OR response.label NOT LIKE '%i%'",
        "model_version = 3",
        "model_version != 3 AND deployment_id = '1'",
        "cold_start OR truncated",
        "NOT cold_start",
        'request."unit price" = 2',
        "request.items[0].price = 0.5",
        "start_at >= '2026-11-21T12:00Z'",
        "properties.order = 12",
        "pages IN (3, 4)",
        "response.label = 'größe'",
        "response.label LIKE 'gr%'",
    ],
)
def test_of_records_as_they_are_logged(where: str) -> None:
    """Each finds something, and leaves something out, among records of which some have every odd type of value."""
    records = [*query_cases.SDK_EDGES]
    predicate = parse(where)
    wanted = meant(predicate, records)
    assert 0 < len(wanted) < len(records)
    assert wanted <= found(predicate, records)
    plain = [record for record in records if all(is_plain(leaf, record) for leaf in leaves(normal(predicate)))]
    assert found(predicate, plain) == meant(predicate, plain)
