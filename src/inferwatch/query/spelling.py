"""How a field is written: `response.label`, `request.items[0].price`, `request."unit price"`."""

from __future__ import annotations

import re
from typing import Final

from inferwatch.query.fields import PROPERTIES
from inferwatch.query.predicate import Field
from inferwatch.query.question import BUCKETS

PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
KEYWORDS: Final = ("AND", "OR", "NOT", "IN", "BETWEEN", "LIKE", "ILIKE", "ESCAPE", "IS", "NULL", "TRUE", "FALSE")
"""What a name without quotation marks cannot be."""

_OTHER_COLUMNS: Final = frozenset({"count", *BUCKETS})
"""What columns of answers are called that are no fields."""


def spelled(field: Field) -> str:
    """The field as a predicate writes it; it names columns of answers too."""
    own = field.root == PROPERTIES or (len(field.path) == 1 and field.root in _OTHER_COLUMNS)
    path = (PROPERTIES, *field.path) if own else field.path
    steps = [f"[{step}]" if isinstance(step, int) else f".{_quoted(step)}" for step in path]
    return "".join(steps)[1:]


def _quoted(name: str) -> str:
    if PLAIN.fullmatch(name) and name.upper() not in KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'
