"""A question as text for CloudWatch Logs Insights."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from inferwatch.query import fields
from inferwatch.query.dialects.insights_conditions import TYPES, condition, node_condition, notes
from inferwatch.query.dialects.insights_text import (
    DIALECT,
    instant,
    is_plain,
    log_groups,
    name,
    number,
    quoted,
    refused,
)
from inferwatch.query.normal import normal
from inferwatch.query.predicate import And, Field
from inferwatch.query.question import ROWS_MAX, Bucket, Order, Question, Stat, Text
from inferwatch.query.spelling import spelled
from inferwatch.spec.record import RECORD_TYPE

MESSAGE: Final = "@message"
LONGEST: Final = 10_000
"""Characters of a query, by Insights' own limit."""

START, IDENTITY = Field(("start_at",)), Field(("transaction_id",))
_KEPT: Final = {1: 19, 60: 16, 3600: 13, 86_400: 10}
"""By seconds of a bucket, how many signs of `start_at` name it."""

_TWICE = "Logs Insights counts a record that is in the log twice as two."
_ESTIMATE = "Percentiles of Logs Insights are estimates."
_DEVIATION = "Whether stddev divides by n or by n - 1, Logs Insights does not say."
_SUM = "Logs Insights does not say what the sum of no numbers is."
_SORT = "Logs Insights orders digits within texts as numbers, and texts before numbers ({})."
GROUPS: Final = (
    "Logs Insights orders digits within texts as numbers, and does not say where groups without a value stand."
)


class _Asked(NamedTuple):
    """What follows the filters, up to the limit."""

    commands: list[str]
    columns: tuple[str, ...]
    notes: Sequence[str]


def emit(question: Question, *, ranged: bool = True, also: Sequence[str] = ()) -> Text:
    """The question in the words of Logs Insights. Raises DialectError for what it cannot be asked.

    Records are whole lines of the log; of records of the same instant the ids do not decide, since Insights orders
    digits within a text as numbers. ranged: whether the text itself says the range of time; also: further conditions,
    in the engine's words.
    """
    if question.limit > ROWS_MAX:
        raise refused(f"{question.limit} rows are more than it gives; ask for {ROWS_MAX} at most")
    where = normal(question.where) if question.where is not None else None
    commands = [log_groups(question.node.rstrip("/") or "/")] if question.node is not None else []
    filters = list(_identity(question, ranged=ranged))
    if where is not None:
        filters += map(condition, where.parts if isinstance(where, And) else [where])
    asked = _aggregates(question) if question.aggregates else _records(question)
    commands += [*(f"filter {one}" for one in (*filters, *also)), *asked.commands, f"limit {question.limit}"]
    text = "\n| ".join(commands)
    if len(text) > LONGEST:
        raise refused(f"the question is too long: it takes {LONGEST} characters, this one has {len(text)}")
    return Text(dialect=DIALECT, text=text, columns=asked.columns, notes=(*notes(where), *asked.notes))


def aliases(question: Question) -> tuple[str, ...]:
    """What the columns of aggregates are called in the answer, in their order: Insights takes no `p99:elapse`."""
    return tuple(_aliases(question))


def counted(question: Question) -> tuple[Stat, ...]:
    """The aggregates of a question: groups of which none is asked are counted."""
    return question.stats or (Stat("count", None, None, "count"),)


def _identity(question: Question, *, ranged: bool) -> Iterator[str]:
    yield f"type = {quoted(RECORD_TYPE)}"
    if ranged:
        yield f"start_at >= {instant(question.start_ms)}"
        yield f"start_at < {instant(question.end_ms)}"
    if question.environment is not None:
        yield f"environment = {quoted(question.environment)}"
    if question.node is not None:
        yield node_condition(question.node)


def _records(question: Question) -> _Asked:
    order = [one for one in question.order if isinstance(one.by, Field)] or [Order(START, descending=True)]
    shown, keys, remarks = [], [], []
    for place, (field, descending) in enumerate(_keys(order)):
        places = [name(one) for one in fields.places(field)]
        value, there = places[0], f"ispresent({places[0]})"
        if len(places) > 1:
            value, there = f"value_{place}", f"({' or '.join(f'ispresent({one})' for one in places)})"
            shown.append(f"coalesce({', '.join(places)}) as {value}")
        else:
            shown.append(value)
        if field not in (START, IDENTITY):
            shown.append(f"{there} as has_{place}")
            keys.append(f"has_{place} desc")
            if fields.kind(field) not in ("number", "boolean", "time"):
                remarks.append(_SORT.format(", ".join(places)))
        keys.append(f"{value} {'desc' if descending else 'asc'}")
    columns = (*dict.fromkeys(["start_at", "transaction_id", *shown]), MESSAGE)
    return _Asked(
        [f"fields {', '.join(columns)}", f"sort {', '.join(keys)}", "dedup transaction_id"],
        tuple(column.rpartition(" as ")[2] for column in columns),
        remarks,
    )


