"""Whether a request holds the features that the spec declares. A refusal says what was expected, never what came:
a bad value may be private."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

Declared = Mapping[str, Mapping[str, Any]]
PAYLOAD = "payload"
"""The member whose value is the request, where it is the only one and no feature."""

_PROBLEMS_NAMED = 5


class Rejected(Exception):
    """A request that is the client's mistake. kind: for programs; expected: the features, described."""

    def __init__(self, kind: str, message: str, expected: Any = None) -> None:
        self.kind = kind
        self.message = message
        self.expected = expected
        super().__init__(message)


def is_wrapped(request: Any, declared: Declared) -> bool:
    """Whether `request` is an object with nothing but a `payload`, which is no feature."""
    return isinstance(request, dict) and len(request) == 1 and PAYLOAD in request and PAYLOAD not in declared


def check(declared: Declared, features: Any) -> None:
    """Raise Rejected unless `features` is an object that holds what is declared. Unknown features may be there.

    Where nothing is declared, a list of numbers will do too.
    """
    if not isinstance(features, dict):
        if not declared and isinstance(features, list) and features and all(_is_of_type("number", n) for n in features):
            return
        raise Rejected("InvalidRequest", f"expected a JSON object; got {_kind_of(features)}", expected(declared))
    problems = [p for name, feature in declared.items() if (p := _problem(name, feature, features)) is not None]
    if problems:
        more = len(problems) - _PROBLEMS_NAMED
        named = "; ".join(problems[:_PROBLEMS_NAMED]) + (f"; and {more} more" if more > 0 else "")
        raise Rejected("InvalidFeatures", named, expected(declared))


def expected(declared: Declared) -> dict[str, str] | str:
    """What a request must be, in words: one description for each declared feature."""
    return {name: describe(feature) for name, feature in declared.items()} or "a JSON object"


def describe(feature: Mapping[str, Any]) -> str:
    """One feature in words: `a list of 64 numbers from 0 to 16`, `a string out of 'a', 'b' (optional)`."""
    kind, length = feature["type"], feature.get("length")
    if length is None:
        text = f"a{'n' if kind == 'integer' else ''} {kind}"
    else:
        text = f"a list of {f'{length} ' if length >= 0 else ''}{kind}s"
    return text + _limits(feature) + (" (optional)" if feature.get("optional") else "")


def _limits(feature: Mapping[str, Any]) -> str:
    low, high, values = feature.get("min"), feature.get("max"), feature.get("values")
    text = ""
    if low is not None and high is not None:
        text = f" from {low:g} to {high:g}"
    elif low is not None:
        text = f" of at least {low:g}"
    elif high is not None:
        text = f" of at most {high:g}"
    return text if values is None else f"{text} out of {', '.join(map(_shown, values))}"


def _shown(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else repr(value)


def _problem(name: str, feature: Mapping[str, Any], features: Mapping[str, Any]) -> str | None:
    value = features.get(name)
    length = feature.get("length")
    if value is None:
        if feature.get("optional"):
            return None
        if name not in features:
            return f"{name} is missing; expected {describe(feature)}"
    if length is None:
        return None if _fits(feature, value) else f"{name} must be {describe(feature)}; got {_got(feature, value)}"
    if not isinstance(value, list) or (length >= 0 and len(value) != length):
        return f"{name} must be {describe(feature)}; got {_kind_of(value)}"
    for index, item in enumerate(value):
        if not _fits(feature, item):
            return f"{name}[{index}] must be {describe({**feature, 'length': None})}; got {_got(feature, item)}"
    return None


def _fits(feature: Mapping[str, Any], value: Any) -> bool:
    low, high, values = feature.get("min"), feature.get("max"), feature.get("values")
    return (
        _is_of_type(feature["type"], value)
        and (low is None or value >= low)
        and (high is None or value <= high)
        and (values is None or value in values)
    )


def _is_of_type(kind: str, value: Any) -> bool:
    """Asked of every number of every request: the likeliest first."""
    if isinstance(value, float):
        return kind == "number" and math.isfinite(value)
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, int):
        return kind in ("number", "integer")
    return kind == "string" and isinstance(value, str)


def _got(feature: Mapping[str, Any], value: Any) -> str:
    """What came in place of what was wanted, without the value itself."""
    if not _is_of_type(feature["type"], value):
        return _kind_of(value)
    return "one out of range" if feature.get("values") is None else "another one"


def _kind_of(value: Any) -> str:
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, float) and not math.isfinite(value):
        return "a number that is not finite"
    kinds = {dict: "an object", str: "a string", bool: "a boolean", int: "an integer", float: "a number"}
    return kinds.get(type(value), "null")
