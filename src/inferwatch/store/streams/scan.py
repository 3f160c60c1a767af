"""Bytes of a stream file to events: our records and attempts, other embedded metrics, the platform's reports, and text.

Whatever the bytes are, every one of them belongs to exactly one event or to a line end, and nothing is raised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import orjson

from inferwatch.lake.instant import milliseconds, start_ms
from inferwatch.spec.record import ATTEMPT_TYPE, ENDPOINT_TYPE, RECORD_TYPE

Kind = Literal["record", "attempt", "metrics", "platform", "text"]
"""attempt: of a message that left no transaction; it carries metrics, and is no record."""

LONGEST_LINE = 4 * 1024 * 1024
"""A line that has not ended after so many bytes is cut, and is text."""

_OURS = re.compile(rb'\{"_aws"|\{"time":"[^"\n]{1,40}","type":"platform\.')
_WHOLE_TAILS = 16


class Event(NamedTuple):
    """offset: of its first byte in the file; at_ms: the start of a record, attempt or endpoint's line, the time of a
    platform event, else 0.

    document: the line's JSON object; empty where it is none, which only text can be.
    """

    kind: Kind
    offset: int
    length: int
    at_ms: int
    document: dict[str, Any]


def complete(data: bytes) -> int:
    """How many bytes at the front of `data` can be scanned now: whole lines, or a line that is too long.

    The cut of a long line depends on where it begins and on nothing else, so that each reading of the file
    finds the same events.
    """
    end = data.rfind(b"\n") + 1
    if end or len(data) < LONGEST_LINE:
        return end
    starts = [match.start() for match in _OURS.finditer(data, 1, LONGEST_LINE)]
    return starts[-1] if starts else LONGEST_LINE


def scan(data: bytes, base: int = 0) -> Iterator[Event]:
    """The events of `data`, which begins at byte `base` of its file and holds whole lines (see `complete`)."""
    start, size = 0, len(data)
    while start < size:
        end = data.find(b"\n", start) + 1 or size
        line = data[start:end]
        event = _parse(line, base + start)
        if event is not None:
            yield event
        elif not line.isspace():
            yield from _resynchronise(line, base + start)
        start = end


def _resynchronise(line: bytes, base: int) -> Iterator[Event]:
    """Events of a line that is no JSON object as a whole, since something was glued in front of ours.

    That is a `print(end="")`, or what a writer left behind that was killed within a line. A piece that begins
    like one of ours is taken up to the line's end, else up to the next such beginning: it may be itself a
    line that lost only its end. Tries up to the line's end are limited, since each reads all the rest.
    """
    view = memoryview(line)
    starts = [match.start() for match in _OURS.finditer(line)]
    done = 0
    for number, start in enumerate(starts):
        if start < done:
            continue
        following = starts[number + 1] if number + 1 < len(starts) else len(line)
        for end in (len(line), following) if number < _WHOLE_TAILS else (following,):
            event = _parse(view[start:end], base + start)
            if event is not None:
                if start > done:
                    yield _text(base + done, start - done)
                yield event
                done = end
                break
    if done < len(line):
        yield _text(base + done, len(line) - done)


def _text(offset: int, length: int) -> Event:
    return Event("text", offset, length, 0, {})


def _parse(line: bytes | memoryview, offset: int) -> Event | None:
    """The event of one JSON object, or None if the line is not one."""
    if line[:1] != b"{":
        return None
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    kind: Kind = "text"
    at_ms = None
    if document.get("type") in (RECORD_TYPE, ATTEMPT_TYPE):
        at_ms = start_ms(document)
        if at_ms is not None and isinstance(document.get("transaction_id"), str):
            kind = "record" if document["type"] == RECORD_TYPE else "attempt"
    elif document.get("type") == ENDPOINT_TYPE:
        at_ms = start_ms(document)  # text: the transaction is the function's record
    elif isinstance(document.get("_aws"), dict):
        kind = "metrics"
    elif str(document.get("type")).startswith("platform.") and isinstance(document.get("record"), dict):
        at_ms = milliseconds(document.get("time"))
        kind = "platform" if at_ms is not None else "text"
    return Event(kind, offset, len(line), at_ms or 0, document)
