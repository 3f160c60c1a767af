"""Predicates, and the records of `query_records` beside them: what the tests of questions draw.

Predicates and records take their values from the same few, so that conditions are often met.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from hypothesis import strategies as st
from query_records import (
    EDGES,
    END_MS,
    NUMBERS,
    SDK_EDGES,
    START_MS,
    TEXTS,
    VERSIONS,
    line,
    numbers,
    record,
    record_lists,
    records,
    texts,
)

from inferwatch.query.meets import meets
from inferwatch.query.parse import parse
from inferwatch.query.predicate import And, Compare, Like, Missing, OneOf, Or, Predicate

__all__ = [
    "EDGES",
    "END_MS",
    "NUMBERS",
    "SDK_EDGES",
    "START_MS",
    "TEXTS",
    "VERSIONS",
    "Leaf",
    "Record",
    "conditions",
    "leaves",
    "line",
    "meant",
    "predicate_texts",
    "predicates",
    "record",
    "record_lists",
    "records",
    "text_literal",
]

Leaf = Compare | OneOf | Like | Missing
Record = dict[str, Any]

NUMBER_FIELDS: Final = (
    "elapse",
    "confidence",
    "request_size",
    "response_size",
    "v",
    "LatencyMs",
    "PredictionProbability",
)
TEXT_FIELDS: Final = ("status", "namespace", "model_name", "environment", "request_id", "type")
BOOLEAN_FIELDS: Final = ("cold_start", "truncated")
IDENTIFIER_FIELDS: Final = ("model_version", "deployment_id", "server_id")
TIME_FIELDS: Final = ("start_at", "end_at")
ANY_FIELDS: Final = (
    *("response.label", "response.code", "request.items[0].price", 'request."unit price"', "request.deep.a.b.c"),
    *("error.type", "error.message", "requester.principal", "requester.ip", "requester.tags[1]", "prediction"),
    *("features.age", "features.city", 'features."Größe (cm)"', "pages", "tier", "properties.order", "note.text"),
    *("request", "response", "error", "message_id", "score", 'request."it\'s"', 'response."a.b"', "features[0]"),
)
MISSPELT: Final = ("nowhere", "response.nowhere", "features.nowhere", "pages.below", "request.items[7]")

Drawn = st.SearchStrategy[str]

_comparisons = st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "==", "<>"])
_equalities = st.sampled_from(["=", "!="])
_instants = st.sampled_from(
    [
        *("2026-11-21", "2026-11-21T09:30Z", "2026-11-21T09:30:00.001Z", "2026-11-22 09:30:00", "2026-11-23"),
        *("2026-11-21T10:30:00+01:00", "2026-11-21T09:31:00.350Z", "1999-01-01", "2300-01-01"),
    ]
)


def text_literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _literal(value: float | str | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return text_literal(value) if isinstance(value, str) else repr(value)


_text = texts.map(text_literal)
_number = numbers.map(_literal)
_version = st.sampled_from(VERSIONS).map(_literal)
_instant = _instants.map(text_literal)
_boolean = st.sampled_from(["true", "false", "TRUE"])


def _compared(
    fields: tuple[str, ...], signs: st.SearchStrategy[str], value: st.SearchStrategy[str]
) -> st.SearchStrategy[str]:
    """Comparisons and BETWEEN, the field on either side."""
    field = st.sampled_from(fields)
    return st.one_of(
        st.builds("{} {} {}".format, field, signs, value),
        st.builds("{1} {0} {2}".format, signs, value, field),
    )


def _between(fields: tuple[str, ...], value: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        "{} {} {} AND {}".format, st.sampled_from(fields), st.sampled_from(["BETWEEN", "NOT BETWEEN"]), value, value
    )


def _listed(fields: tuple[str, ...], value: Drawn) -> Drawn:
    lists = st.lists(value, min_size=1, max_size=4).map(", ".join)
    return st.builds("{} {} ({})".format, st.sampled_from(fields), st.sampled_from(["IN", "NOT IN", "not in"]), lists)


@st.composite
def _likes(draw: st.DrawFn) -> str:
    field = draw(st.sampled_from((*TEXT_FIELDS, *IDENTIFIER_FIELDS, *ANY_FIELDS)))
    word = draw(st.sampled_from(["LIKE", "NOT LIKE", "ILIKE", "NOT ILIKE", "like"]))
    parts = draw(st.lists(st.sampled_from(["%", "_", "%%", "_%"]) | texts, max_size=3))
    pattern = "".join(parts)
    if "ILIKE" in word:
        pattern = "".join(c for c in pattern if c.isascii() or c.lower() == c == c.upper())
    if draw(st.booleans()):
        escaped = "".join("!" + c if c in "!" or (c in "%_" and draw(st.booleans())) else c for c in pattern)
        return f"{field} {word} {text_literal(escaped)} ESCAPE '!'"
    return f"{field} {word} {text_literal(pattern)}"


_ALL = (*NUMBER_FIELDS, *TEXT_FIELDS, *BOOLEAN_FIELDS, *IDENTIFIER_FIELDS, *TIME_FIELDS, *ANY_FIELDS, *MISSPELT)
_LOOSE = (*ANY_FIELDS, *MISSPELT)

conditions = st.one_of(
    _compared((*NUMBER_FIELDS, *_LOOSE), _comparisons, _number),
    _compared((*TEXT_FIELDS, *_LOOSE), _comparisons, _text),
    _compared(TIME_FIELDS, _comparisons, _instant),
    _compared(IDENTIFIER_FIELDS, _equalities, _version),
    _compared(IDENTIFIER_FIELDS, _comparisons, st.sampled_from(["2", "3", "0", "-1", "10"])),
    _compared((*BOOLEAN_FIELDS, *_LOOSE), _equalities, _boolean),
    st.sampled_from((*BOOLEAN_FIELDS, "tier", "prediction", "cold_start IS TRUE", "tier IS FALSE")),
    _between((*NUMBER_FIELDS, *_LOOSE), _number),
    _between((*TEXT_FIELDS, *_LOOSE), _text),
    _between(TIME_FIELDS, _instant),
    _listed((*NUMBER_FIELDS, *_LOOSE), _number),
    _listed((*TEXT_FIELDS, *_LOOSE), _text),
    _listed(TIME_FIELDS, _instant),
    _listed(IDENTIFIER_FIELDS, _version),
    _likes(),
    st.builds("{} {}".format, st.sampled_from(_ALL), st.sampled_from(["IS NULL", "IS NOT NULL", "is not null"])),
)


def predicate_texts(*, most: int = 6) -> st.SearchStrategy[str]:
    """Predicates as a person writes them, each of which parses. most: conditions in one."""
    return st.recursive(
        conditions,
        lambda inner: st.one_of(
            st.builds("NOT ({})".format, inner),
            st.builds("NOT {}".format, conditions),
            st.builds("({}) {} ({})".format, inner, st.sampled_from(["AND", "OR", "and"]), inner),
            st.builds("{} {} {}".format, conditions, st.sampled_from(["AND", "OR"]), conditions),
        ),
        max_leaves=most,
    )


def predicates(*, most: int = 6) -> st.SearchStrategy[Any]:
    """Trees of predicates, as `parse` gives them."""
    return predicate_texts(most=most).map(parse)


def meant(predicate: Predicate, records: list[Record]) -> set[str]:
    """The transactions that meet it, by the reference."""
    return {record["transaction_id"] for record in records if meets(predicate, record)}


def leaves(predicate: Predicate) -> Iterator[Leaf]:
    """The conditions of a normal predicate, which has no NOT."""
    if isinstance(predicate, And | Or):
        for part in predicate.parts:
            yield from leaves(part)
    else:
        assert isinstance(predicate, Leaf)
        yield predicate
