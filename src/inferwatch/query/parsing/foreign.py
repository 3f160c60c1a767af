"""What is no word of a predicate, though it is one elsewhere: what to write in its place."""

from __future__ import annotations

import unicodedata
from typing import Final

SELECT: Final = "a predicate is a condition only; `inferwatch sql` takes any SELECT"

_ARITHMETIC = ("+", "-", "*", "/", "%", "&", "|", "^")
_INSTEAD: Final = {
    ";": "a predicate is one condition, without a semicolon; join several with AND or OR",
    "&&": "write AND",
    "||": "write OR; texts are not joined",
    "`": 'a name that needs marks stands in quotation marks, as in "unit price"',
    "<=>": "write =, or IS NULL",
    **dict.fromkeys(("?", "??", "@"), "a predicate has no parameters; write the value itself"),
    **dict.fromkeys(("->", "->>", "#>", "#>>"), "a member of a field comes after a dot, as in response.label"),
    **dict.fromkeys((":", "::"), "a predicate has no parameters and no casts; write the value itself"),
    **dict.fromkeys(("!", "~", "~~", "~*", "~~*", "~~~"), "write NOT, !=, LIKE or ILIKE"),
    **dict.fromkeys("[]{}", "a list of values stands in parentheses: status IN ('failed', 'timeout')"),
}


def call(name: str) -> str:
    if name.lower() in ("exists", "select", "any", "all", "some"):
        return "a predicate holds no query of its own; `inferwatch sql` takes any SELECT"
    return (
        f"{name}() cannot be called here: a predicate compares fields with values; "
        "aggregates stand beside it, and `inferwatch sql` takes any SELECT"
    )


def instead(sign: str, after: str) -> str:
    """Why a piece is no word of a predicate."""
    if sign in _INSTEAD:
        return _INSTEAD[sign]
    if sign == "." and after[:1].isdecimal():
        return f"a number begins with a digit: 0.{after}"
    if sign in _ARITHMETIC:
        return "a predicate does not compute; write the value itself, or use `inferwatch sql`"
    if sign.startswith("$"):
        return _INSTEAD["?"]
    if _is_curly(sign[0]):
        text = "".join(character for character in sign if not _is_curly(character))
        return f"a text stands in the single quotes of a keyboard: '{text}'"
    return f"{sign!r} has no meaning in a predicate"


def _is_curly(character: str) -> bool:
    """Whether it is a quotation mark of printed text, as word processors write them."""
    return unicodedata.category(character) in ("Pi", "Pf") or character in "\u201a\u201e\u00b4"
