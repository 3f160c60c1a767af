from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inferwatch.serving.features import Rejected, check, describe, expected

PIXELS = {"type": "number", "length": 3, "min": 0, "max": 16}
DECLARED: dict[str, dict[str, Any]] = {
    "pixels": PIXELS,
    "rooms": {"type": "integer", "optional": True, "min": 1},
    "city": {"type": "string", "optional": True, "values": ["Ulm", "Köln"]},
    "new": {"type": "boolean", "optional": True},
    "names": {"type": "string", "length": -1, "optional": True},
}


def refusal(request: Any, declared: dict[str, dict[str, Any]] = DECLARED) -> Rejected:
    with pytest.raises(Rejected) as caught:
        check(declared, request)
    return caught.value


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"rooms": 3},
        {"rooms": None},
        {"city": "Köln"},
        {"new": False},
        {"names": []},
        {"names": ["a", "b"]},
        {"unknown": object()},
    ],
)
def test_a_request_that_holds_what_is_declared_passes(more: dict[str, Any]) -> None:
    check(DECLARED, {"pixels": [0, 1.5, 16], **more})


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ({}, "pixels is missing; expected a list of 3 numbers from 0 to 16"),
        ({"pixels": None}, "pixels must be a list of 3 numbers from 0 to 16; got null"),
        ({"pixels": [1, 2]}, "pixels must be a list of 3 numbers from 0 to 16; got a list of 2"),
        ({"pixels": "123"}, "pixels must be a list of 3 numbers from 0 to 16; got a string"),
        ({"pixels": [1, "2", 3]}, "pixels[1] must be a number from 0 to 16; got a string"),
        ({"pixels": [1, 2, True]}, "pixels[2] must be a number from 0 to 16; got a boolean"),
        ({"pixels": [1, 2, 16.5]}, "pixels[2] must be a number from 0 to 16; got one out of range"),
        ({"pixels": [math.nan, 2, 3]}, "pixels[0] must be a number from 0 to 16; got a number that is not finite"),
        ({"pixels": [1, math.inf, 3]}, "pixels[1] must be a number from 0 to 16; got a number that is not finite"),
        ({"pixels": [1, [2], 3]}, "pixels[1] must be a number from 0 to 16; got a list of 1"),
        ({"rooms": 2.0}, "rooms must be an integer of at least 1 (optional); got a number"),
        ({"rooms": 0}, "rooms must be an integer of at least 1 (optional); got one out of range"),
        ({"rooms": False}, "rooms must be an integer of at least 1 (optional); got a boolean"),
        ({"city": "Rom"}, "city must be a string out of 'Ulm', 'Köln' (optional); got another one"),
        ({"new": 1}, "new must be a boolean (optional); got an integer"),
        ({"names": {"a": 1}}, "names must be a list of strings (optional); got an object"),
    ],
)
def test_a_refusal_says_what_was_expected(features: dict[str, Any], message: str) -> None:
    complete = features if "pixels" in features or not features else {"pixels": [1, 2, 3], **features}
    assert refusal(complete).message == message


@pytest.mark.parametrize(
    ("request_", "got"), [([], "a list of 0"), ("x", "a string"), (None, "null"), (3, "an integer"), (2.5, "a number")]
)
def test_only_an_object_is_a_request(request_: Any, got: str) -> None:
    assert refusal(request_, {}).message == f"expected a JSON object; got {got}"
    assert refusal(request_, {}).expected == "a JSON object"


def test_where_nothing_is_declared_any_object_passes() -> None:
    check({}, {"anything": [1, None, {}]})


def test_all_problems_are_named_up_to_five() -> None:
    declared = {name: {"type": "number"} for name in "abcdefg"}
    message = refusal({}, declared).message
    assert message.count("is missing") == 5
    assert message.endswith("; and 2 more")


def test_expected_describes_every_feature() -> None:
    assert expected(DECLARED) == {name: describe(feature) for name, feature in DECLARED.items()}
    assert describe({"type": "number", "max": 2.5}) == "a number of at most 2.5"
    assert describe({"type": "number", "values": [0.0, 2.5, 1]}) == "a number out of 0, 2.5, 1"


@given(st.text())
def test_a_refusal_never_repeats_a_value(value: str) -> None:
    secret = f"secret {value}"
    assert "secret" not in refusal({"pixels": secret, "city": secret, "rooms": secret, "names": [secret, 1]}).message


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
)


@given(st.dictionaries(st.sampled_from(sorted(DECLARED)), _JSON))
def test_whatever_passes_is_of_its_type_and_nothing_else_is_raised(features: dict[str, Any]) -> None:
    try:
        check(DECLARED, features)
    except Rejected:
        return
    pixels = features["pixels"]
    assert len(pixels) == 3
    assert all(type(p) in (int, float) and 0 <= p <= 16 for p in pixels)
    assert features.get("city") in (None, "Ulm", "Köln")
    assert features.get("rooms") is None or type(features["rooms"]) is int
