"""Records as logged: a fixed list with every edge, and what Hypothesis draws."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import orjson
from hypothesis import strategies as st

from inferwatch.sdk.clock import iso

START_MS: Final = int(datetime(2026, 11, 21, 9, 30, tzinfo=UTC).timestamp() * 1000)
END_MS: Final = START_MS + 48 * 3_600_000
"""All records of this module started in [START_MS, END_MS)."""

TEXTS: Final = (
    *("invoice", "Invoice", "failed", "timeout", "approved", "", "3", "500", "true", "null", "a%b", "a_b", "axb"),
    *("it's", 'say "no"', "back\\slash", "100 %", "größe", "GRÖSSE", "日本語", "\U0001d4b3", "\u212a", "k", "K"),
    *(
        "line\nbreak",
        "tab\there",
        " padded ",
        "{}",
        "[1]",
        "2026-11-21T09:30:00.000Z",
        "-1",
        "0.5",
        "1e3",
        "é",
        "e\u0301",
    ),
)
NUMBERS: Final = (
    0,
    1,
    -1,
    2,
    3,
    3.0,
    500,
    0.5,
    0.1,
    0.30000000000000004,
    -0.25,
    350.2,
    1e6,
    1e-9,
    1e300,
    2**53,
    -(2**53),
)
VERSIONS: Final = (1, 2, 3, 10, "1", "3", "10", "03", "1.5", "v2", "-1", "", "server-1")


def record(number: int, at_ms: int, /, **fields: Any) -> dict[str, Any]:
    """A plain record, with `fields` over it; a field that is `...` is left out."""
    plain: dict[str, Any] = {
        "v": 1,
        "namespace": "/abc_corp/claim",
        "model_name": "doc_classification",
        "model_version": 3,
        "deployment_id": 1,
        "environment": "prod",
        "server_id": "server-1",
        "type": "inference_transaction",
        "status": "succeeded",
        "transaction_id": f"01a1fd71-d521-7a1f-99a6-{number:012x}",
        "start_at": iso(at_ms),
        "end_at": iso(at_ms + 350),
        "elapse": 350.2,
        "cold_start": False,
        "request": {"pages": 3, "items": [{"price": 0.5}], "unit price": 2},
        "request_size": 11,
        "response": {"label": "invoice", "code": 500},
        "response_size": 25,
    }
    return {name: value for name, value in {**plain, **fields}.items() if value is not ...}


_EDGES: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"elapse": 3000, "status": "failed", "error": {"type": "ValueError", "message": "it timed out"}},
    {"elapse": 2999.999, "status": "timeout", "error": {"type": "Timeout", "message": "TIMED OUT after 10 s"}},
    {"elapse": 0, "status": "rejected", "response": ..., "response_size": ...},
    {"elapse": ..., "end_at": ..., "cold_start": ...},
    {"elapse": None, "cold_start": None, "confidence": None, "response": None},
    {"confidence": 0.93, "prediction": "approved", "PredictionProbability": 0.93, "LatencyMs": 350.2},
    {"confidence": 98.05, "prediction": 1, "LatencyMs": 350},
    {"confidence": 0, "prediction": True},
    {"confidence": -0.25, "prediction": ["approved", "refused"]},
    {"prediction": {"label": "approved", "score": 0.5}},
    {"prediction": None, "cold_start": True, "truncated": True},
    {"response": {"label": "Invoice", "code": "500"}},
    {"response": {"label": None, "code": 500.0}},
    {"response": {"label": "", "code": True}},
    {"response": {"label": "a%b", "code": {"value": 500}}},
    {"response": {"label": "a_b", "code": [500]}},
    {"response": {"label": "axb", "code": 501}},
    {"response": {"label": "größe", "a.b": 3}},
    {"response": {"label": "GRÖSSE", "a": {"b": 4}}},
    {"response": {"label": "back\\slash"}, "request": "a text"},
    {"response": {"label": 'say "no"'}, "request": ["a", "list"]},
    {"response": {"label": "it's"}, "request": {"it's": "it's", "items": []}},
    {"response": {"label": "line\nbreak"}, "request": 3},
    {"response": {"label": "\u212a"}, "request": {"items": [{"price": "0.5"}, {"price": 1}]}},
    {"response": {"label": "\U0001d4b3"}, "request": {"items": {"0": {"price": 7}}}},
    {"response": {"label": "\uffee"}, "request": {"deep": {"a": {"b": {"c": 3}}}}},
    {"response": {"label": "é"}, "request": {"deep": {"a": {"b": {"c": None}}}}},
    {"response": {"label": "e\u0301"}, "request": {"deep": {"a": {"b": 3}}}},
    {"response": "not json", "request": {}},
    {"response": {}, "request": {"age": 7, "city": "Bonn"}},
    {"features": {"age": 30, "city": "Köln", "Größe (cm)": 181.5}, "request": {"age": 7, "city": "Bonn"}},
    {"features": {"age": "30", "city": 5}, "request": {"age": 30}},
    {"features": {"age": None}, "request": {"age": 31, "city": "Bonn"}},
    {"features": [5.1, 3.5], "request": [5.1, 3.5]},
    {"features": {"age": True, "city": ["Köln"]}},
    {"model_version": "3", "deployment_id": 2, "server_id": 7},
    {"model_version": "v2", "deployment_id": "blue"},
    {"model_version": 10, "server_id": "03"},
    {"model_version": "1.5", "deployment_id": "-1"},
    {"pages": 3, "tier": "gold", "order": 12, "score": 0.1},
    {"pages": "3", "tier": True, "order": "12", "score": 2**53},
    {"pages": None, "tier": False, "note": {"text": "100 %"}, "score": 1e300},
    {"pages": [1, 2], "tier": {"name": "gold"}, "note": "a text", "score": -1e-9},
    {"pages": 3.5, "properties": {"pages": 9}, "metrics": 1, "_aws_like": 1, "log_stream": "own"},
    {"requester": {"principal": "arn:aws:iam::123456789012:role/app", "ip": None, "tags": ["a", "b"]}},
    {"requester": {"principal": "alice", "ip": "10.0.0.1", "tags": ["a"]}},
    {"namespace": "/abc_corp/claims", "model_name": "other", "environment": "dev"},
    {"namespace": "/abc_corp/claim/inner", "model_name": "deep", "model_version": 1},
    {"elapse": "slow", "cold_start": "yes", "confidence": "high", "request_size": 1.5},
    {"status": 5, "model_version": 1.5, "end_at": "later", "truncated": 1},
    {"end_at": "2026-11-21T10:30:00+01:00", "elapse": 2**60, "LatencyMs": "fast"},
)
EDGES: Final = tuple(
    record(number, START_MS + (number // 2) * 1_700_000 + number, **fields) for number, fields in enumerate(_EDGES)
)
"""One record for each edge, oldest first."""

SDK_EDGES: Final = EDGES[:-3]
"""Those that the SDK could have written: core fields have values of their types."""


def line(record: dict[str, Any]) -> bytes:
    """The record as its line in the log."""
    return orjson.dumps(
        {"_aws": {"Timestamp": START_MS, "CloudWatchMetrics": []}, **record}, option=orjson.OPT_APPEND_NEWLINE
    )


texts = st.sampled_from(TEXTS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
numbers = st.sampled_from(NUMBERS) | st.integers(-1000, 1000) | st.floats(-1e6, 1e6)
scalars = st.none() | st.booleans() | numbers | texts
members = st.sampled_from(["label", "code", "pages", "unit price", "age", "city", "it's", "a.b", "a", "b", "größe"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(members, inner, max_size=3), max_leaves=6
)
_requests = (
    st.fixed_dictionaries(
        {},
        optional={
            "pages": scalars,
            "items": st.lists(st.fixed_dictionaries({}, optional={"price": scalars}), max_size=2) | values,
            "unit price": scalars,
            "deep": st.fixed_dictionaries({"a": st.fixed_dictionaries({"b": st.fixed_dictionaries({"c": scalars})})}),
            "age": scalars,
            "city": scalars,
            "it's": texts,
        },
    )
    | values
)
_responses = st.fixed_dictionaries({}, optional={"label": texts | scalars, "code": scalars, "a.b": scalars}) | values
_features = st.fixed_dictionaries(
    {}, optional={"age": numbers | scalars, "city": texts | scalars, "Größe (cm)": numbers, "nested": values}
) | st.lists(numbers, max_size=3)


@st.composite
def records(draw: st.DrawFn, *, number: int | None = None, odd: bool = True) -> dict[str, Any]:
    """A record as logged. odd: core fields may have values of other types than theirs."""
    places = draw(st.integers(0, 2**40)) if number is None else number
    at_ms = draw(st.sampled_from([START_MS, START_MS + 1, START_MS + 60_000]) | st.integers(START_MS, END_MS - 1))
    core: dict[str, st.SearchStrategy[Any]] = {
        "elapse": numbers,
        "confidence": numbers,
        "request_size": st.integers(0, 2000),
        "response_size": st.integers(0, 2000),
        "status": st.sampled_from(["succeeded", "failed", "timeout", "rejected"]),
        "environment": st.sampled_from(["prod", "dev", ""]),
        "cold_start": st.booleans(),
        "truncated": st.booleans(),
        "model_version": st.sampled_from(VERSIONS),
        "deployment_id": st.sampled_from(VERSIONS),
        "server_id": st.sampled_from(VERSIONS),
        "request_id": texts,
    }
    loose: dict[str, st.SearchStrategy[Any]] = {
        "request": _requests,
        "response": st.fixed_dictionaries({}, optional={"label": texts | scalars, "code": scalars, "a.b": scalars})
        | values,
        "error": st.fixed_dictionaries({"type": texts, "message": texts}),
        "requester": st.fixed_dictionaries({"principal": texts}, optional={"ip": texts | st.none(), "tags": values}),
        "prediction": values,
        "features": _features,
        "pages": scalars | values,
        "tier": scalars,
        "order": scalars,
        "score": numbers,
        "note": st.fixed_dictionaries({"text": texts}) | values,
        "LatencyMs": numbers,
        "PredictionProbability": numbers,
        "message_id": texts,
    }
    fields: dict[str, Any] = draw(st.fixed_dictionaries({}, optional=core)) | draw(
        st.fixed_dictionaries({}, optional=loose)
    )
    fields |= dict.fromkeys(draw(st.sets(st.sampled_from([*core, "request", "response"]), max_size=2)), ...)
    fields |= dict.fromkeys(draw(st.sets(st.sampled_from([*loose, "elapse", "confidence"]), max_size=1)), None)
    if odd and draw(st.integers(0, 9)) == 0:
        fields |= draw(st.dictionaries(st.sampled_from([*core, "end_at", "LatencyMs"]), scalars, max_size=2))
    return record(places, at_ms, **fields)


@st.composite
def record_lists(draw: st.DrawFn, *, most: int = 12, odd: bool = True) -> list[dict[str, Any]]:
    """Records of different transactions."""
    return [draw(records(number=number, odd=odd)) for number in range(draw(st.integers(0, most)))]
