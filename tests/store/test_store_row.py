from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lake_records import documents, whole
from store_lines import EVER, GROUP, NOW, append, line, record

from inferwatch.lake.feature_columns import LONGEST_NAME, MOST_COLUMNS, columns_of
from inferwatch.lake.row import to_record, to_row
from inferwatch.store import Store
from inferwatch.store.streams.scan import scan


@given(documents)
@settings(deadline=None)
def test_a_row_gives_the_record_back(document: dict[str, Any]) -> None:
    original = record(whole(1, document))
    assert to_record(to_row(original, 1_763_716_320_123, "s", 0)) == original


@pytest.mark.parametrize("unusable", ["soon", "", 5, None, "2025-13-01T00:00:00Z"])
def test_a_start_that_is_no_time_becomes_the_one_by_which_the_record_is_found(unusable: object) -> None:
    row = to_row({"transaction_id": "x", "start_at": unusable}, 1_763_716_320_123, "s", 0)
    assert to_record(row) == {"transaction_id": "x", "start_at": "2025-11-21T09:12:00.123Z"}


@given(st.lists(documents, min_size=1, max_size=10))
@settings(max_examples=25, deadline=None)
def test_the_lake_gives_the_records_back(
    tmp_path_factory: pytest.TempPathFactory, given_: list[dict[str, Any]]
) -> None:
    data = tmp_path_factory.mktemp("data")
    lines = [whole(number, document) for number, document in enumerate(given_)]
    append(data, b"".join(lines))
    with Store.open(data, writer=True) as store:
        store.ingest(NOW)
        assert store.compact(NOW).records == len(lines)
        found = {found["transaction_id"]: found for found in store.records(EVER)}
    assert found == {record(one)["transaction_id"]: record(one) for one in lines}


def test_a_version_is_found_whether_it_is_a_number_or_text() -> None:
    for version in (3, "3"):
        row = to_row({"model_version": version}, NOW, "s", 0)
        assert row["model_version"] == "3"
        assert to_record(row)["model_version"] == version


def test_features_have_columns_by_kind() -> None:
    row = to_row({"features": {"age": 30, "kind": "b", "pixels": [1, 2], "ok": True}}, NOW, "s", 0)
    assert (row["feature_age"], row["category_kind"]) == (30.0, "b")
    assert orjson.loads(row["properties"]) == {"features": {"pixels": [1, 2], "ok": True}}


def test_names_that_differ_by_case_do_not_meet() -> None:
    rows = [to_row({"features": {"Age": 1, "age": 2}}, NOW, "s", 0), to_row({"features": {"AGE": 3}}, NOW, "s", 1)]
    assert columns_of(rows) == {"feature_Age": "DOUBLE"}
    assert [to_record(row)["features"] for row in rows] == [{"Age": 1, "age": 2}, {"AGE": 3}]


def test_a_name_that_begins_like_a_column_stays_whole_without_one() -> None:
    given_: list[dict[str, Any]] = [{"Category_x": 1}, {"category_x": 2}, {"Feature_x": "a"}, {"feature_x": "b"}]
    rows = [to_row({"features": features}, NOW, "s", 0) for features in given_]
    columns_of(rows)
    assert [to_record(row)["features"] for row in rows] == given_


def test_columns_are_limited() -> None:
    given_ = {f"f{number}": number for number in range(MOST_COLUMNS + 20)} | {
        "x" * (LONGEST_NAME + 1): 1,
        "\n": 2,
    }
    rows = [to_row({"features": given_}, NOW, "s", 0)]
    assert len(columns_of(rows)) == MOST_COLUMNS
    assert to_record(rows[0])["features"] == given_


def test_a_record_of_the_sdk(tmp_path: Path) -> None:
    own = line(1, features={"a": 1.5}, confidence=0.25, prediction="cat", requester={"ip": None}, pages=3)
    append(tmp_path, own)
    with Store.open(tmp_path, writer=True) as store:
        before = store.records(EVER)
        store.ingest(NOW)
        store.compact(NOW)
        assert before == store.records(EVER) == [record(own)]
        assert list(store.records(EVER)[0])[:3] == ["v", "namespace", "model_name"]
    assert next(iter(scan(own))).kind == "record"
    assert next(tmp_path.glob("lake/model=*")).name == "model=" + GROUP.replace("/", "%2F")
