"""Questions as bodies of OpenSearch's search: their shape, what they give by the model, and what is refused."""

from __future__ import annotations

import copy
import json
import statistics
from pathlib import Path
from typing import Any

import msgspec
import pytest
import query_cases
from opensearch_model import buckets, hits
from opensearch_schema import body
from query_cases import END_MS, START_MS, record

from inferwatch.errors import DialectError
from inferwatch.query.dialects.opensearch import emit
from inferwatch.query.dialects.opensearch_mapping import index_mapping
from inferwatch.query.meets import meets
from inferwatch.query.parse import parse
from inferwatch.query.question import Text
from inferwatch.query.wording import question

EDGES = query_cases.SDK_EDGES


def asked(where: str = "", **words: Any) -> Text:
    return emit(question(where, **{"start_ms": START_MS, "end_ms": END_MS, "limit": 1000, **words}))


def numbers(text: Text, records: list[dict[str, Any]]) -> list[str]:
    return [document["transaction_id"][-2:] for document in hits(text.text, records)]


def test_slow_transactions_of_a_model() -> None:
    """The usual form by hand has `term` and `range` side by side, which the server refuses."""
    where = "model_name = 'doc_classification' AND elapse >= 3000"
    text = asked(where, order_by=["-start_at"], limit=20)
    assert json.loads(text.text) == {
        "query": {
            "bool": {
                "filter": [
                    {"term": {"type": "inference_transaction"}},
                    {"range": {"start_at": {"gte": "2026-11-21T09:30:00.000Z", "lt": "2026-11-23T09:30:00.000Z"}}},
                    {"term": {"model_name": "doc_classification"}},
                    {"range": {"elapse": {"gte": 3000}}},
                ]
            }
        },
        "size": 20,
        "track_total_hits": False,
        "_source": {"excludes": ["_aws"]},
        "collapse": {"field": "transaction_id"},
        "sort": [
            {"start_at": {"order": "desc", "missing": "_last", "unmapped_type": "date"}},
            {"transaction_id": {"order": "desc", "missing": "_last", "unmapped_type": "keyword"}},
        ],
    }
    assert text.dialect == "OpenSearch"
    assert text.columns == ("_source",)
    assert text.notes == ()


GOOD = json.loads(asked("elapse >= 3000 AND response.label LIKE 'a%'", by=["status"], stats=["avg:elapse"]).text)


def planted(change: Any) -> str:
    changed = copy.deepcopy(GOOD)
    change(changed)
    return json.dumps(changed)


PLANTED = {
    "term beside range": lambda b: b.update(query={"term": {"a": 1}, "range": {"b": {"gte": 1}}}),
    "a clause of two fields": lambda b: b.update(query={"term": {"a": 1, "b": 2}}),
    "no clause": lambda b: b.update(query={}),
    "a misspelt clause": lambda b: b["query"]["bool"].update(filters=[]),
    "a misspelt end": lambda b: b.update(query={"range": {"a": {"ge": 1}}}),
    "a field of exists that is no object": lambda b: b.update(query={"exists": "a"}),
    "a misspelt option": lambda b: b.update(query={"wildcard": {"a": {"value": "x", "caseInsensitive": True}}}),
    "terms without a list": lambda b: b.update(query={"terms": {"a": "x"}}),
    "a size that is none": lambda b: b.update(size="20"),
    "an unknown direction": lambda b: b.update(sort=[{"a": {"order": "down", "missing": "_last"}}]),
    "an unknown aggregation": lambda b: b["aggs"]["groups"]["aggs"].update(x={"median": {"field": "a"}}),
    "two kinds in one aggregation": lambda b: b["aggs"]["groups"].update(avg={"field": "a"}),
    "a source of two kinds": lambda b: b["aggs"]["groups"]["composite"]["sources"][0]["status"].update(
        date_histogram={"field": "start_at", "fixed_interval": "60s", "order": "asc"}
    ),
}


@pytest.mark.parametrize("change", PLANTED.values(), ids=PLANTED)
def test_the_schema_refuses_what_opensearch_refuses(change: Any) -> None:
    assert body(json.dumps(GOOD))
    with pytest.raises(msgspec.ValidationError):
        body(planted(change))


def test_records_come_newest_first_and_once() -> None:
    assert numbers(asked(), [*EDGES, EDGES[3]]) == [one["transaction_id"][-2:] for one in reversed(EDGES)]
    assert numbers(asked(limit=1), [*EDGES]) == [EDGES[-1]["transaction_id"][-2:]]


def test_records_without_a_value_come_last_whichever_way_the_order_goes() -> None:
    given = [record(n, START_MS, elapse=value) for n, value in enumerate([5.0, None, 7.0, 5.0])]
    assert numbers(asked(order_by=["elapse"]), given) == ["00", "03", "02", "01"]
    assert numbers(asked(order_by=["-elapse"]), given) == ["02", "03", "00", "01"]


def test_versions_that_are_numbers_come_before_texts() -> None:
    versions = ["v2", 10, "9", None]
    given = [record(number, START_MS + number, model_version=version) for number, version in enumerate(versions)]
    assert numbers(asked(order_by=["model_version"]), given) == ["02", "01", "00", "03"]
    assert numbers(asked(order_by=["-model_version"]), given) == ["01", "02", "00", "03"]


