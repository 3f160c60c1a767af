"""The schema by which a REST API refuses requests: never stricter than the function itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from small_model import small_model

from inferwatch.cdk.api.request_schema import request_schema
from inferwatch.serving import features as serving

FEATURES = """
[features]
pages = { type = "integer", min = 1, max = 500 }
kind = { type = "string", values = ["letter", "invoice"], optional = true }
level = { type = "integer", values = [1, 2] }
share = { type = "number", values = [0.5, 1] }
words = "number[2]?"
flags = "boolean[]"
"""
GOOD = {"pages": 1, "kind": None, "level": 2, "share": 1, "words": [1, 2.5], "flags": [], "unknown": {}}


def schema(folder: Path, more: str = FEATURES) -> Any:
    return request_schema(small_model(folder, more))


def validator(folder: Path) -> jsonschema.Draft4Validator:
    made = schema(folder)
    jsonschema.Draft4Validator.check_schema(made)
    return jsonschema.Draft4Validator(made)


def test_what_fits_passes(tmp_path: Path) -> None:
    assert list(validator(tmp_path).iter_errors(GOOD)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"pages": 0}, {"pages": 501}, {"pages": 1.5}, {"pages": "1"}, {"pages": None}, {"kind": "poem"}, {"level": 3},
        {"share": "1"}, {"words": [1]}, {"words": [1, 2, 3]}, {"words": [1, None]}, {"words": 1}, {"flags": [1]},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    assert not validator(tmp_path).is_valid({**GOOD, **wrong})


@pytest.mark.parametrize("missing", ["pages", "level", "share", "flags"])
def test_what_is_missing_is_refused(tmp_path: Path, missing: str) -> None:
    assert not validator(tmp_path).is_valid({name: value for name, value in GOOD.items() if name != missing})


@pytest.mark.parametrize("body", [[], "a", 1, None])
def test_what_is_no_object_is_refused(tmp_path: Path, body: Any) -> None:
    assert not validator(tmp_path).is_valid(body)


def test_nothing_can_be_said_without_features_or_of_what_parse_reads(tmp_path: Path) -> None:
    assert schema(tmp_path, "") is None
    assert schema(tmp_path, f'parse = "app:parse"\n{FEATURES}') is None


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[serving.Declared, jsonschema.Draft4Validator]:
    folder = tmp_path_factory.mktemp("model")
    return small_model(folder, FEATURES).compile()["features"], validator(folder)


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(0, 3), st.sampled_from([0.5, 1.0, 2.5]), st.text(max_size=2))


FITTING = st.fixed_dictionaries(
    {
        "pages": st.integers(1, 500),
        "level": st.sampled_from([1, 2]),
        "share": st.sampled_from([0.5, 1, 1.0]),
        "flags": st.lists(st.booleans(), max_size=3),
    },
    optional={"kind": st.sampled_from([None, "letter"]), "words": st.none() | st.lists(SCALARS, max_size=3)},
)
CHANGES = st.dictionaries(st.sampled_from([*GOOD]), SCALARS, max_size=2)


@given(FITTING, CHANGES)
@settings(deadline=None)
def test_what_the_function_takes_passes(
    model: tuple[serving.Declared, jsonschema.Draft4Validator], fitting: dict[str, Any], changes: dict[str, Any]
) -> None:
    (features, accepts), body = model, {**fitting, **changes}
    try:
        serving.check(features, body)
    except serving.Rejected:
        assume(False)
    assert list(accepts.iter_errors(body)) == []
