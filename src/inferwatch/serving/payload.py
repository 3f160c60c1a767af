"""Requests that do not name their features: one record of CSV, a list of values, and either as a `payload`.

Values go by their position to the declared features; where none is declared, they are a list of numbers. What the
values may be is `features.check`'s to say. A refusal never says what came: a bad value may be private.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from typing import Any

from inferwatch.serving.features import PAYLOAD, Declared, Rejected, expected, is_wrapped

_TRUTH = {"true": True, "1": True, "false": False, "0": False}


def features_of(request: Any, declared: Declared) -> Any:
    """The features of a JSON request. A request of another form is given back as it is. Raises Rejected."""
    wrapped = is_wrapped(request, declared)
    value = request[PAYLOAD] if wrapped else request
    if isinstance(value, list):
        return by_position(value, declared) if declared else value
    if not wrapped or isinstance(value, dict):
        return value
    if isinstance(value, str):
        return _features_of_text(value, request, declared)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return by_position([value], declared) if declared else [value]
    return value if declared else request


def features_of_csv(text: str, declared: Declared) -> Any:
    """The features of a body that is one record of CSV. Raises Rejected."""
    fields = record_of(text, declared)
    if declared:
        return by_position(fields, declared)
    numbers = [_number(field) for field in fields]
    if any(isinstance(number, str) for number in numbers):
        raise Rejected("InvalidRequest", "expected numbers, separated by commas", expected(declared))
    return numbers


def record_of(text: str, declared: Declared) -> list[str]:
    """The fields of the one record in `text`, as RFC 4180 has it; blanks behind a comma and empty lines do not count.

    Raises Rejected where there is no record, more than one, or text that is no CSV.
    """
    try:
        lines = io.StringIO(text.removeprefix("\ufeff"), newline="")
        rows = [row for row in csv.reader(lines, skipinitialspace=True, strict=True) if row]
    except csv.Error as error:
        raise Rejected("MalformedCsv", f"this is no CSV: {error}", expected(declared)) from error
    if len(rows) != 1:
        came = f"{len(rows)} records; send each as a request, without a header" if rows else "nothing"
        raise Rejected("MalformedCsv", f"expected one record of CSV; got {came}", expected(declared))
    return rows[0]


def by_position(values: list[Any], declared: Declared) -> dict[str, Any]:
    """The declared features with their values: one each, and to a list as many as its length.

    A list of any length takes what the features behind it leave. Where lists stand as lists among the values, each
    feature has one. Text becomes a number or a truth value where one is declared and it is one. An optional feature
    without a value is left out. Raises Rejected for too many values, and for too few.
    """
    if any(isinstance(value, list) for value in values) or not any(map(_takes_list, declared.values())):
        return _one_each(values, declared)
    widths = {name: _width(feature) for name, feature in declared.items()}
    _count(values, declared, widths)
    spare = max(len(values) - sum(widths.values()), 0)
    features: dict[str, Any] = {}
    at = 0
    for name, feature in declared.items():
        if not _takes_list(feature):
            value = _converted(feature, values[at]) if at < len(values) else None
        else:
            if feature["length"] < 0:
                widths[name], spare = spare, 0
            value = [_converted(feature, item) for item in values[at : at + widths[name]]]
        at += widths[name]
        if not (feature.get("optional") and _is_empty(value)):
            features[name] = value
    return features


def _one_each(values: list[Any], declared: Declared) -> dict[str, Any]:
    """The declared features with one of the values each, as most models have them. Raises Rejected."""
    if len(values) != len(declared):
        _count(values, declared, dict.fromkeys(declared, 1))
    features: dict[str, Any] = {}
    for (name, feature), given in zip(declared.items(), values, strict=False):  # the last features may be left out
        value = _converted(feature, given)
        if not (feature.get("optional") and _is_empty(value)):
            features[name] = value
    return features


def _features_of_text(text: str, request: Any, declared: Declared) -> Any:
    """Those of a `payload` that is text. Where nothing is declared, text that is no numbers is for a model of texts."""
    try:
        return features_of_csv(text, declared)
    except Rejected:
        if declared:
            raise
        return request


def _takes_list(feature: Mapping[str, Any]) -> bool:
    return feature.get("length") is not None


def _width(feature: Mapping[str, Any]) -> int:
    """How many values a feature takes at least."""
    return max(feature["length"], 0) if _takes_list(feature) else 1


def _is_empty(value: Any) -> bool:
    """Whether nothing came for a feature: null, an empty field, or only such."""
    return value is None or (isinstance(value, list) and all(item is None for item in value))


def _converted(feature: Mapping[str, Any], value: Any) -> Any:
    """The text of a field as what is declared, if it is that; None for none. What is no text came so, and stays."""
    if not isinstance(value, str):
        return value
    kind = feature["type"]
    if kind == "string":
        return None if not value and feature.get("optional") else value
    text = value.strip()
    if not text:
        return None
    return _TRUTH.get(text.lower(), value) if kind == "boolean" else _number(text)


def _number(text: str) -> int | float | str:
    """The number that the text says, or the text. Python's own readers take more: 1_000, digits of other scripts."""
    if not text.isascii() or "_" in text:
        return text
    if "." not in text:  # an exception takes longer than the rest
        try:
            whole = int(text)
            if -(2**63) <= whole < 2**64:
                return whole
        except ValueError:
            pass
    try:
        number = float(text)  # so is a whole number of more than 64 bits in JSON, too
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def _count(values: list[Any], declared: Declared, widths: Mapping[str, int]) -> None:
    """Raise Rejected where there are too many values, or too few: only the last features may be left out."""
    least = most = 0
    for name, feature in declared.items():
        most += widths[name]
        if not feature.get("optional"):
            least = most
    endless = any(width == 0 for width in widths.values())
    if len(values) < least or (len(values) > most and not endless):
        wanted = f"at least {least}" if endless else f"{least}" if least == most else f"{least} to {most}"
        message = f"expected {wanted} values in the order of the declared features; got {len(values)}"
        raise Rejected("InvalidFeatures", message, expected(declared))
