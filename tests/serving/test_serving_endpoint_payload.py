from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from inferwatch.serving.endpoint_payload import read, written
from inferwatch.serving.endpoint_trouble import InvalidAnswer
from inferwatch.serving.features import Rejected
from inferwatch.serving.payload import features_of_csv

DECLARED: dict[str, Any] = {
    "rooms": {"type": "number"},
    "sizes": {"type": "number", "length": 2, "optional": True},
    "garden": {"type": "boolean"},
    "town": {"type": "string", "optional": True},
}


@pytest.mark.parametrize(
    ("features", "row"),
    [
        ({"rooms": 3, "sizes": [1.5, 2], "garden": True, "town": "Ulm"}, "3,1.5,2,1,Ulm\n"),
        ({"garden": False, "rooms": 3.25, "unknown": 9}, "3.25,,,0,\n"),
        ({"rooms": 3, "sizes": (1, 2), "garden": True, "town": 'Ulm, "Mitte"'}, '3,1,2,1,"Ulm, ""Mitte"""\n'),
        ({"rooms": np.float64(3.5), "sizes": np.array([1, 2]), "garden": True}, "3.5,1,2,1,\n"),
        ({"rooms": math.nan, "garden": True}, ",,,1,\n"),
    ],
)
def test_a_row_has_the_declared_features_in_their_order(features: Any, row: str) -> None:
    assert written(features, DECLARED, "text/csv") == row.encode()


@pytest.mark.parametrize(
    "features",
    [
        {"rooms": 3, "sizes": [1.5, 2], "garden": True, "town": "Ulm"},
        {"rooms": 3, "garden": False},
        {"rooms": 3, "sizes": [1, 2], "garden": True, "town": 'Ulm, "Mitte"'},
    ],
)
def test_a_container_reads_from_a_row_what_the_function_had(features: Any) -> None:
    assert features_of_csv(written(features, DECLARED, "text/csv").decode(), DECLARED) == features


def test_without_declared_features_all_go_as_they_come() -> None:
    assert written({"b": 2, "a": [1, None]}, {}, "text/csv") == b"2,1,\n"
    assert written([14.05, 0, 18.1], {}, "text/csv") == b"14.05,0,18.1\n"


def test_an_object_does_not_fit_into_a_row() -> None:
    with pytest.raises(Rejected, match="house is an object, which a row of CSV cannot hold"):
        written({"house": {"rooms": 3}}, {}, "text/csv")


def test_json_is_the_features_as_they_are() -> None:
    assert (
        written({"a": np.float32(0.5), "b": [1, math.nan]}, DECLARED, "application/json") == b'{"a":0.5,"b":[1,null]}'
    )


@pytest.mark.parametrize(
    ("body", "content_type", "result"),
    [
        ('{"prediction": 1, "confidence": 0.5}', "application/json", {"prediction": 1, "confidence": 0.5}),
        ('{"predictions": [{"score": 0.4}]}', "application/json", 0.4),
        (
            '{"predictions": [{"score": 0.4, "predicted_label": 0}]}',
            "application/json; charset=utf-8",
            {"prediction": 0, "score": 0.4},
        ),
        ('{"predictions": [[0.1, 0.9]]}', "application/json", [0.1, 0.9]),
        ('{"predictions": [{"closest_cluster": 2.0, "distance": 1.5}]}', "", {"closest_cluster": 2.0, "distance": 1.5}),
        ('{"predictions": [{"score": 1}, {"score": 2}]}', "application/json", [{"score": 1}, {"score": 2}]),
        ('{"label": "cat"}', "application/json", {"label": "cat"}),
        ("24.1", "application/json", 24.1),
        ("[24.1]", "application/json", 24.1),
        ("[1, 2]", "application/json", [1, 2]),
        ("24.1\n", "text/csv; charset=utf-8", 24.1),
        ("24.1", "", 24.1),
        ("0.1,0.9\r\n", "text/csv", [0.1, 0.9]),
        ("1\n2\n", "text/csv", [1, 2]),
        ("cat, 0.9", "text/csv", ["cat", 0.9]),
        ("nan", "text/csv", None),
        ("cat", "text/plain", "cat"),
    ],
)
def test_the_forms_of_an_answer(body: str, content_type: str, result: Any) -> None:
    assert read(body.encode(), content_type) == result


@pytest.mark.parametrize("body", ["", "  \n"])
def test_an_empty_answer_is_none(body: str) -> None:
    with pytest.raises(InvalidAnswer, match="empty"):
        read(body.encode(), "text/csv")
