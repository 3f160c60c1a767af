from __future__ import annotations

import datetime
import decimal
import json
import uuid
from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inferwatch.sdk.encode import encoded

Point = namedtuple("Point", "x y")


@dataclass
class Box:
    width: float
    tag: Any


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError("no")

    def tolist(self) -> Any:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), None),
        ([float("inf"), -float("inf")], [None, None]),
        (np.float64(0.5), 0.5),
        (np.float64("nan"), None),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.array([[1, 2], [3, 4]]).T, [[1, 3], [2, 4]]),
        (np.array(["a", "b"]), ["a", "b"]),
        (np.array(3.5), 3.5),
        (np.array([1.0, np.nan]), [1.0, None]),
        (np.longdouble(1.5), 1.5),
        (np.array([1, None, "x"], dtype=object), [1, None, "x"]),
        (b"text", "text"),
        (b"\xff\xfe", "//4="),
        (bytearray(b"a"), "a"),
        (memoryview(b"a"), "a"),
        (datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC), "2026-01-02T03:04:05+00:00"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (datetime.timedelta(seconds=1), "datetime.timedelta(seconds=1)"),
        (decimal.Decimal("1.25"), 1.25),
        (decimal.Decimal("NaN"), None),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Point(1, 2), [1, 2]),
        ({3}, [3]),
        (frozenset(), []),
        (OrderedDict(a=1), {"a": 1}),
        ({1: "a", None: "b", (1, 2): "c"}, {"1": "a", "None": "b", "(1, 2)": "c"}),
        (2**70, str(2**70)),
        (-(2**70), str(-(2**70))),
        ([2**64 - 1, -(2**63)], [2**64 - 1, -(2**63)]),
        ("\ud800", "?"),
        ({"\ud800": 1}, {"?": 1}),
        ("line\nbreak\r\u2028", "line\nbreak\r\u2028"),
        (Box(1.5, None), {"width": 1.5, "tag": None}),
        (Box(1.5, b"x"), {"width": 1.5, "tag": "x"}),
        (Box(1.5, 2**70), {"width": 1.5, "tag": str(2**70)}),
        ([1, Hostile(), 2], [1, "<Hostile>", 2]),
        ({"a": Hostile(), "b": 1}, {"a": "<Hostile>", "b": 1}),
    ],
)
def test_becomes_json(value: Any, expected: Any) -> None:
    line = encoded(value)
    assert b"\n" not in line
    assert json.loads(line) == expected


def test_a_number_too_long_to_print_is_named() -> None:
    assert json.loads(encoded([10**5000])) == ["<int>"]


def test_a_struct_has_its_fields_and_a_stranger_its_repr() -> None:
    class Claim(msgspec.Struct):
        pages: int

    assert json.loads(encoded(Claim(3))) == {"pages": 3}
    assert json.loads(encoded(Path("a/b"))) == "PosixPath('a/b')"


def test_circles_are_cut_where_they_close() -> None:
    circle: dict[str, Any] = {"name": "a"}
    circle["self"] = circle
    circle["list"] = [1, circle]
    assert json.loads(encoded(circle)) == {"name": "a", "self": "<circular>", "list": [1, "<circular>"]}


def test_a_mesh_of_objects_that_all_know_each_other_ends_soon() -> None:
    mesh: list[Any] = [[] for _ in range(30)]
    for node in mesh:
        node.extend(mesh)
    assert b"<too large>" in encoded(mesh)


def test_a_deep_value_is_cut() -> None:
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    assert b"<too large>" in encoded(deep)


def test_the_users_objects_are_left_as_they_are() -> None:
    value = {"a": [b"x", {1: 2}], "n": float("nan")}
    encoded(value)
    assert list(value) == ["a", "n"]
    assert value["a"] == [b"x", {1: 2}]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.decimals()
    | st.datetimes()
    | st.complex_numbers()
    | st.builds(Hostile)
    | st.just(object())
    | st.just(np.array([1 + 2j])),
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.integers() | st.text() | st.none(), inner)
    ),
    max_leaves=20,
)


@given(JSON)
def test_json_comes_back_as_it_went(value: Any) -> None:
    assert json.loads(encoded(value)) == value


@given(ANYTHING)
def test_anything_at_all_becomes_strict_json(value: Any) -> None:
    def refuse(name: str) -> Any:
        raise AssertionError(name)

    json.loads(encoded(value), parse_constant=refuse)
