"""Two small languages of CloudWatch's, read apart from the code under test: composite rules and metric-filter patterns.

Both are atoms joined by AND and OR, with brackets; the rule also has NOT. Neither mixes AND and OR without brackets
here, since AWS states no precedence.
"""

from __future__ import annotations

import fnmatch
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

Test = Callable[[Any], bool]
Atom = Callable[[re.Match[str]], Test]

_STATES = "ALARM|OK|INSUFFICIENT_DATA"
_NAME = r'"(?:[^"\\]|\\.)+"'
_RULE_ATOM = re.compile(
    rf"(?P<state>{_STATES})\((?P<name>{_NAME})\)|(?P<constant>TRUE|FALSE)"
    rf"|AT_LEAST\((?P<least>\d+%?), (?P<negated>NOT )?(?P<of>{_STATES}), \((?P<names>{_NAME}(?:, {_NAME})*)\)\)"
)
_SELECTOR = r"\$(?:\.[A-Za-z_][A-Za-z0-9_]*)+"
_VALUE = r'"(?P<text>[^"]*)"|(?P<number>-?\d+(?:\.\d+)?)|(?P<any>\*)'
_FILTER_ATOM = re.compile(rf"(?P<selector>{_SELECTOR}) *(?P<sign><=|>=|!=|=|<|>) *(?:{_VALUE})")
_SIGNS = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge, "=": operator.eq, "!=": operator.ne}


def composite_rule(text: str) -> Callable[[Mapping[str, str]], bool]:
    """Of the states by alarm, whether the rule holds. Raises ValueError where it cannot be read."""
    return _Reader(text, _RULE_ATOM, _rule_atom, both=r"AND\b", either=r"OR\b", negation=r"NOT\b").read()


def rule_names(text: str) -> list[str]:
    """The alarms that a composite rule names."""
    return [_unquoted(name) for name in re.findall(_NAME, text)]


def filter_pattern(text: str) -> Callable[[Mapping[str, Any]], bool]:
    """Of a JSON event, whether the pattern takes it. Raises ValueError where the pattern cannot be read."""
    match = re.fullmatch(r"\{(.*)\}", text.strip(), re.DOTALL)
    if not match:
        raise ValueError(f"{text!r} is no pattern over JSON: it stands in braces")
    return _Reader(match[1], _FILTER_ATOM, _filter_atom, both="&&", either=r"\|\|", negation="(?!)").read()


def selected(selector: str, event: Any) -> Any:
    """What `$.a.b` selects, None where there is nothing."""
    if not re.fullmatch(_SELECTOR, selector):
        raise ValueError(f"{selector!r} is no selector")
    for name in selector.split(".")[1:]:
        event = event.get(name) if isinstance(event, Mapping) else None
    return event


class _Reader:
    """Reads one expression from left to right."""

    def __init__(
        self, text: str, pattern: re.Pattern[str], atom: Atom, *, both: str, either: str, negation: str
    ) -> None:
        self._text = text
        self._at = 0
        self._pattern = pattern
        self._atom = atom
        self._both, self._either, self._negation = both, either, negation

    def read(self) -> Test:
        test = self._expression()
        if self._text[self._at :].strip():
            raise ValueError(f"{self._text!r} cannot be read from character {self._at}")
        return test

    def _expression(self) -> Test:
        tests = [self._term()]
        for sign, every in ((self._both, all), (self._either, any)):
            while self._take(sign):
                tests.append(self._term())
            if len(tests) > 1:
                return lambda given: every(test(given) for test in tests)
        return tests[0]

    def _term(self) -> Test:
        if self._take(self._negation):
            negated = self._term()
            return lambda given: not negated(given)
        if self._take(r"\("):
            inner = self._expression()
            if not self._take(r"\)"):
                raise ValueError(f"{self._text!r} lacks a bracket at character {self._at}")
            return inner
        match = self._take(self._pattern.pattern)
        if not match:
            raise ValueError(f"{self._text!r} cannot be read from character {self._at}")
        return self._atom(match)

    def _take(self, pattern: str) -> re.Match[str] | None:
        match = re.compile(rf"\s*(?:{pattern})").match(self._text, self._at)
        if match:
            self._at = match.end()
        return match


def _rule_atom(match: re.Match[str]) -> Test:
    if match["constant"]:
        return lambda states: match["constant"] == "TRUE"
    if match["state"]:
        return lambda states: states[_unquoted(match["name"])] == match["state"]
    names = rule_names(match["names"])
    share = match["least"].endswith("%")
    least = int(match["least"].rstrip("%")) * (len(names) / 100 if share else 1)
    return lambda states: sum((states[name] == match["of"]) is not bool(match["negated"]) for name in names) >= least


def _filter_atom(match: re.Match[str]) -> Test:
    selector, sign = match["selector"], _SIGNS[match["sign"]]
    if match["any"]:
        return lambda event: (selected(selector, event) is not None) is (match["sign"] == "=")
    if match["number"]:
        return lambda event: (
            isinstance(selected(selector, event), int | float)
            and sign(selected(selector, event), float(match["number"]))
        )
    return lambda event: _like(selected(selector, event), match["text"]) is (match["sign"] == "=")


def _like(value: Any, pattern: str) -> bool:
    """Text with `*` for anything; numbers are compared as they are written."""
    return value is not None and fnmatch.fnmatchcase(str(value), pattern.replace("[", "[[]"))


def _unquoted(name: str) -> str:
    return name[1:-1].replace('\\"', '"')