def test_the_range_is_half_open() -> None:
    given = [record(n, at_ms) for n, at_ms in enumerate([START_MS - 1, START_MS, END_MS - 1, END_MS])]
    assert numbers(asked(), given) == ["02", "01"]


def test_groups_are_buckets_by_columns() -> None:
    given = [
        record(n, START_MS + 40_000 * n, status=status, elapse=float(n))
        for n, status in enumerate(["failed", "succeeded", "succeeded", ...])
    ]
    stats = ["count", "avg:elapse", "p50:elapse", "count:error", "max:elapse"]
    text = asked(by=["status", "minute"], stats=stats, order_by=["-minute"])
    assert text.columns == ("status", "minute", *stats)
    rows = buckets(text.text, given)
    found = [(row["status"], (row["minute"] - START_MS) // 60_000, row["doc_count"]) for row in rows]
    assert found == [(None, 2, 1), ("succeeded", 1, 1), ("failed", 0, 1), ("succeeded", 0, 1)]
    assert [row["avg:elapse"] for row in rows] == [3.0, 2.0, 0.0, 1.0]
    assert [row["count:error"] for row in rows] == [0, 0, 0, 0]
    assert any("t-digest" in note for note in text.notes)
    assert any("twice" in note for note in text.notes)


def test_aggregates_of_all_records() -> None:
    text = asked(stats=["count", "min:elapse", "stddev:elapse", "count:features.age", "sum:elapse"])
    of = [one["elapse"] for one in EDGES if one.get("elapse") is not None]
    [row] = buckets(text.text, EDGES)
    assert row["doc_count"] == len(EDGES)
    assert row["min:elapse"] == min(of)
    assert row["sum:elapse"] == pytest.approx(sum(of))
    assert row["stddev:elapse"] == pytest.approx(statistics.stdev(of))
    assert row["count:features.age"] == sum(meets(parse("features.age IS NOT NULL"), one) for one in EDGES)
    assert any("std_deviation_sampling" in note for note in text.notes)
    assert any("sum of no numbers" in note for note in text.notes)


@pytest.mark.parametrize(
    ("node", "wanted"),
    [
        ("/abc_corp/claim", ["02", "00"]),
        ("/abc_corp/claim/doc_classification", ["00"]),
        ("/abc_corp", ["02", "01", "00"]),
    ],
)
def test_a_node_is_asked_with_all_models_below_it_and_no_other(node: str, wanted: list[str]) -> None:
    given = [
        record(0, START_MS),
        record(1, START_MS + 1, namespace="/abc_corp/claims"),
        record(2, START_MS + 2, namespace="/abc_corp/claim/inner", model_name="deep"),
        record(3, START_MS + 3, namespace="/other"),
    ]
    assert numbers(asked(node=node), given) == wanted
    assert numbers(asked(node="/"), given) == ["03", "02", "01", "00"]
    assert numbers(asked(node=node, environment="dev"), given) == []


@pytest.mark.parametrize(
    ("where", "words", "says"),
    [
        ("", {"by": ["status"], "order_by": ["-count"]}, "order by 'count'"),
        ("request.items[0].price > 1", {}, "the places of an array"),
        ('response."a.b" = 3', {}, "a name with a dot"),
        ('response."*" = 3', {}, "means something else there"),
        ("properties._id = 3", {}, "means something else there"),
        ("", {"by": ["features.age"]}, r"may lie in the request: write request\.age"),
        ("", {"stats": ["avg:features.age"]}, r"write request\.age"),
        ("", {"order_by": ["features.age"]}, r"write request\.age"),
        ("", {"by": ['request."a>b"']}, "cannot be the name of a column"),
    ],
)
def test_what_opensearch_cannot_be_asked_is_refused_by_its_name(where: str, words: dict[str, Any], says: str) -> None:
    with pytest.raises(DialectError, match=f"OpenSearch: .*{says}"):
        asked(where, **words)


def test_what_is_typed_stays_a_value() -> None:
    """JSON is written by a writer of JSON; signs of patterns are escaped."""
    text = asked("""response.label = '"}}' AND response.label LIKE '*?\\%'""").text
    filters = json.loads(text)["query"]["bool"]["filter"][2:]
    assert filters == [{"term": {"response.label": '"}}'}}, {"wildcard": {"response.label": {"value": r"\*\?\\*"}}}]


def test_the_mapping_has_a_type_for_every_core_field() -> None:
    mapping = index_mapping()["mappings"]
    types = {name: of["type"] for name, of in mapping["properties"].items()}
    assert types["status"] == "keyword"
    assert types["start_at"] == "date"
    assert types["elapse"] == types["LatencyMs"] == "double"
    assert types["cold_start"] == "boolean"
    assert mapping["properties"]["model_version"]["fields"]["number"]["type"] == "double"
    assert mapping["properties"]["_aws"] == {"type": "object", "enabled": False}
    assert {"request", "response", "features", "error"}.isdisjoint(types)
    assert [next(iter(template)) for template in mapping["dynamic_templates"]] == ["texts", "whole_numbers", "numbers"]


def test_the_index_of_the_reference_is_ours() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "opensearch.md").read_text("utf-8")
    written = page.partition("```json\n")[2].partition("```")[0]
    assert json.loads(written) == index_mapping()
