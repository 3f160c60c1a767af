from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inferwatch.serving.features import Rejected, check
from inferwatch.serving.payload import by_position, features_of, features_of_csv

Declared = dict[str, dict[str, Any]]

HOUSE: Declared = {"crime": {"type": "number"}, "river": {"type": "integer"}, "rooms": {"type": "number"}}
MIXED: Declared = {
    "city": {"type": "string"},
    "pixels": {"type": "number", "length": 3},
    "new": {"type": "boolean", "optional": True},
    "note": {"type": "string", "optional": True},
}
OPEN: Declared = {
    "id": {"type": "string"},
    "series": {"type": "number", "length": -1},
    "last": {"type": "integer"},
}


def refusal(call: Any, *arguments: Any) -> Rejected:
    with pytest.raises(Rejected) as caught:
        call(*arguments)
    return caught.value


@pytest.mark.parametrize(
    ("text", "features"),
    [
        ("14.05,0,18.1", {"crime": 14.05, "river": 0, "rooms": 18.1}),
        (" 14.05 , 0 , 18.1 \r\n", {"crime": 14.05, "river": 0, "rooms": 18.1}),
        ('"1e3","-2",".5"\n\n', {"crime": 1000.0, "river": -2, "rooms": 0.5}),
        ("\ufeff1,2,3", {"crime": 1, "river": 2, "rooms": 3}),
    ],
)
def test_values_go_by_position_to_what_is_declared(text: str, features: dict[str, Any]) -> None:
    assert features_of_csv(text, HOUSE) == features
    assert features_of({"payload": text}, HOUSE) == features
    check(HOUSE, features)


@pytest.mark.parametrize(
    ("text", "features"),
    [
        ("Ulm,1,2,3", {"city": "Ulm", "pixels": [1, 2, 3]}),
        ('"Ulm, Donau",1,2,3,TRUE', {"city": "Ulm, Donau", "pixels": [1, 2, 3], "new": True}),
        ('Ulm,1,2,3,0,"say ""so"""', {"city": "Ulm", "pixels": [1, 2, 3], "new": False, "note": 'say "so"'}),
        ("Ulm,1,2,3,,why", {"city": "Ulm", "pixels": [1, 2, 3], "note": "why"}),
        ('Ulm,1,2,3,,"a\nb"', {"city": "Ulm", "pixels": [1, 2, 3], "note": "a\nb"}),
    ],
)
def test_lists_take_their_length_and_empty_optional_ones_are_left_out(text: str, features: dict[str, Any]) -> None:
    assert features_of_csv(text, MIXED) == features
    check(MIXED, features)


@pytest.mark.parametrize(("text", "series"), [("a,7", []), ("a,1,7", [1]), ("a,1,2,3,7", [1, 2, 3])])
def test_a_list_of_any_length_leaves_the_features_behind_it_their_values(text: str, series: list[int]) -> None:
    assert features_of_csv(text, OPEN) == {"id": "a", "series": series, "last": 7}


@pytest.mark.parametrize(
    ("values", "features"),
    [
        ([14.05, 0, 18.1], {"crime": 14.05, "river": 0, "rooms": 18.1}),
        ([1, None, "3"], {"crime": 1, "river": None, "rooms": 3}),
    ],
)
def test_a_json_list_goes_by_position_too(values: list[Any], features: dict[str, Any]) -> None:
    assert features_of(values, HOUSE) == features
    assert features_of({"payload": values}, HOUSE) == features


def test_a_list_within_a_json_list_is_one_features_own() -> None:
    assert features_of(["Ulm", [1, 2, 3], True], MIXED) == {"city": "Ulm", "pixels": [1, 2, 3], "new": True}
    assert features_of([[1, 2, 3]], {"pixels": {"type": "number", "length": 3}}) == {"pixels": [1, 2, 3]}
    assert features_of([1, 2, 3], {"pixels": {"type": "number", "length": 3}}) == {"pixels": [1, 2, 3]}


def test_an_object_within_payload_is_the_request() -> None:
    assert features_of({"payload": {"crime": 1}}, HOUSE) == {"crime": 1}
    assert features_of({"payload": {"crime": 1}}, {}) == {"crime": 1}


def test_a_number_alone_is_a_record_of_one() -> None:
    assert features_of({"payload": 5}, {"a": {"type": "integer"}}) == {"a": 5}
    assert features_of({"payload": 5}, {}) == [5]


@pytest.mark.parametrize("request_", [{"payload": "1,2", "more": 1}, {"load": "1,2"}, "1,2", None, True, 5, {}])
def test_what_is_no_payload_stays_as_it_is(request_: Any) -> None:
    assert features_of(request_, {}) == request_


def test_a_declared_payload_is_a_feature() -> None:
    declared: Declared = {"payload": {"type": "string"}}
    assert features_of({"payload": "1,2"}, declared) == {"payload": "1,2"}


@pytest.mark.parametrize(
    ("payload", "features"),
    [
        ("14.05,0,-1e2", [14.05, 0, -100.0]),
        ("a text, of two parts", {"payload": "a text, of two parts"}),
        ("", {"payload": ""}),
        ('an "open quote', {"payload": 'an "open quote'}),
        ("1,nan", {"payload": "1,nan"}),
        ("1_000", {"payload": "1_000"}),
        ("١٢", {"payload": "١٢"}),
        (None, {"payload": None}),
        ([1, 2.5], [1, 2.5]),
    ],
)
def test_without_declared_features_text_is_numbers_or_itself(payload: Any, features: Any) -> None:
    assert features_of({"payload": payload}, {}) == features
    check({}, features)


