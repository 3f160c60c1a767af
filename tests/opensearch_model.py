"""A model of OpenSearch for the tests: what a search finds in documents of an index made by our mapping.

Each field has the values that lie at its path, in arrays too; a text is a keyword, compared whole. A field has one type
in an index: so a number finds no text here, and the other way round.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from operator import ge, gt, le, lt
from typing import Any

from msgspec import UNSET
from opensearch_schema import Aggregation, Bool, Query, Range, Sort, Source, body

from inferwatch.lake.columns import KINDS
from inferwatch.lake.instant import milliseconds

Document = dict[str, Any]


class Instant(int):
    """Milliseconds since the epoch, of a field of dates."""


def hits(text: str, documents: Sequence[Document]) -> list[Document]:
    """The documents that a search finds, in its order, once each where it collapses them."""
    asked = body(text)
    found = [document for document in documents if matches(asked.query, document)]
    for sort in reversed(asked.sort):
        ((path, how),) = sort.items()
        found = _sorted(found, path, how)
    if asked.collapse is not UNSET:
        field = asked.collapse.field
        found = list({values(document, field)[0]: document for document in reversed(found)}.values())[::-1]
    return found[: asked.size]


def buckets(text: str, documents: Sequence[Document]) -> list[dict[str, Any]]:
    """The rows of the aggregation `groups`, by column, with `doc_count`; without groups, one row."""
    asked = body(text)
    found = [document for document in documents if matches(asked.query, document)]
    groups = asked.aggs.get("groups")
    if groups is None or groups.composite is UNSET:
        return [{"doc_count": len(found), **_aggregated(asked.aggs, found)}]
    sources = [next(iter(source.items())) for source in groups.composite.sources]
    of: dict[tuple[Any, ...], list[Document]] = {}
    for document in found:
        of.setdefault(tuple(_key(source, document) for _, source in sources), []).append(document)
    keys = list(of)
    for place, (_, source) in reversed(list(enumerate(sources))):
        keys = _ordered(keys, lambda key, place=place: key[place], _direction(source))
    names = [name for name, _ in sources]
    return [
        {**dict(zip(names, key, strict=True)), "doc_count": len(of[key]), **_aggregated(groups.aggs, of[key])}
        for key in keys[: groups.composite.size]
    ]


def matches(query: Query, document: Document) -> bool:
    if query.bool is not UNSET:
        return _both(query.bool, document)
    if query.exists is not UNSET:
        return bool(values(document, query.exists.field))
    name = next(name for name in query.__struct_fields__ if getattr(query, name) is not UNSET)
    ((path, wanted),) = getattr(query, name).items()
    return any(_CLAUSES[name](value, wanted) for value in values(document, path))


def values(document: Document, path: str) -> list[Any]:
    """What the index holds for a field: texts, numbers and truth values; of an instant its milliseconds."""
    root, _, rest = path.partition(".")
    kind = KINDS.get(root)
    if kind == "identifier":
        spelled = [str(value) for value in _below(document, [root])]
        return [float(one) for one in spelled if _is_number(one)] if rest == "number" else spelled
    found = list(_below(document, path.split(".")))
    return [Instant(milliseconds(value)) for value in found] if kind == "time" else found


def _below(value: Any, steps: Sequence[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _below(one, steps)
    elif isinstance(value, dict):
        for member in [steps[0]] if steps else value:
            yield from _below(value.get(member), steps[1:])
    elif value is not None and not steps:
        yield value


def _both(asked: Bool, document: Document) -> bool:
    least = asked.minimum_should_match or (1 if asked.should and not asked.filter else 0)
    return (
        all(matches(query, document) for query in asked.filter)
        and not any(matches(query, document) for query in asked.must_not)
        and sum(matches(query, document) for query in asked.should) >= least
    )


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(value, Instant):
        return value == milliseconds(wanted)
    kinds = (bool, str, (int, float))
    same = [isinstance(value, kind) for kind in kinds] == [isinstance(wanted, kind) for kind in kinds]
    return same and value == wanted


def _within(value: Any, wanted: Range) -> bool:
    ends = {name: end for name in wanted.__struct_fields__ if (end := getattr(wanted, name)) is not UNSET}
    if isinstance(value, Instant):
        ends = {name: milliseconds(end) for name, end in ends.items()}
    elif isinstance(value, bool) or any(isinstance(value, str) != isinstance(end, str) for end in ends.values()):
        return False
    return all(_ENDS[name](value, end) for name, end in ends.items())


def _like(value: Any, wanted: Any) -> bool:
    signs = re.findall(r"\\.|.", wanted.value, re.DOTALL)
    pattern = "".join({"*": ".*", "?": "."}.get(sign, re.escape(sign[-1])) for sign in signs)
    flags = re.DOTALL | re.ASCII | (re.IGNORECASE if wanted.case_insensitive else 0)
    return isinstance(value, str) and re.fullmatch(pattern, value, flags) is not None


_ENDS: dict[str, Callable[[Any, Any], bool]] = {"lt": lt, "lte": le, "gt": gt, "gte": ge}
_CLAUSES: dict[str, Callable[[Any, Any], bool]] = {
    "term": _equal,
    "terms": lambda value, wanted: any(_equal(value, one) for one in wanted),
    "range": _within,
    "prefix": lambda value, wanted: isinstance(value, str) and value.startswith(wanted),
    "wildcard": _like,
    "regexp": lambda value, wanted: isinstance(value, str) and re.fullmatch(wanted.value, value, re.ASCII) is not None,
}


def _sorted(documents: list[Document], path: str, how: Sort) -> list[Document]:
    return _ordered(documents, lambda document: next(iter(values(document, path)), None), how.order)


def _ordered(items: list[Any], key: Callable[[Any], Any], order: str) -> list[Any]:
    there = sorted((item for item in items if key(item) is not None), key=key, reverse=order == "desc")
    return there + [item for item in items if key(item) is None]


def _key(source: Source, document: Document) -> Any:
    if source.terms is not UNSET:
        return next(iter(values(document, source.terms.field)), None)
    assert source.date_histogram is not UNSET
    step = int(source.date_histogram.fixed_interval.removesuffix("s")) * 1000
    return values(document, source.date_histogram.field)[0] // step * step


def _direction(source: Source) -> str:
    return source.terms.order if source.terms is not UNSET else source.date_histogram.order


def _aggregated(asked: dict[str, Aggregation], documents: list[Document]) -> dict[str, Any]:
    return {name: _value(one, documents) for name, one in asked.items()}


def _value(asked: Aggregation, documents: list[Document]) -> Any:
    if asked.filter is not UNSET:
        return sum(matches(asked.filter, document) for document in documents)
    name = next(name for name in asked.__struct_fields__ if getattr(asked, name) is not UNSET)
    of = getattr(asked, name)
    numbers = [float(value) for document in documents for value in values(document, of.field)]
    if name == "sum":
        return math.fsum(numbers)
    if name == "percentiles":
        rank = math.ceil(of.percents[0] / 100 * len(numbers))
        return sorted(numbers)[max(0, rank - 1)] if numbers else None
    if name == "extended_stats":
        return statistics.stdev(numbers) if len(numbers) > 1 else None
    return {"avg": statistics.fmean, "min": min, "max": max}[name](numbers) if numbers else None


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
