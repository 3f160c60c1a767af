"""What a request must hold: the declared type of each feature.

Short form `pixels = "number[64]"`, long form `rooms = {type = "integer", min = 0, max = 20}`.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

Kind = Literal["number", "integer", "string", "boolean"]
_SHORT = re.compile(r"(number|integer|string|boolean)(\[(\d*)\])?(\?)?")
SHORT_FORMS = "number, integer, string or boolean; with [n] or [] for a list, with ? where it may be missing"


class FeatureSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One feature. length: None for a single value, -1 for a list of any length, n for a list of n."""

    type: Kind
    length: int | None = None
    optional: bool = False
    min: float | None = None
    max: float | None = None
    values: tuple[str | float, ...] | None = None


def short_form(text: str) -> dict[str, object] | None:
    """The long form of `number[64]?`, or None if `text` is no short form."""
    match = _SHORT.fullmatch(text)
    if not match:
        return None
    kind, brackets, length, optional = match.groups()
    long: dict[str, object] = {"type": kind, "optional": bool(optional)}
    if brackets:
        long["length"] = int(length) if length else -1
    return long
