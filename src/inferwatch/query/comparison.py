"""Two versions of a model side by side: traffic, latency, errors and confidence, and whether they differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import msgspec

from inferwatch.errors import QueryError
from inferwatch.query import intervals
from inferwatch.query.answer import Answer
from inferwatch.query.intervals import Estimate
from inferwatch.query.predicate import And, Compare, Field, OneOf
from inferwatch.query.question import Question, Stat
from inferwatch.spec import record

Version = int | str
Verdict = Literal["higher", "lower", "no difference", "too little data", ""]
"""Of the second version against the first. "": of traffic, which somebody decided."""

PERCENTILES: Final = (50.0, 90.0, 99.0)
_MINUTE_MS: Final = 60_000
_ELAPSE, _CONFIDENCE = Field(("elapse",)), Field(("confidence",))
_VERSION, _STATUS = Field(("model_version",)), Field(("status",))
_HIGHER = {"error_rate": "fails more often", "confidence": "is more confident"}
_LOWER = {"error_rate": "fails less often", "confidence": "is less confident"}


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in which versions may differ.

    name: `traffic`, `p50`, `p90`, `p99`, `error_rate`, `confidence`; unit: `/min`, `ms`, `%`, or "" for confidence,
    which is as the model gives it; first, second: of the two versions, None where there is too little data; difference:
    second less first; says: the verdict in words, `version 4 is slower by 12 ms (8 to 16)`.
    """

    name: str
    label: str
    unit: str
    first: Estimate | None
    second: Estimate | None
    difference: Estimate | None
    verdict: Verdict
    says: str


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One version. records: all of them; judged: those that were not rejected, which errors are of; timed: those among
    them that say how long they took."""

    version: str
    records: int
    judged: int
    timed: int
    errors: int


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """level: of the intervals; notes: what the engine did less exactly."""

    first: Side
    second: Side
    start_ms: int
    end_ms: int
    level: float
    measures: tuple[Measure, ...]
    notes: tuple[str, ...]


def compare(
    ask: Callable[[Question], Answer],
    first: Version,
    second: Version,
    *,
    start_ms: int,
    end_ms: int,
    node: str | None = None,
    environment: str | None = None,
    has_confidence: bool | None = None,
) -> Comparison:
    """Compare what two versions did in [start_ms, end_ms). node: the model's log group.

    has_confidence: None where the records shall tell.

    Requests that were rejected are the client's doing, and count as traffic only. Errors are failures and timeouts.
    Raises QueryError for one version given twice, and what `ask` raises.
    """
    if str(first) == str(second):
        raise QueryError(f"version {first} cannot be compared with itself; name two")
    base = Question(start_ms=start_ms, end_ms=end_ms, node=node, environment=environment, limit=10_000)
    both = OneOf(_VERSION, (str(first), str(second)))
    counted = ask(msgspec.structs.replace(base, where=both, by=(_VERSION, _STATUS), stats=_counts()))
    sides = tuple(_side(str(version), counted.rows) for version in (first, second))
    found = [_Asked(ask, base, side) for side in sides]
    minutes = (end_ms - start_ms) / _MINUTE_MS
    measures = [
        _measure("traffic", "Traffic", "/min", [intervals.rate(side.records, minutes) for side in sides], sides),
        *(_latency(percent, found, sides) for percent in PERCENTILES),
        _measure("error_rate", "Error rate", "%", [_error_rate(side) for side in sides], sides),
    ]
    if has_confidence or (has_confidence is None and any(each.confident for each in found)):
        values = [each.confidence() for each in found]
        measures.append(_measure("confidence", "Confidence", "", values, sides, [each.confident for each in found]))
    notes = dict.fromkeys(note for each in found for note in (*counted.notes, *each.notes))
    return Comparison(
        first=sides[0],
        second=sides[1],
        start_ms=start_ms,
        end_ms=end_ms,
        level=intervals.LEVEL,
        measures=tuple(measures),
        notes=tuple(notes),
    )


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain JSON values, member by member."""
    plain: dict[str, Any] = msgspec.to_builtins(comparison)
    return plain


