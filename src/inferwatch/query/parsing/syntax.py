"""The order of a predicate's words: told at the first one that cannot stand where it stands, with what can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from inferwatch.query.parsing.foreign import SELECT
from inferwatch.query.parsing.words import Mistake, Word
from inferwatch.query.predicate import Field

DEPTH_MAX: Final = 20
"""How deep parentheses and NOT may be nested."""

_BESIDE = {
    "limit": "the limit is given beside it",
    "order": "the order is given beside it",
    "group": "groups are given beside it",
}
_VALUES = ("number", "text", "TRUE", "FALSE")


def check(words: Sequence[Word], length: int) -> None:
    """length: of the predicate in characters. Raises Mistake."""
    _Order(words, length).check()


class _Order:
    """Reads the words from left to right. depths: of the parentheses that are open; depth: with those and NOT."""

    def __init__(self, words: Sequence[Word], length: int) -> None:
        self.words = words
        self.end = Word("", length, length)
        self.at = 0
        self.open: list[tuple[Word, int]] = []
        self.depth = 0

    def check(self) -> None:
        if not self.words:
            raise Mistake(0, self.end.end, "a condition is missing, such as elapse >= 3000")
        while True:
            self._beginning()
            self._condition()
            while self.open and self._next.kind == ")":
                self.depth = self.open.pop()[1]
                self.at += 1
            word = self._next
            if not word.kind:
                break
            if word.kind not in ("AND", "OR"):
                raise self._instead(word)
            self.depth = self.open[-1][1] + 1 if self.open else 0
            self.at += 1
        if self.open:
            left = self.open[-1][0]
            raise Mistake(left.start, left.end, "this parenthesis is never closed")

    @property
    def _next(self) -> Word:
        return self.words[self.at] if self.at < len(self.words) else self.end

    def _take(self) -> Word:
        word = self._next
        self.at += 1
        return word

    def _beginning(self) -> None:
        """NOT and parentheses before a condition."""
        while self._next.kind in ("NOT", "("):
            word = self._take()
            if word.kind == "(":
                self.open.append((word, self.depth))
            self.depth += 1
            if self.depth > DEPTH_MAX:
                raise Mistake(word.start, word.end, f"nested too deeply; at most {DEPTH_MAX} levels are possible")

    def _condition(self) -> None:
        subject = self._take()
        if subject.kind not in ("field", *_VALUES):
            raise self._no_condition(subject)
        word = self._next
        if subject.kind == "field" and word.kind in ("field", "number", "text", ",") and not subject.quoted:
            self._refuse_statement(subject)
        if word.kind == "compare":
            self.at += 1
            self._value(f"after {word.value} comes a value", null=True)
            self._no_chain()
        elif word.kind == "IS":
            self._is()
        elif word.kind in ("NOT", "IN", "LIKE", "ILIKE", "BETWEEN"):
            self._range()

    def _range(self) -> None:
        negated = self._next.kind == "NOT" and self._take()
        word = self._take()
        match word.kind:
            case "IN":
                self._list(word)
            case "LIKE" | "ILIKE":
                self._text(f"after {word.kind} comes a pattern in single quotes: '%timed out%'")
                if self._next.kind == "ESCAPE":
                    self.at += 1
                    self._text("after ESCAPE comes one character in single quotes: '\\'")
            case "BETWEEN":
                low = self._value("after BETWEEN come two values: BETWEEN 100 AND 200")
                word = self._take()
                if word.kind != "AND":
                    raise Mistake(*_place(word, low), "after BETWEEN come two values: BETWEEN 100 AND 200")
                self._value("after BETWEEN come two values: BETWEEN 100 AND 200")
            case _:
                at = negated or word
                raise Mistake(at.start, at.end, "after a field, NOT stands before IN, LIKE, ILIKE or BETWEEN only")

    def _is(self) -> None:
        first = self._take()
        negated = self._next.kind == "NOT" and self._take()
        word = self._take()
        if word.kind not in ("NULL", "TRUE", "FALSE"):
            problem = "after IS comes NULL, NOT NULL, TRUE or FALSE; values are compared with = and !="
            raise Mistake(*((word.start, word.end) if word.kind else (first.start, first.end)), problem)
        if negated and word.kind != "NULL":
            other = "false" if word.kind == "TRUE" else "true"
            problem = f"write = {other}, and OR ... IS NULL beside it where records without the field count too"
            raise Mistake(first.start, word.end, problem)

    def _list(self, word: Word) -> None:
        problem = "after IN comes a list of values: IN ('failed', 'timeout')"
        left = self._take()
        if left.kind != "(":
            raise Mistake(*_place(left, word), problem)
        if self._next.kind == ")":
            raise Mistake(left.start, self._next.end, "this list is empty, so no record meets it; name values in it")
        while True:
            before = self._value("a list holds values, with commas between them")
            after = self._take()
            if after.kind == ")":
                return
            if after.kind != ",":
                problem = "this list is never closed" if not after.kind else "a comma is missing between the values"
                raise Mistake(*(_place(after, before) if after.kind else (left.start, left.end)), problem)

    def _value(self, problem: str, *, null: bool = False) -> Word:
        word = self._take()
        if word.kind == "field":
            self._refuse_statement(word)
            return word  # told when the tree is read, which knows what it is compared with
        if word.kind == "NULL":
            if not null:
                raise Mistake(word.start, word.end, "NULL is no value to compare with; write OR ... IS NULL beside it")
            return word
        if word.kind == "(":
            raise Mistake(word.start, word.end, "a single value stands without parentheses")
        if word.kind not in _VALUES:
            raise Mistake(*_place(word, self.words[self.at - 2]), problem)
        return word

    def _text(self, problem: str) -> None:
        word = self._take()
        if word.kind != "text":
            raise Mistake(*_place(word, self.words[self.at - 2]), problem)

    def _refuse_statement(self, word: Word) -> None:
        first = _root(word)
        if first == "where":
            raise Mistake(word.start, word.end, "leave out WHERE: a predicate is what comes after it")
        if first == "select":
            raise Mistake(word.start, word.end, SELECT)

    def _no_chain(self) -> None:
        word = self._next
        if word.kind == "compare":
            raise Mistake(word.start, word.end, "compare once at a time: elapse > 100 AND elapse < 200, or BETWEEN")

    def _no_condition(self, word: Word) -> Mistake:
        if not word.kind or word.kind == ")":
            before = self.words[self.at - 2] if self.at > 1 else word
            if before.kind in ("AND", "OR", "NOT", "("):
                return Mistake(before.start, before.end, f"after {before.kind} a condition is missing")
            return Mistake(word.start, word.end, "a condition is missing here, such as elapse >= 3000")
        if word.kind in ("AND", "OR"):
            return Mistake(word.start, word.end, f"before {word.kind} a condition is missing")
        if word.kind.isupper() and word.kind != "NULL":
            problem = f"{word.kind} cannot stand here; a field of that name is properties.{word.kind.lower()}"
            return Mistake(word.start, word.end, problem)
        return Mistake(word.start, word.end, "a condition begins with a field: elapse >= 3000, confidence IS NULL")

    def _instead(self, word: Word) -> Mistake:
        """For a word that stands where a condition has ended."""
        if word.kind == ")":
            return Mistake(word.start, word.end, "there is no parenthesis that this one closes")
        if word.kind == "number" and isinstance(word.value, float | int) and word.value < 0:
            return Mistake(word.start, word.end, "a predicate does not compute; write the value itself")
        if word.kind in ("field", "number", "text", "(", "NOT", "TRUE", "FALSE"):
            before = self.words[self.at - 1]
            if word.kind == "text" and _root(before) in ("timestamp", "date"):
                return Mistake(before.start, before.end, "leave out this word: an instant is just its text")
            return Mistake(word.start, word.end, f"before this, AND or OR is missing{_hint(word)}")
        return Mistake(word.start, word.end, "this cannot stand here; after a condition comes AND, OR or the end")


def _root(word: Word) -> str:
    return word.value.root.lower() if isinstance(word.value, Field) and not word.quoted else ""


def _hint(word: Word) -> str:
    """For the clauses of a SELECT, which stand beside the predicate here."""
    clause = _root(word)
    return f"; {clause.upper()} does not belong to a predicate: {_BESIDE[clause]}" if clause in _BESIDE else ""


def _place(word: Word, before: Word) -> tuple[int, int]:
    """Of the word, or of the one before it where the predicate ends."""
    return (word.start, word.end) if word.kind else (before.start, before.end)
