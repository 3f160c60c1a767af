from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inferwatch.serving.prediction import response_of


@pytest.mark.parametrize(
    ("result", "response"),
    [
        (3, {"prediction": 3}),
        (None, {"prediction": None}),
        ([1, 2], {"prediction": [1, 2]}),
        ({"cat": 0.9}, {"prediction": {"cat": 0.9}}),
        ({"prediction": 1, "confidence": 0.5, "why": "x"}, {"prediction": 1, "confidence": 0.5, "why": "x"}),
        (np.int64(7), {"prediction": 7}),
        (np.array([[1.5, 2.5]]), {"prediction": [[1.5, 2.5]]}),
        (np.arange(6).reshape(2, 3).T, {"prediction": [[0, 3], [1, 4], [2, 5]]}),
        (np.array(["a", "b"]), {"prediction": ["a", "b"]}),
        (np.array(["a", None], dtype=object), {"prediction": ["a", None]}),
        ({"prediction": np.bool_(True), "confidence": np.float64(0.25)}, {"prediction": True, "confidence": 0.25}),
        (dict(zip(np.array([0, 1]), np.array([0.25, 0.75]), strict=True)), {"prediction": {"0": 0.25, "1": 0.75}}),
        ({1: "one"}, {"prediction": {"1": "one"}}),
        ({"prediction": 1, "confidence": math.nan}, {"prediction": 1, "confidence": None}),
        (float("inf"), {"prediction": None}),
        ({1}, {"prediction": [1]}),
    ],
)
def test_what_models_return_becomes_plain_json(result: Any, response: dict[str, Any]) -> None:
    assert response_of(result) == response


@pytest.mark.parametrize("result", [object(), Decimal("1.5"), 2**70, {"prediction": b"raw"}])
def test_what_json_cannot_say_is_a_type_error(result: Any) -> None:
    with pytest.raises(TypeError):
        response_of(result)


@given(st.dictionaries(st.integers() | st.text(), st.floats() | st.booleans() | st.none()))
def test_any_dict_of_plain_things_is_a_response(result: dict[Any, Any]) -> None:
    assert "prediction" in response_of(result)
