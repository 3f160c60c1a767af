"""A model of CloudWatch Logs' filter patterns over JSON events, since nothing offline applies one.

The grammar is the documentation's (FilterAndPatternSyntax); what it leaves open is as AWS's TestMetricFilter was seen
to answer: an asterisk is a wildcard at an end of a term only, a comparison by size takes bare numbers only and
matches numbers only, and a selector that finds nothing matches nothing, `!=` included.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from lark import Lark, Transformer, UnexpectedInput, v_args

_GRAMMAR = r"""
    ?start: "{" either "}"
    ?either: both ("||" both)*
    ?both: single ("&&" single)*
    ?single: "(" either ")"
        | SELECTOR EQUALITY term -> equal
        | SELECTOR SIZE NUMBER -> sized
        | SELECTOR "NOT" "EXISTS" -> absent
        | SELECTOR "IS" CONSTANT -> constant
    ?term: QUOTED -> quoted
        | NUMBER -> number
        | BARE -> bare

    SELECTOR: /\$(\.[A-Za-z0-9_-]+(\[\d+\])?)+/
    EQUALITY: "=" | "!="
    SIZE: ">=" | "<=" | ">" | "<"
    CONSTANT: "NULL" | "TRUE" | "FALSE"
    NUMBER.2: /[+-]?\d+(\.\d+)?([eE][+-]?\d+)?(?![\w.*])/
    QUOTED: /"([^"\\]|\\.)+"/
    BARE: /[A-Za-z0-9_.*-]+/
    %ignore /\s+/
"""
_NOTHING = object()
Matches = Callable[[Any], bool]


class BadPattern(Exception):
    """What CloudWatch refuses."""


def compiled(pattern: str) -> Matches:
    """Whether an event, as JSON decodes it, matches. Raises BadPattern."""
    try:
        return _Matching().transform(_PARSER.parse(pattern))
    except UnexpectedInput as error:
        raise BadPattern(f"{pattern}: {error}") from None


def matches(pattern: str, line: str) -> bool:
    """Whether a log event matches. What is no JSON object matches nothing."""
    try:
        event = json.loads(line)
    except ValueError:
        return False
    return compiled(pattern)(event)


def selected(selector: str, event: Any) -> Any:
    """What a selector finds in an event; None where nothing."""
    found = _found(selector, event)
    return None if found is _NOTHING else found


@v_args(inline=True)
class _Matching(Transformer):
    def either(self, *parts: Matches) -> Matches:
        return lambda event: any(part(event) for part in parts)

    def both(self, *parts: Matches) -> Matches:
        return lambda event: all(part(event) for part in parts)

    def quoted(self, term: str) -> Any:
        return _worded(json.loads(term))

    def bare(self, term: str) -> Any:
        return _worded(str(term))

    def number(self, term: str) -> Any:
        return lambda value: value == float(term) if _is_number(value) else _text(value) == term

    def equal(self, selector: str, operator: str, term: Any) -> Matches:
        def check(event: Any) -> bool:
            value = _found(selector, event)
            return _is_plain(value) and term(value) is (operator == "=")

        return check

    def sized(self, selector: str, operator: str, bound: str) -> Matches:
        compare = {"<": float.__lt__, "<=": float.__le__, ">": float.__gt__, ">=": float.__ge__}[operator]

        def check(event: Any) -> bool:
            value = _found(selector, event)
            return _is_number(value) and compare(float(value), float(bound))

        return check

    def absent(self, selector: str) -> Matches:
        return lambda event: _found(selector, event) is _NOTHING

    def constant(self, selector: str, name: str) -> Matches:
        expected = {"NULL": None, "TRUE": True, "FALSE": False}[name]
        return lambda event: _found(selector, event) is expected


def _worded(term: str) -> Callable[[Any], bool]:
    before, after = (".*" if end == "*" else "" for end in (term[:1], term[1:][-1:]))
    pattern = before + re.escape(term.removeprefix("*").removesuffix("*")) + after
    return lambda value: re.fullmatch(pattern, _text(value), re.DOTALL) is not None


def _found(selector: str, event: Any) -> Any:
    for name, index in re.findall(r"\.([A-Za-z0-9_-]+)(?:\[(\d+)\])?", selector):
        if not isinstance(event, dict) or name not in event:
            return _NOTHING
        event = event[name]
        if index:
            if not isinstance(event, list) or int(index) >= len(event):
                return _NOTHING
            event = event[int(index)]
    return event


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) or _is_number(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


_PARSER = Lark(_GRAMMAR, parser="lalr")
