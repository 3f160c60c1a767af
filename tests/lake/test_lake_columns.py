"""The columns that a table in S3 has for a model's features."""

from __future__ import annotations

import msgspec

from inferwatch.lake.columns import COLUMNS, GLUE_COLUMNS
from inferwatch.lake.feature_columns import DECLARED_MAX, declared, keep
from inferwatch.lake.layout import model_folder
from inferwatch.lake.row import to_record, to_row
from inferwatch.spec.feature import FeatureSpec, short_form

NOW = 1_763_716_320_123


def features(**short: str) -> dict[str, FeatureSpec]:
    return {name: msgspec.convert(short_form(text), FeatureSpec) for name, text in short.items()}


def test_both_sides_have_the_same_columns() -> None:
    assert COLUMNS.keys() - GLUE_COLUMNS.keys() == {"log_offset"}
    assert list(GLUE_COLUMNS) == [name for name in COLUMNS if name in GLUE_COLUMNS]
    same = {"VARCHAR": "string", "DOUBLE": "double", "BOOLEAN": "boolean", "BIGINT": "bigint"}
    for name, kind in GLUE_COLUMNS.items():
        assert kind == ("timestamp" if name in ("start_at", "end_at") else same[COLUMNS[name]]), name


def test_a_log_group_is_one_folder() -> None:
    assert model_folder("/abc_corp/claim/doc#1") == "model=%2Fabc_corp%2Fclaim%2Fdoc%231"


def test_single_numbers_and_texts_of_plain_names_have_a_column() -> None:
    given = features(
        age="number", rooms="integer?", kind="string", ok="boolean", pixels="number[64]", Age="number", größe="number"
    )
    assert declared(given) == {"feature_age": "number", "feature_rooms": "number", "category_kind": "text"}


def test_the_names_of_all_columns_fit_into_a_function_s_environment() -> None:
    columns = declared(features(**{f"a_feature_with_a_name_{number}": "number" for number in range(500)}))
    assert 50 < len(columns) < 500
    assert DECLARED_MAX - 50 < len(",".join(columns)) <= DECLARED_MAX


def test_a_feature_without_a_column_stays_in_the_record() -> None:
    given = {"age": 30, "kind": "b", "x": 1.5, "pixels": [1, 2]}
    row = to_row({"features": given}, NOW, "s")
    keep(row, {"feature_age"})

    assert {name for name in row if name.startswith(("feature_", "category_"))} == {"feature_age"}
    assert to_record(row)["features"] == given