class _Asked:
    """What was asked of one version: percentiles and the values at the ends of their intervals, and confidence."""

    def __init__(self, ask: Callable[[Question], Answer], base: Question, side: Side) -> None:
        self._timed = side.timed
        self._values: Mapping[str, Any] = {}
        self.notes: tuple[str, ...] = ()
        if side.judged:
            where = And((Compare(_VERSION, "=", side.version), Compare(_STATUS, "!=", record.REJECTED)))
            answer = ask(msgspec.structs.replace(base, where=where, stats=(*self._percentiles(), *_of_confidence())))
            self._values, self.notes = answer.rows[0], answer.notes
        self.confident = self._values.get("confident") or 0

    def percentile(self, percent: float) -> Estimate | None:
        names = [stat.name for stat in self._around(percent)]
        cells = [self._values.get(name) for name in names]
        if len(cells) < 3 or None in cells:
            return None
        value, low, high = (float(cell) for cell in cells if cell is not None)
        return Estimate(value, min(low, value), max(high, value))

    def confidence(self) -> Estimate | None:
        average, deviation = self._values.get("confidence"), self._values.get("deviation")
        if self.confident < intervals.LEAST or average is None or deviation is None:
            return None
        return intervals.mean(float(average), float(deviation), self.confident)

    def _percentiles(self) -> tuple[Stat, ...]:
        return tuple(stat for percent in PERCENTILES for stat in self._around(percent))

    def _around(self, percent: float) -> tuple[Stat, ...]:
        """The percentile and the ends of its interval, which are values of the sample too."""
        ends = intervals.ranks(percent, self._timed) if self._timed >= intervals.LEAST else None
        if ends is None:
            return ()
        # Half a rank lower, so that no rounding of the product reaches the next one.
        low, high = (100 * (rank - 0.5) / self._timed for rank in ends)
        return tuple(
            Stat("percentile", _ELAPSE, at, f"p{percent:g} {name}")
            for name, at in (("value", percent), ("low", low), ("high", high))
        )


def _counts() -> tuple[Stat, ...]:
    return Stat("count", None, None, "count"), Stat("count", _ELAPSE, None, "timed")


def _of_confidence() -> tuple[Stat, ...]:
    return (
        Stat("count", _CONFIDENCE, None, "confident"),
        Stat("avg", _CONFIDENCE, None, "confidence"),
        Stat("stddev", _CONFIDENCE, None, "deviation"),
    )


def _side(version: str, rows: list[dict[str, Any]]) -> Side:
    own = [row for row in rows if str(row["model_version"]) == version]
    judged = [row for row in own if row["status"] not in (None, record.REJECTED)]
    return Side(
        version=version,
        records=sum(row["count"] for row in own),
        judged=sum(row["count"] for row in judged),
        timed=sum(row["timed"] for row in judged),
        errors=sum(row["count"] for row in judged if row["status"] in (record.FAILED, record.TIMEOUT)),
    )


def _error_rate(side: Side) -> Estimate | None:
    if side.judged < intervals.LEAST:
        return None
    found = intervals.proportion(side.errors, side.judged)
    return Estimate(100 * found.value, 100 * found.low, 100 * found.high)


def _latency(percent: float, found: list[_Asked], sides: tuple[Side, ...]) -> Measure:
    values = [each.percentile(percent) for each in found]
    counts = [side.timed for side in sides]
    return _measure(f"p{percent:g}", f"Latency p{percent:g}", "ms", values, sides, counts, intervals.needed(percent))


def _measure(
    name: str,
    label: str,
    unit: str,
    values: list[Estimate | None] | list[Estimate],
    sides: tuple[Side, ...],
    counts: list[int] | None = None,
    needed: int = intervals.LEAST,
) -> Measure:
    first, second = values
    difference = intervals.difference(first, second) if first and second else None
    verdict = "" if name == "traffic" else _verdict(difference)
    counts = counts or [side.judged for side in sides]
    if name == "traffic":
        says = f"{sides[0].records:,} of version {sides[0].version}, {sides[1].records:,} of version {sides[1].version}"
    elif difference is None:
        few = (f"{n:,} of version {side.version}" for n, side in zip(counts, sides, strict=True) if n < needed)
        says = f"too little data to tell: {', '.join(few)}; {needed} needed"
    else:
        says = _said(name, unit, difference, sides[1].version)
    return Measure(
        name=name,
        label=label,
        unit=unit,
        first=first,
        second=second,
        difference=difference,
        verdict=verdict,
        says=says,
    )


def _verdict(difference: Estimate | None) -> Verdict:
    if difference is None:
        return "too little data"
    if difference.low > 0:
        return "higher"
    return "lower" if difference.high < 0 else "no difference"


def _said(name: str, unit: str, difference: Estimate, version: str) -> str:
    """A difference within its bounds, or that none was seen and how large it could be."""
    unit = {"%": " percentage points", "": ""}.get(unit, f" {unit}")
    if difference.low <= 0 <= difference.high:
        return f"no difference seen: {_signed(difference.low)} to {_signed(difference.high)}{unit}"
    higher = difference.low > 0
    what = _HIGHER.get(name, "is slower") if higher else _LOWER.get(name, "is faster")
    near, far = sorted((abs(difference.low), abs(difference.high)))
    return f"version {version} {what}, by {_plain(abs(difference.value))}{unit} ({_plain(near)} to {_plain(far)})"


def _plain(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def _signed(value: float) -> str:
    return "0" if value == 0 else f"{'+' if value > 0 else '−'}{_plain(abs(value))}"  # noqa: RUF001
