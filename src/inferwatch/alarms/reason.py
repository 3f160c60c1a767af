"""Why an alarm is in its state, in the words that CloudWatch uses for StateReason.

CloudWatch writes one of two forms: with `datapoints_to_alarm` given, "2 out of the last 3 datapoints [...] were
... (minimum 2 datapoints for OK -> ALARM transition)"; without it, "3 datapoints [...] were ...". Datapoints stand
newest first; from five on, the five newest stand in a sentence of their own. Numbers are written as Java does.
The `Unchanged:` sentences are ours, since CloudWatch leaves the older reason where a state is retained.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from inferwatch.alarms.comparison import WORDS
from inferwatch.alarms.values import ALARM, Datapoint, State
from inferwatch.spec.alarm import AlarmSpec

INITIAL = "Unchecked: Initial alarm creation"
_TREATED_AS = {"breaching": "Breaching", "notBreaching": "NonBreaching"}
_LISTED_MAX = 5


def crossed(alarm: AlarmSpec, state: State, points: Sequence[Datapoint], filled: int) -> str:
    """The reason of OK or ALARM.

    points: the real datapoints that speak for `state`, oldest first; filled: how many missing ones were
    treated as breaching or not breaching.
    """
    if filled == alarm.evaluation_periods and alarm.treat_missing_data in _TREATED_AS:
        received = f"no datapoints were received for {_count(filled, 'period')} and "
        return f"Threshold Crossed: {received}{_fill(alarm, filled)}."
    return f"Threshold Crossed: {_verdict(alarm, state, points, filled)}."


def insufficient(alarm: AlarmSpec) -> str:
    """The reason of INSUFFICIENT_DATA."""
    n = alarm.evaluation_periods
    return f"Insufficient Data: {_count(n, 'datapoint')} {_were(n)} unknown."


def undecided(alarm: AlarmSpec, breaching: Sequence[Datapoint], *, retained: bool) -> str:
    """The reason where the missing datapoints leave open what the state should be. breaching: fewer than M."""
    begin = "Unchanged" if retained else "Not in ALARM"
    n = alarm.evaluation_periods
    if not breaching:
        return f"{begin}: no datapoints were received for {_count(n, 'period')}, and missing data is ignored."
    listed = _list(breaching[-_LISTED_MAX:])
    did = f"{_count(len(breaching), 'datapoint')} {listed} {_were(len(breaching))} {_threshold(alarm)}"
    return f"{begin}: {did}; the other datapoints are missing, and ALARM takes {alarm.m} out of {n}."


def few_samples(alarm: AlarmSpec, point: Datapoint) -> str:
    """The reason where a percentile rests on too few samples to decide."""
    return f"Unchanged: {alarm.statistic} of {number(point.samples)} samples at {_date(point)} is too few to decide."


def number(value: float) -> str:
    """`value` as Java's Double.toString writes it: 0.45, 2000.0, 1.0E7, 5.0E-4."""
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(float(value))
    sign, digits, exponent = Decimal(repr(float(value))).normalize().as_tuple()
    tail = "".join(map(str, digits[1:])) or "0"
    return f"{'-' * sign}{digits[0]}.{tail}E{int(exponent) + len(digits) - 1}"


def _verdict(alarm: AlarmSpec, state: State, points: Sequence[Datapoint], filled: int) -> str:
    n, m, k = alarm.evaluation_periods, alarm.m, len(points)
    minimum = ""
    if alarm.datapoints_to_alarm is not None:
        needed, change = (m, "OK -> ALARM") if state == ALARM else (n - m + 1, "ALARM -> OK")
        minimum = f" (minimum {_count(needed, 'datapoint')} for {change} transition)"
    if not points:
        return f"{_fill(alarm, filled)}{minimum}"
    aside = f" and {_fill(alarm, filled)}" if filled and alarm.treat_missing_data in _TREATED_AS else ""
    relation = f"{_were(k)} {'' if state == ALARM else 'not '}{_threshold(alarm)}{aside}"
    subject = f"{k} out of the last {n} datapoints" if minimum else _count(k, "datapoint")
    if k < _LISTED_MAX:
        return f"{subject} {_list(points)} {relation}{minimum}"
    which = "crossed" if state == ALARM else "did not cross"
    newest = f"The most recent datapoints which {which} the threshold: {_list(points[-_LISTED_MAX:])}"
    return f"{subject} {relation}. {newest}{minimum}"


def _threshold(alarm: AlarmSpec) -> str:
    return f"{WORDS[alarm.comparison]} the threshold ({number(alarm.threshold)})"


def _fill(alarm: AlarmSpec, filled: int) -> str:
    treated = f"{_were(filled)} treated as [{_TREATED_AS[alarm.treat_missing_data]}]"
    return f"{_count(filled, 'missing datapoint')} {treated}"


def _list(points: Sequence[Datapoint]) -> str:
    return "[" + ", ".join(f"{number(point.value)} ({_date(point)})" for point in reversed(points)) + "]"


def _date(point: Datapoint) -> str:
    return datetime.fromtimestamp(point.timestamp_ms / 1000, UTC).strftime("%d/%m/%y %H:%M:%S")


def _count(k: int, noun: str) -> str:
    return f"{k} {noun}" if k == 1 else f"{k} {noun}s"


def _were(k: int) -> str:
    return "was" if k == 1 else "were"