def _keys(order: Sequence[Order]) -> Iterator[tuple[Field, bool]]:
    given = [(one.by, one.descending) for one in order if isinstance(one.by, Field)]
    yield from given
    if START not in [field for field, _ in given]:
        yield START, given[0][1]


def _aggregates(question: Question) -> _Asked:
    stats = counted(question)
    called = _aliases(question)
    groups, values = called[: len(question.by)], called[len(question.by) :]
    made = [f"{_group(one)} as {alias}" for one, alias in zip(question.by, groups, strict=True) if _is_made(one)]
    computed: dict[Field | None, str] = {
        stat.field: f"value_{place}" for place, stat in enumerate(stats) if stat.field and _is_made(stat.field)
    }
    made += [f"{_group(field)} as {alias}" for field, alias in computed.items() if field]
    stated = ", ".join(f"{_stat(stat, computed)} as {alias}" for stat, alias in zip(stats, values, strict=True))
    by = f" by {', '.join(groups)}" if groups else ""
    commands = [f"fields {', '.join(made)}"] if made else []
    commands.append(f"stats {stated}{by}")
    columns = (*map(column, question.by), *(stat.name for stat in stats))
    if keys := _order(question, dict(zip(columns, called, strict=True)), groups):
        commands.append(f"sort {', '.join(keys)}")
    return _Asked(commands, columns, [*_remarks(question, stats)])


def column(group: Field | Bucket) -> str:
    """The name of a group's column."""
    return group.name if isinstance(group, Bucket) else spelled(group)


def _order(question: Question, called: dict[str, str], groups: Sequence[str]) -> list[str]:
    keys: dict[str, str] = {}
    for one in question.order:
        by = one.by if isinstance(one.by, str) else column(one.by)
        if by not in called:
            raise refused(f"{by!r} is no column of the answer")
        keys.setdefault(called[by], "desc" if one.descending else "asc")
    for group in groups:
        keys.setdefault(group, "asc")
    return [f"{alias} {direction}" for alias, direction in keys.items()]


def _is_made(group: Field | Bucket) -> bool:
    """Whether Insights has to compute it before it can group by it."""
    return isinstance(group, Bucket) or len(fields.places(group)) > 1


def _group(group: Field | Bucket) -> str:
    if isinstance(group, Field):
        return f"coalesce({', '.join(map(name, fields.places(group)))})"
    if group.seconds not in _KEPT:
        raise refused(f"buckets of {group.name}: it has second, minute, hour and day of the time an inference started")
    return f"substr(start_at, 0, {_KEPT[group.seconds]})"


def _stat(stat: Stat, computed: dict[Field | None, str]) -> str:
    if stat.field is None:
        return "count(*)"
    value = computed.get(stat.field) or name(stat.field)
    if stat.function == "percentile":
        return f"pct({value}, {number(stat.percentile or 0)})"
    return f"{stat.function}({value})"


def _aliases(question: Question) -> list[str]:
    """Of groups and aggregates, each its own, and none that is a field's name where it is not that field."""
    taken = {
        name(place)
        for one in (*question.by, *(s.field for s in counted(question)))
        if isinstance(one, Field)
        for place in fields.places(one)
    } | {"start_at"}
    called = []
    for one in (*question.by, *counted(question)):
        if isinstance(one, Field) and not _is_made(one):
            called.append(name(one))
            continue
        wanted = one.name if not isinstance(one, Field) else column(one)
        alias = re.sub(r"[^A-Za-z0-9]+", "_", wanted).strip("_") or "value"
        alias = alias if is_plain(alias) else f"the_{alias}"
        while alias in taken:
            alias += "_"
        taken.add(alias)
        called.append(alias)
    return called


def _remarks(question: Question, stats: Sequence[Stat]) -> Iterator[str]:
    yield _TWICE
    functions = {stat.function for stat in stats}
    for function, note in (("percentile", _ESTIMATE), ("stddev", _DEVIATION), ("sum", _SUM)):
        if function in functions:
            yield note
    of = [*question.by, *(stat.field for stat in stats)]
    loose = [one for one in of if isinstance(one, Field) and fields.kind(one) in ("any", "identifier")]
    if loose:
        yield TYPES.format(", ".join(dict.fromkeys(map(spelled, loose))))
    if question.by:
        yield GROUPS