@pytest.mark.parametrize(
    ("text", "declared", "kind", "message"),
    [
        ("", HOUSE, "MalformedCsv", "expected one record of CSV; got nothing"),
        ("\n \n", {}, "InvalidRequest", "expected numbers, separated by commas"),
        ("1,2,3\n4,5,6\n", HOUSE, "MalformedCsv", "got 2 records; send each as a request, without a header"),
        ("crime,river,rooms\n4,5,6", HOUSE, "MalformedCsv", "got 2 records"),
        ('"1,2,3', HOUSE, "MalformedCsv", "this is no CSV: unexpected end of data"),
        ("1,2", HOUSE, "InvalidFeatures", "expected 3 values in the order of the declared features; got 2"),
        ("1,2,3,4", HOUSE, "InvalidFeatures", "expected 3 values in the order of the declared features; got 4"),
        ("Ulm,1,2", MIXED, "InvalidFeatures", "expected 4 to 6 values in the order of the declared features; got 3"),
        ("a", OPEN, "InvalidFeatures", "expected at least 2 values in the order of the declared features; got 1"),
        ("1,two", {}, "InvalidRequest", "expected numbers, separated by commas"),
        ("1,,2", {}, "InvalidRequest", "expected numbers, separated by commas"),
        ("1,inf", {}, "InvalidRequest", "expected numbers, separated by commas"),
    ],
)
def test_a_record_that_is_none_is_refused(text: str, declared: Declared, kind: str, message: str) -> None:
    refused = refusal(features_of_csv, text, declared)
    assert refused.kind == kind
    assert message in refused.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("secret,0,1", "crime must be a number; got a string"),
        ("1,0.5,1", "river must be an integer; got a number"),
        ("1,,1", "river must be an integer; got null"),
        ("1,nan,1", "river must be an integer; got a string"),
    ],
)
def test_a_value_that_is_not_what_is_declared_is_left_to_the_check(text: str, message: str) -> None:
    refused = refusal(check, HOUSE, features_of_csv(text, HOUSE))
    assert refused.message == message
    assert "secret" not in refused.message


def test_a_declared_model_refuses_a_payload_that_it_cannot_read() -> None:
    assert refusal(features_of, {"payload": "some text"}, HOUSE).kind == "InvalidFeatures"
    assert refusal(check, HOUSE, features_of({"payload": None}, HOUSE)).message == "expected a JSON object; got null"


FINITE = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**60), 2**60)
VALUES = {"number": FINITE, "integer": st.integers(-(2**60), 2**60), "boolean": st.booleans(), "string": st.text()}


@st.composite
def declared_and_features(draw: st.DrawFn) -> tuple[Declared, dict[str, Any]]:
    """Declared features, all of a fixed width, and values that they take."""
    declared: Declared = {}
    features: dict[str, Any] = {}
    for number in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(sorted(VALUES)))
        length = draw(st.none() | st.integers(1, 4))
        declared[f"f{number}"] = {"type": kind, "length": length}
        values = VALUES[kind]
        features[f"f{number}"] = draw(values if length is None else st.lists(values, min_size=length, max_size=length))
    return declared, features


def flat(features: dict[str, Any]) -> list[Any]:
    return [item for value in features.values() for item in (value if isinstance(value, list) else [value])]


@given(declared_and_features())
def test_what_is_written_by_position_is_read_by_name(given_: tuple[Declared, dict[str, Any]]) -> None:
    declared, features = given_
    assert by_position(flat(features), declared) == features
    check(declared, features)


# Blanks in front of a value do not count, and SQS takes no control characters.
PLAIN = st.text(st.characters(exclude_categories=("Cc", "Cs"))).filter(lambda text: text == text.lstrip(" \ufeff"))


@given(declared_and_features().filter(lambda pair: all(f["type"] != "string" for f in pair[0].values())))
def test_csv_carries_numbers_and_truth_values_by_position(given_: tuple[Declared, dict[str, Any]]) -> None:
    declared, features = given_
    row = io.StringIO()
    csv.writer(row).writerow(flat(features))
    found = features_of_csv(row.getvalue(), declared)
    assert found == features
    check(declared, found)


@given(st.lists(PLAIN, min_size=1, max_size=5))
def test_csv_carries_text(texts: list[str]) -> None:
    declared: Declared = {f"t{number}": {"type": "string"} for number in range(len(texts))}
    row = io.StringIO()
    csv.writer(row).writerow(texts)
    assert list(features_of_csv(row.getvalue(), declared).values()) == texts


@given(
    st.text() | st.lists(st.none() | st.booleans() | FINITE | st.text() | st.lists(FINITE)),
    st.sampled_from([HOUSE, MIXED, OPEN, {}]),
)
def test_whatever_comes_is_features_or_refused(payload: Any, declared: Declared) -> None:
    try:
        features = features_of({"payload": payload}, declared)
    except Rejected:
        features = {}
        assert declared
    assert isinstance(features, dict if declared else dict | list)


@pytest.mark.parametrize("digits", [20, 400, 5000])
def test_a_whole_number_that_no_integer_holds_is_what_json_makes_of_it(digits: int) -> None:
    text = "9" * digits
    if digits == 20:
        assert features_of_csv(text, {"a": {"type": "number"}}) == {"a": float(text)}
    with pytest.raises(Rejected):
        check({"a": {"type": "integer"}}, features_of_csv(text, {"a": {"type": "integer"}}))
