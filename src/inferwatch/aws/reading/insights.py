"""A RecordQuery as text for CloudWatch Logs Insights. Pure.

How a quotation mark is written within a text is not documented, so a value that has one is refused; what is searched
for is a regular expression in which every sign but letters and digits stands by its number. So nothing that a person
types can become a part of the query.
"""

from __future__ import annotations

from decimal import Decimal

from inferwatch.errors import QueryError
from inferwatch.ports import RecordQuery
from inferwatch.sdk.clock import iso
from inferwatch.spec.record import RECORD_TYPE

MESSAGE = "@message"
LONGEST = 10_000
"""Characters of a query, by Insights' own limit."""

_LAST_MS = 253_402_300_799_999  # the end of the year 9999, the last that sorts as text

_SORT = {
    "-start_at": "start_at desc",
    "start_at": "start_at asc",
    "-elapse": "elapse desc, start_at desc",
    "confidence": "confidence asc, start_at asc",
}


def query_text(query: RecordQuery, limit: int, *, confident: bool | None = None) -> str:
    """The records that meet `query`, in its order, each once, as whole lines of the log.

    Among records of the same order, the ids decide: that is left to the reader, since Insights orders digits within
    a text as numbers. confident: only those that have a confidence, or only those that have none, which Insights
    would put first. Raises QueryError for a value that cannot be asked for.
    """
    if query.order not in _SORT:
        raise QueryError(f"{query.order!r} is not an order; allowed are {', '.join(_SORT)}")
    commands = [
        f"fields start_at, transaction_id, elapse, confidence, {MESSAGE}",
        *(f"filter {condition}" for condition in _conditions(query)),
    ]
    if confident is not None:
        commands.append(f"filter {'' if confident else 'not '}ispresent(confidence)")
    commands += [f"sort {_SORT[query.order]}", "dedup transaction_id", f"limit {limit}"]
    text = "\n| ".join(commands)
    if len(text) > LONGEST:
        raise QueryError(f"the question is too long for Logs Insights, which takes {LONGEST} characters")
    return text


def _conditions(query: RecordQuery) -> list[str]:
    found = [
        f"type = {_quoted(RECORD_TYPE)}",
        f"start_at >= {_instant(query.start_ms)}",
        f"start_at < {_instant(query.end_ms)}",
    ]
    if query.environment is not None:
        found.append(f"environment = {_quoted(query.environment)}")
    if query.status:
        found.append(f"status in [{', '.join(map(_quoted, query.status))}]")
    if query.version is not None:
        found.append(_version(query.version))
    if query.transaction_id is not None:
        found.append(f"transaction_id = {_quoted(query.transaction_id)}")
    if query.min_elapse is not None:
        found.append(f"elapse >= {Decimal(repr(query.min_elapse)):f}")
    if query.text:
        found.append(f"{MESSAGE} like /(?i){''.join(map(_sign, query.text))}/")
    if query.before is not None and query.by_time:
        # Those of the same instant are asked for too: which of them were shown is for the reader to tell.
        found.append(f"start_at {'<=' if query.order == '-start_at' else '>='} {_instant(query.before[0])}")
    return found


def _version(version: str) -> str:
    """A version is a number or a text in the log, and looks the same in a question."""
    as_text = f"model_version = {_quoted(version)}"
    return f"({as_text} or model_version = {version})" if version.isascii() and version.isdigit() else as_text


def _instant(at_ms: int) -> str:
    return _quoted(iso(min(max(0, at_ms), _LAST_MS)))


def _quoted(value: str) -> str:
    if '"' in value or "\\" in value or not value.isprintable():
        raise QueryError(f"{value!r}: a quotation mark, a backslash or a line break cannot be asked for on AWS")
    return f'"{value}"'


def _sign(sign: str) -> str:
    """One sign of a text, in either case."""
    if sign.isascii():
        return sign if sign.isalnum() else f"\\x{ord(sign):02x}"
    cases = {case for case in (sign.lower(), sign.upper()) if len(case) == 1} | {sign}
    return "[" + "".join(f"\\x{{{ord(case):x}}}" for case in sorted(cases)) + "]"
