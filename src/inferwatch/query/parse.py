"""A predicate's text -> its tree: every fault is a PredicateError that points at the characters that are wrong."""

from __future__ import annotations

from collections.abc import Collection

from inferwatch.errors import PredicateError
from inferwatch.query.parsing import naming, syntax
from inferwatch.query.parsing.words import Mistake, words
from inferwatch.query.predicate import Field, Predicate


def parse(text: str, *, known: Collection[str] | None = None) -> Predicate:
    """The tree of a predicate. known: root names of fields of one's own that records have; None: any is taken.

    Instants come out as the record has them, and `properties.x` as x. Raises PredicateError.
    """
    from inferwatch.query.parsing.tree import tree  # which loads sqlglot's parser

    try:
        found = words(text)
        syntax.check(found, len(text))
        return tree(found, known)
    except Mistake as mistake:
        raise PredicateError(text, mistake.start, mistake.end, mistake.problem) from None
    except RecursionError:  # of a caller who is deep in the stack already
        raise PredicateError(text, 0, len(text), "this is nested too deeply; write it in fewer levels") from None


def parse_field(text: str, *, known: Collection[str] | None = None) -> Field:
    """The one field that `text` names. Raises PredicateError."""
    try:
        found = words(text)
        if [word.kind for word in found] != ["field"]:
            raise Mistake(0, len(text), "a field is named here, such as status or response.label")
        return naming.field(found[0], known)
    except Mistake as mistake:
        raise PredicateError(text, mistake.start, mistake.end, mistake.problem) from None
