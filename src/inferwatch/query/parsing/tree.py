"""Words in their order -> the tree. A module of its own, since it loads sqlglot's parser.

sqlglot gets the order of the words only: a field or a value goes in as a name that is its number. So nothing that a
person typed has a meaning to it, and each leaf of its tree is a word whose place is known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.parser import Parser
from sqlglot.tokens import Token, TokenType  # type: ignore[attr-defined]

from inferwatch.query.fields import kind
from inferwatch.query.parsing import literal, naming
from inferwatch.query.parsing.words import Mistake, Word
from inferwatch.query.predicate import And, Compare, Field, Like, Missing, Not, OneOf, Operator, Or, Predicate, Value
from inferwatch.query.spelling import spelled

_SIGNS: Final[dict[str, TokenType]] = {
    "(": TokenType.L_PAREN,
    ")": TokenType.R_PAREN,
    ",": TokenType.COMMA,
    "=": TokenType.EQ,
    "!=": TokenType.NEQ,
    "<": TokenType.LT,
    "<=": TokenType.LTE,
    ">": TokenType.GT,
    ">=": TokenType.GTE,
    **{word: TokenType[word] for word in ("AND", "OR", "NOT", "IN", "BETWEEN", "LIKE", "ILIKE", "ESCAPE", "IS")},
}
_COMPARISONS: Final[dict[type[exp.Expr], Operator]] = {
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_TURNED: Final[dict[Operator, Operator]] = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def tree(words: Sequence[Word], known: Collection[str] | None) -> Predicate:
    """The tree of words whose order `syntax` has checked. Raises Mistake."""
    whole = (words[0].start, words[-1].end)
    try:
        found = Parser().parse(_tokens(words), "")
    except SqlglotError:
        raise Mistake(*whole, "this cannot be read; put parentheses around its parts") from None
    if len(found) != 1 or found[0] is None:
        raise Mistake(*whole, "this is not one condition; join several with AND or OR")
    return _Conditions(words, known).condition(found[0])


def _tokens(words: Sequence[Word]) -> list[Token]:
    tokens = []
    for number, word in enumerate(words):
        sign = str(word.value) if word.kind == "compare" else word.kind
        if sign in _SIGNS and word.kind not in ("field", "number", "text"):
            tokens.append(Token(_SIGNS[sign], sign))
        else:
            after_escape = number > 0 and words[number - 1].kind == "ESCAPE"
            tokens.append(Token(TokenType.STRING if after_escape else TokenType.IDENTIFIER, str(number)))
    return tokens


class _Conditions:
    """sqlglot's tree, node by node: what is not listed here is refused."""

    def __init__(self, words: Sequence[Word], known: Collection[str] | None) -> None:
        self.words = words
        self.known = known

    def condition(self, node: exp.Expr) -> Predicate:
        operator = _COMPARISONS.get(type(node))
        if operator is not None:
            return self._compare(node, operator)
        return self._READ.get(type(node), _Conditions._refused)(self, node)

    def _parts(self, node: exp.Expr) -> tuple[Predicate, ...]:
        """Of `a AND b AND c`, which sqlglot nests to the left, however many there are."""
        join, parts = type(node), []
        while type(node) is join:
            parts.append(node.expression)
            node = node.this
        return tuple(self.condition(part) for part in (node, *reversed(parts)))

    def _and(self, node: exp.Expr) -> Predicate:
        return And(self._parts(node))

    def _or(self, node: exp.Expr) -> Predicate:
        return Or(self._parts(node))

    def _not(self, node: exp.Expr) -> Predicate:
        part = self.condition(node.this)
        return _negated(part) if isinstance(node.this, (exp.In, exp.Is)) else Not(part)

    def _inside(self, node: exp.Expr) -> Predicate:
        return self.condition(node.this)

    def _truth(self, node: exp.Expr) -> Predicate:
        word = self._word(node)
        if word.kind != "field":
            raise Mistake(
                word.start, word.end, "a value alone is no condition; name a field, or several values in IN (...)"
            )
        field = self._field(word)
        if kind(field) not in ("boolean", "any"):
            problem = f"{spelled(field)} is neither true nor false; compare it with {literal.KINDS[kind(field)]}"
            raise Mistake(word.start, word.end, problem)
        return Compare(field, "=", True)

    def _compare(self, node: exp.Expr, operator: Operator) -> Predicate:
        left, right = self._word(node.this), self._word(node.expression)
        if left.kind != "field" or (left.quoted and right.kind == "field" and not right.quoted):
            left, right, operator = right, left, _TURNED[operator]
        if left.kind != "field":
            start, end = min(left.start, right.start), max(left.end, right.end)
            raise Mistake(start, end, "two values are compared here; a condition needs a field")
        if right.kind == "NULL":
            before = self.words[max(self.words.index(right) - 1, 0)]
            problem = f"nothing equals NULL; write IS {'NOT ' if operator == '!=' else ''}NULL"
            if operator not in ("=", "!="):
                problem = "NULL is neither less nor greater than anything; write IS NULL or IS NOT NULL"
            raise Mistake(before.start if before.kind == "compare" else right.start, right.end, problem)
        field = self._field(left)
        return Compare(field, operator, self._value(right, field, operator))

    def _in(self, node: exp.Expr) -> Predicate:
        field = self._subject(node)
        places = [self._word(each) for each in node.expressions]
        values = [self._value(word, field, "=") for word in places]
        types = [bool if isinstance(value, bool) else str if isinstance(value, str) else float for value in values]
        if len(set(types)) > 1:
            if kind(field) != "identifier":
                odd = places[next(at for at, each in enumerate(types) if each is not types[0])]
                raise Mistake(odd.start, odd.end, "the values of a list are of one type: all numbers, or all texts")
            values = [str(value) for value in values]
        return OneOf(field, tuple(dict.fromkeys(values)))

    def _between(self, node: exp.Expr) -> Predicate:
        field = self._subject(node)
        low = self._value(self._word(node.args["low"]), field, ">=")
        high = self._value(self._word(node.args["high"]), field, "<=")
        if isinstance(low, str) != isinstance(high, str):
            word = self._word(node.args["high"])
            raise Mistake(word.start, word.end, "the two ends are of one type: both numbers, or both texts")
        return And((Compare(field, ">=", low), Compare(field, "<=", high)))

    def _like(self, node: exp.Expr, escape: Word | None = None) -> Predicate:
        field, word = self._subject(node), self._word(node.expression)
        literal.like_kind(word, field)
        any_case = isinstance(node, exp.ILike)
        pattern = literal.pattern(word, escape, any_case=any_case)
        return Like(field, pattern, any_case=any_case, negated=bool(node.args.get("negate")))

    def _escape(self, node: exp.Expr) -> Predicate:
        if type(node.this) not in (exp.Like, exp.ILike):
            return self._refused(node)
        return self._like(node.this, self._word(node.expression))

    def _is(self, node: exp.Expr) -> Predicate:
        field, word = self._subject(node), self._word(node.expression)
        return Missing(field) if word.kind == "NULL" else Compare(field, "=", self._value(word, field, "="))

    def _subject(self, node: exp.Expr) -> Field:
        word = self._word(node.this)
        if word.kind != "field":
            raise Mistake(word.start, word.end, "a field stands here, such as status or response.label")
        return self._field(word)

    def _field(self, word: Word) -> Field:
        return naming.field(word, self.known)

    def _value(self, word: Word, field: Field, operator: Operator) -> Value:
        if word.kind == "field":
            text = str(word.value.path[0]) if isinstance(word.value, Field) else ""
            written = f"'{text.replace(chr(39), chr(39) * 2)}'"
            what = "" if word.quoted else "a field is compared with a value, not with another field; "
            raise Mistake(word.start, word.end, f"{what}a text stands in single quotes: {written}")
        return literal.value(word, field, operator)

    def _word(self, node: exp.Expr | None) -> Word:
        """The word that a leaf is."""
        name = node.name if isinstance(node, (exp.Column, exp.Literal)) else ""
        if not name.isdecimal():
            self._refused(node)
        return self.words[int(name)]

    def _refused(self, node: object) -> Predicate:
        raise Mistake(self.words[0].start, self.words[-1].end, "this is no condition that can be asked")

    _READ: Final[dict[type[exp.Expr], Callable[[_Conditions, Any], Predicate]]] = {
        exp.And: _and,
        exp.Or: _or,
        exp.Not: _not,
        exp.Paren: _inside,
        exp.Column: _truth,
        exp.In: _in,
        exp.Between: _between,
        exp.Like: _like,
        exp.ILike: _like,
        exp.Escape: _escape,
        exp.Is: _is,
    }


def _negated(part: Predicate) -> Predicate:
    """`x NOT IN (1)` and `x IS NOT NULL`, which sqlglot reads as NOT of a condition."""
    match part:
        case OneOf(field, values):
            return OneOf(field, values, negated=True)
        case Missing(field):
            return Missing(field, negated=True)
    return Not(part)
