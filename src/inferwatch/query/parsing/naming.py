"""Which field a name in a predicate means, and whether a record can have it."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from typing import Final

from inferwatch.lake.columns import KINDS
from inferwatch.query.fields import COMMON, FEATURES, METRICS, PROPERTIES
from inferwatch.query.parsing.words import Mistake, Word
from inferwatch.query.predicate import Field
from inferwatch.spec.fault import suggestion

_ENVELOPE: Final = "_aws"
_MISSPELT: Final = 0.8
"""How near a name is to the one that it is taken for. One less near may as well be a feature's, or one of one's own."""


def field(word: Word, known: Collection[str] | None) -> Field:
    """The field that this word names; `properties.x` is x. known: root names of fields of one's own, None for any.

    Raises Mistake.
    """
    named = word.value
    assert isinstance(named, Field)
    root, below = named.root, named.path[1:]
    if root == PROPERTIES:
        if not below or isinstance(below[0], int):
            raise Mistake(word.start, word.end, "after properties comes the name of a field: properties.pages")
        named = Field(below)
        root, below = named.root, named.path[1:]
    elif problem := _unknown(root, known):
        raise Mistake(word.start, word.end, problem)
    if root == _ENVELOPE:
        raise Mistake(word.start, word.end, "_aws is the envelope of a log line and no part of the record")
    if root == FEATURES and not below:
        raise Mistake(word.start, word.end, "features are asked for one by one: features.age")
    if below and (root in METRICS or KINDS.get(root, "json") != "json"):
        raise Mistake(word.start, word.end, f"{root} is a single value, with nothing below it")
    return named


def _unknown(root: str, known: Collection[str] | None) -> str:
    """What is wrong with a name at the root, "" where a record may have it."""
    if root in COMMON or root == _ENVELOPE or (known is not None and root in known):
        return ""
    if known is not None:
        names = sorted({*COMMON, *known, PROPERTIES})
        near = suggestion(root, names)
        if near and not _misspelt(root, names):
            near += f" A feature is features.{root}"
        other = f"; a feature is features.{root}, and a field that none has yet properties.{root}"
        return f"no record has a field {root!r}{near or other}"
    meant = _misspelt(root, sorted(COMMON))
    if not meant:
        return ""
    return f"{root!r} is no field of the record; did you mean {meant[0]!r}? One of your own is properties.{root}"


def _misspelt(root: str, names: Sequence[str]) -> list[str]:
    """The name that is surely meant, if there is one."""
    return difflib.get_close_matches(root, names, n=1, cutoff=_MISSPELT)
