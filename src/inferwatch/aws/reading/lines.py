"""Lines of a log, as the records that a question finds among them: exactly, whatever found the lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from inferwatch.aws.json_object import json_object
from inferwatch.lake.instant import milliseconds
from inferwatch.lake.row import to_record, to_row
from inferwatch.ports import Record
from inferwatch.query import fields
from inferwatch.query.meets import meets, value
from inferwatch.query.predicate import Field
from inferwatch.query.question import Question
from inferwatch.spec.record import RECORD_TYPE

_START, _IDENTITY = Field(("start_at",)), Field(("transaction_id",))
_WHOLE: Final = re.compile(r"-?[0-9]{1,15}")
Key = Callable[[Record], Any]


def chosen(question: Question, lines: Iterable[str]) -> list[Record]:
    """The records among the lines that meet the question, in its order, each once, up to its limit."""
    found: dict[str, Record] = {}
    for line in lines:
        record = _record(line)
        if record is not None:
            found.setdefault(record["transaction_id"], record)
    return _ordered(question, [record for record in found.values() if _is_meant(question, record)])[: question.limit]


def _record(line: str) -> Record | None:
    """The record that a line is, as every engine shows it."""
    document = json_object(line)
    start_ms = milliseconds(document.get("start_at"))
    if document.get("type") != RECORD_TYPE or start_ms is None or not isinstance(document.get("transaction_id"), str):
        return None
    return to_record(to_row(document, start_ms, ""))


def _is_meant(question: Question, record: Record) -> bool:
    start_ms = milliseconds(record["start_at"]) or 0
    return (
        question.start_ms <= start_ms < question.end_ms
        and question.environment in (None, record.get("environment"))
        and meets(question.where, record)
    )


def _ordered(question: Question, records: list[Record]) -> list[Record]:
    given = [(order.by, order.descending) for order in question.order if isinstance(order.by, Field)]
    given = given or [(_START, True)]
    for field, descending in reversed([*given, (_START, given[0][1]), (_IDENTITY, given[0][1])]):
        for key in reversed(_keys(field)):
            placed = [(key(record), record) for record in records]
            there = [pair for pair in placed if pair[0] is not None]
            there.sort(key=lambda pair: pair[0], reverse=descending)
            records = [record for _, record in there] + [record for at, record in placed if at is None]
    return records


def _keys(field: Field) -> list[Key]:
    """What records are put into order by, one after the other: numbers stand before texts, and those before others."""

    def of(*types: type) -> Key:
        def key(record: Record) -> Any:
            found = value(field, record)
            return found if type(found) in types else None

        return key

    def at(record: Record) -> int | None:
        return milliseconds(value(field, record))

    def spelled(record: Record) -> str | None:
        found = value(field, record)
        return None if found is None else str(found)

    def whole(record: Record) -> int | None:
        text = spelled(record)
        return int(text) if text is not None and _WHOLE.fullmatch(text) and str(int(text)) == text else None

    def there(record: Record) -> int | None:
        return None if value(field, record) is None else 1

    match fields.kind(field):
        case "time":
            return [at]
        case "identifier":
            return [whole, spelled]
    return [of(int, float), of(str), of(bool), there]
