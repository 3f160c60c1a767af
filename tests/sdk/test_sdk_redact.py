from __future__ import annotations

import json
from typing import Any

import pytest

from inferwatch.sdk.redact import by_member, redacted


@pytest.mark.parametrize(
    ("value", "path", "expected"),
    [
        ({"ip": "1.2.3.4", "n": 1}, "m.ip", {"ip": None, "n": 1}),
        ({"a": {"b": {"c": 1, "d": 2}}}, "m.a.b.c", {"a": {"b": {"c": None, "d": 2}}}),
        ([{"ip": 1}, {"ip": 2}, {"n": 3}], "m.ip", [{"ip": None}, {"ip": None}, {"n": 3}]),
        ({"rows": [{"a": [{"b": 1}]}]}, "m.rows.a.b", {"rows": [{"a": [{"b": None}]}]}),
        ({"n": 1}, "m.ip", {"n": 1}),
        ({"a": 5}, "m.a.b", {"a": 5}),
        ({"a": "name=Ann"}, "m.a.name", {"a": None}),
        ("name=Ann&broken", "m.name", None),
        ({"a": {"b": 1}}, "m.a", {"a": None}),
        ({"a": 1}, "m", None),
        (None, "m.a", None),
    ],
)
def test_hides_what_the_path_names(value: Any, path: str, expected: Any) -> None:
    assert json.loads(redacted(json.dumps(value).encode(), by_member([path])["m"])) == expected


def test_paths_are_gathered_by_member() -> None:
    assert by_member(["request.a.b", "error.message", "request.c"]) == {
        "request": (("a", "b"), ("c",)),
        "error": (("message",),),
    }
