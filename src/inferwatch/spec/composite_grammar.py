"""The grammar of composite alarms' rules. A module of its own, since it loads lark, which only such a rule needs."""

from __future__ import annotations

from functools import cache
from typing import cast

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken, v_args

from inferwatch.spec.composite_rule import And, AtLeast, Constant, Not, Or, Rule, RuleError, State, StateName

_GRAMMAR = r"""
    ?start: either
    ?either: all (_OR all)*
    ?all: single (_AND single)*
    ?single: _NOT single -> negation
        | STATE "(" name ")" -> state
        | (TRUE | FALSE) -> constant
        | _AT_LEAST "(" least "," [NOT] STATE "," "(" names ")" ")" -> at_least
        | "(" either ")"
    least: NUMBER [PERCENT]
    names: name ("," name)*
    ?name: BARE -> bare
        | QUOTED -> quoted

    _OR: /OR\b/
    _AND: /AND\b/
    _NOT: /NOT\b/
    NOT: /NOT\b/
    _AT_LEAST: /AT_LEAST\b/
    TRUE: /TRUE\b/
    FALSE: /FALSE\b/
    STATE: /(ALARM|OK|INSUFFICIENT_DATA)\b/
    NUMBER: /[0-9]{1,9}/
    PERCENT: "%"
    BARE: /[^\s"(),\\]+/
    QUOTED: /["]([^"\\]|\\["])+["]/
    %ignore /\s+/
"""
_WORDS = {
    "STATE": "ALARM, OK or INSUFFICIENT_DATA",
    "_AT_LEAST": "AT_LEAST",
    "TRUE": "TRUE",
    "FALSE": "FALSE",
    "_NOT": "NOT",
    "NOT": "NOT",
    "_AND": "AND",
    "_OR": "OR",
    "NUMBER": "a number",
    "PERCENT": "'%'",
    "BARE": "an alarm's name",
    "QUOTED": "a name in quotation marks",
    "COMMA": "','",
    "LPAR": "'('",
    "RPAR": "')'",
    "$END": "the end",
}


def parse(text: str) -> Rule:
    """The rule that `text` writes. Raises RuleError."""
    try:
        return cast(Rule, _parser().parse(text))
    except UnexpectedInput as error:
        raise _explained(text, error) from None


@v_args(inline=True)
class _Rules(Transformer[Token, Rule]):
    """Runs while lark parses, from the inside out, so that no depth of nesting exhausts the stack."""

    def state(self, state: Token, name: str) -> Rule:
        return State(_state_name(state), name)

    def constant(self, value: Token) -> Rule:
        return Constant(value == "TRUE")

    def negation(self, rule: Rule) -> Rule:
        return Not(rule)

    def all(self, *rules: Rule) -> Rule:
        return And(rules)

    def either(self, *rules: Rule) -> Rule:
        return Or(rules)

    def least(self, number: Token, percent: Token | None) -> tuple[Token, bool]:
        return number, percent is not None

    def names(self, *names: str) -> tuple[str, ...]:
        return names

    def bare(self, name: Token) -> str:
        return str(name)

    def quoted(self, name: Token) -> str:
        return str(name)[1:-1].replace('\\"', '"')

    def at_least(self, least: tuple[Token, bool], negated: Token | None, state: Token, alarms: tuple[str, ...]) -> Rule:
        number, percent = least
        most = 100 if percent else len(alarms)
        if not 1 <= int(number) <= most:
            sign, what = ("%", "percent") if percent else ("", "the number of alarms")
            problem = f"AT_LEAST {number}{sign} is out of range; allowed are 1 to {most} ({what})"
            raise RuleError(number.start_pos or 0, problem)
        return AtLeast(
            least=int(number), percent=percent, negated=negated is not None, state=_state_name(state), alarms=alarms
        )


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", maybe_placeholders=True, transformer=_Rules())


def _state_name(token: Token) -> StateName:
    return cast(StateName, str(token))


def _explained(text: str, error: UnexpectedInput) -> RuleError:
    expected: set[str] = set()
    if isinstance(error, UnexpectedToken):
        expected = set(error.accepts or error.expected)
    elif isinstance(error, UnexpectedCharacters):
        expected = set(error.allowed)
    words = ", ".join(word for terminal, word in _WORDS.items() if terminal in expected)
    ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    at = len(text) if ended or error.pos_in_stream is None else error.pos_in_stream
    found = "the end" if ended else repr(text[at : at + 12])
    return RuleError(at, f"{found} cannot stand here; expected {words}")
