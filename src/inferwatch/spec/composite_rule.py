"""The rule of a composite alarm: CloudWatch's expressions over the states of other alarms.

`ALARM(name)`, `OK(name)`, `INSUFFICIENT_DATA(name)`, `TRUE`, `FALSE`, `NOT`, `AND`, `OR`, parentheses, and
`AT_LEAST(2, ALARM, (a, b, c))` or `AT_LEAST(50%, NOT OK, (a, b))`. Names with a space, a bracket or a comma stand in
quotation marks, and `\\"` is a quotation mark in them. AWS states no precedence; here NOT binds before AND, and AND
before OR. `render` writes every bracket, so that CloudWatch reads what was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Literal, TypeAlias

import msgspec

from inferwatch.errors import MissingExtraError

StateName = Literal["ALARM", "OK", "INSUFFICIENT_DATA"]

LENGTH_MAX = 10_240
CHILDREN_MAX = 100
ELEMENTS_MAX = 500
# AWS names no limit to nesting; this one keeps rules readable, and evaluation within Python's stack.
DEPTH_MAX = 50


class State(msgspec.Struct, frozen=True):
    """True while `alarm` is in `state`."""

    state: StateName
    alarm: str


class Constant(msgspec.Struct, frozen=True):
    """TRUE or FALSE."""

    value: bool


class Not(msgspec.Struct, frozen=True):
    """True while `rule` is not."""

    rule: Rule


class And(msgspec.Struct, frozen=True):
    """True while all of `rules` are; two at least."""

    rules: tuple[Rule, ...]


class Or(msgspec.Struct, frozen=True):
    """True while one of `rules` is; two at least."""

    rules: tuple[Rule, ...]


class AtLeast(msgspec.Struct, frozen=True, kw_only=True):
    """True while `least` of `alarms`, or `least` percent of them, are in `state`; with `negated`, are not in it."""

    least: int
    percent: bool = False
    negated: bool = False
    state: StateName
    alarms: tuple[str, ...]


Rule: TypeAlias = State | Constant | Not | And | Or | AtLeast


class RuleError(ValueError):
    """A rule that cannot be read. position: of the offending character, from 0; problem: what is wrong there."""

    def __init__(self, position: int, problem: str) -> None:
        self.position = position
        self.problem = problem
        super().__init__(f"at character {position + 1}: {problem}")


def parse(text: str) -> Rule:
    """The rule that `text` writes. Raises RuleError, and MissingExtraError where lark is not installed."""
    try:
        from inferwatch.spec import composite_grammar
    except ModuleNotFoundError as error:
        if error.name != "lark":
            raise
        raise MissingExtraError("local", "the rule of a composite alarm") from None
    rule = composite_grammar.parse(text)
    if _depth(rule) > DEPTH_MAX:
        raise RuleError(0, f"is nested more than {DEPTH_MAX} levels deep")
    return rule


def render(rule: Rule, name: Callable[[str], str]) -> str:
    """`rule` in CloudWatch's words, with every bracket. name: what CloudWatch calls an alarm of the spec."""
    match rule:
        case State():
            return f"{rule.state}({_quoted(name(rule.alarm))})"
        case Constant():
            return str(rule.value).upper()
        case Not():
            return f"(NOT {render(rule.rule, name)})"
        case And():
            return f"({' AND '.join(render(each, name) for each in rule.rules)})"
        case Or():
            return f"({' OR '.join(render(each, name) for each in rule.rules)})"
        case AtLeast():
            least = f"{rule.least}%" if rule.percent else f"{rule.least}"
            listed = ", ".join(_quoted(name(alarm)) for alarm in rule.alarms)
            return f"AT_LEAST({least}, {'NOT ' if rule.negated else ''}{rule.state}, ({listed}))"


def alarms(rule: Rule) -> tuple[str, ...]:
    """The alarms that `rule` names, each once, in the rule's order."""
    return tuple(dict.fromkeys(name for part in parts(rule) for name in _named(part)))


def children_first(rules: Mapping[str, Rule]) -> tuple[str, ...]:
    """The composite alarms of `rules`, by name, each after those that its rule names; always in the same order.

    Raises graphlib.CycleError, whose second argument is the cycle.
    """
    order = TopologicalSorter(
        {name: [child for child in alarms(rule) if child in rules] for name, rule in rules.items()}
    )
    return tuple(order.static_order())


def elements(rule: Rule) -> int:
    """As CloudWatch counts them in what `render` writes: alarms, TRUE and FALSE, and brackets that group."""
    return sum(2 if isinstance(part, Not | And | Or) else len(_named(part)) or 1 for part in parts(rule))


def parts(rule: Rule) -> Iterator[Rule]:
    """`rule` and every rule within it, in the rule's order."""
    waiting = [rule]
    while waiting:
        part = waiting.pop()
        yield part
        waiting.extend(reversed(_below(part)))


def _below(rule: Rule) -> tuple[Rule, ...]:
    match rule:
        case Not():
            return (rule.rule,)
        case And() | Or():
            return rule.rules
    return ()


def _named(rule: Rule) -> tuple[str, ...]:
    match rule:
        case State():
            return (rule.alarm,)
        case AtLeast():
            return rule.alarms
    return ()


def _depth(rule: Rule) -> int:
    level, deep = [rule], 0
    while level:
        level, deep = [below for each in level for below in _below(each)], deep + 1
    return deep


def _quoted(name: str) -> str:
    escaped = name.replace('"', '\\"')
    return f'"{escaped}"'
