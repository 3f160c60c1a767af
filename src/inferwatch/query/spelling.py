"""How a field is written: `response.label`, `request.items[0].price`, `request."unit price"`."""

from __future__ import annotations

import re
from typing import Final

from inferwatch.query.fields import PROPERTIES
from inferwatch.query.predicate import Field

PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
KEYWORDS: Final = ("AND", "OR", "NOT", "IN", "BETWEEN", "LIKE", "ILIKE", "ESCAPE", "IS", "NULL", "TRUE", "FALSE")
"""What a name without quotation marks cannot be."""


def spelled(field: Field) -> str:
    """The field as a predicate writes it; it names columns of answers too."""
    path = (PROPERTIES, *field.path) if field.root == PROPERTIES else field.path
    steps = [f"[{step}]" if isinstance(step, int) else f".{_quoted(step)}" for step in path]
    return "".join(steps)[1:]


def _quoted(name: str) -> str:
    if PLAIN.fullmatch(name) and name.upper() not in KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'
