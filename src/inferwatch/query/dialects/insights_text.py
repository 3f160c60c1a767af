"""Names, values and patterns as Logs Insights reads them, and nothing else: what it cannot be told is refused.

How a quotation mark is written within a text is not documented, so a value that has one is refused; a pattern is a
regular expression in which every sign but letters and digits stands by its number. So nothing that a person types can
become a part of the query.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from inferwatch.errors import DialectError
from inferwatch.query.predicate import Field, Wildcard
from inferwatch.sdk.clock import iso

DIALECT: Final = "Logs Insights"

_LAST_MS = 253_402_300_799_999  # the end of the year 9999, the last that sorts as text
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*")
_LOG_GROUP = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}")
_FUNCTIONS: Final = frozenset({"avg", "bin", "coalesce", "count", "max", "min", "pct", "stddev", "substr", "sum"})
_WORDS: Final = frozenset(
    {
        "and",
        "anomaly",
        "as",
        "asc",
        "by",
        "dedup",
        "desc",
        "diff",
        "display",
        "false",
        "fields",
        "filter",
        "filterindex",
    }
    | {"in", "ispresent", "join", "like", "limit", "lookup", "not", "null", "or", "parse", "pattern", "sort"}
    | {"source", "stats", "true", "unmask", "unnest", "where"}
)
_ANY_TEXT, _ANY_SIGN = r"[\s\S]*", r"[\s\S]"


def refused(problem: str) -> DialectError:
    return DialectError(DIALECT, problem)


def name(field: Field) -> str:
    """The field as Insights discovers it: members and places joined by dots."""
    steps = [str(step) for step in field.path]
    path = ".".join(steps)
    if any("." in step or not step for step in steps):
        raise refused(f"{path!r} has a name with a dot, or without a sign, which it cannot tell from a member below")
    if "`" in path or "\\" in path or path.startswith("@") or not path.isprintable():
        raise refused(f"{path!r} has a sign that a field's name cannot have there")
    return path if is_plain(path) and steps[0].lower() not in _FUNCTIONS else f"`{path}`"


def is_plain(path: str) -> bool:
    """Whether it can be written without backticks."""
    return _PLAIN.fullmatch(path) is not None and path.partition(".")[0].lower() not in _WORDS


def quoted(value: str) -> str:
    if '"' in value or "\\" in value or not value.isprintable():
        raise refused(f"{value!r}: a quotation mark, a backslash or a line break cannot be asked for")
    return f'"{value}"'


def number(value: float) -> str:
    """A number without an exponent, which is not documented."""
    return f"{Decimal(repr(value)).normalize():f}"


def instant(at_ms: int) -> str:
    return quoted(iso(min(max(0, at_ms), _LAST_MS)))


def log_groups(prefix: str) -> str:
    """The command that asks every log group whose name begins so."""
    if not _LOG_GROUP.fullmatch(prefix):
        raise refused(f"{prefix!r} is not the beginning of a log group's name")
    return f"SOURCE logGroups(namePrefix: ['{prefix}'])"


def pattern(parts: Iterable[str | Wildcard], *, any_case: bool = False) -> str:
    """The regular expression that a whole text must match. any_case: of the pattern's ASCII letters."""
    inner = "".join(_part(part, any_case) for part in parts)
    begin = "" if inner.startswith(_ANY_TEXT) else "^"
    end = "" if inner.endswith(_ANY_TEXT) else "$"
    inner = inner.removeprefix(_ANY_TEXT) if not begin else inner
    inner = inner.removesuffix(_ANY_TEXT) if not end else inner
    return f"/{begin}{inner}{end}/" if begin or inner or end else "/^/"


def holding(text: str) -> str:
    """The regular expression that finds a text anywhere, whatever its case."""
    return f"/(?i){''.join(map(_folded, text))}/"


def _part(part: str | Wildcard, any_case: bool) -> str:
    if isinstance(part, Wildcard):
        return _ANY_TEXT if part.sign == "%" else _ANY_SIGN
    return "".join(map(_either_case, part)) if any_case else "".join(map(_sign, part))


def _either_case(sign: str) -> str:
    return f"[{sign.lower()}{sign.upper()}]" if sign.isascii() and sign.isalpha() else _sign(sign)


def _folded(sign: str) -> str:
    if sign.isascii():
        return _sign(sign)
    cases = {case for case in (sign.lower(), sign.upper()) if len(case) == 1} | {sign}
    return f"[{''.join(map(_sign, sorted(cases)))}]"


def _sign(sign: str) -> str:
    if sign.isascii():
        return sign if sign.isalnum() else f"\\x{ord(sign):02x}"
    return f"\\x{{{ord(sign):x}}}"
