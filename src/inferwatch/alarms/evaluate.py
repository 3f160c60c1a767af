"""The evaluation of one alarm: datapoints in, state and reason out. CloudWatch's rules, by its user guide.

What its documentation leaves open, and what is chosen here, stands in docs/reference/alarms.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from inferwatch.alarms import reason
from inferwatch.alarms.comparison import breaches
from inferwatch.alarms.timing import evaluation_range
from inferwatch.alarms.values import ALARM, INSUFFICIENT_DATA, OK, Datapoint, Evaluation, State
from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.statistic import percentile


def evaluate(alarm: AlarmSpec, datapoints: Sequence[Datapoint], now_ms: int, previous: State) -> Evaluation:
    """The state of `alarm` at the newest boundary before now_ms.

    datapoints: one for each period that has data, on the grid of `evaluation_range`; those outside the
    range and those that are not a number are left out of account. previous: the state until now.
    """
    start_ms, end_ms = evaluation_range(alarm, now_ms)
    real = sorted(
        (p for p in datapoints if start_ms <= p.timestamp_ms < end_ms and not math.isnan(p.value)),
        key=lambda p: p.timestamp_ms,
    )
    deciding = tuple(real[-alarm.evaluation_periods :])
    if weak := next((p for p in deciding if _is_weak(alarm, p)), None):
        return Evaluation(state=previous, reason=reason.few_samples(alarm, weak), datapoints=deciding)

    breaching = [p for p in deciding if breaches(alarm, p.value)]
    healthy = [p for p in deciding if not breaches(alarm, p.value)]
    missing = alarm.evaluation_periods - len(deciding)
    assumed = missing if alarm.treat_missing_data == "breaching" else 0
    if len(breaching) + assumed >= alarm.m:
        text = reason.crossed(alarm, ALARM, breaching, missing)
        return Evaluation(state=ALARM, reason=text, datapoints=deciding)
    if missing and not healthy and alarm.treat_missing_data in ("missing", "ignore"):
        return _without_healthy(alarm, breaching, end_ms, previous)
    return Evaluation(state=OK, reason=reason.crossed(alarm, OK, healthy, missing), datapoints=deciding)


def _without_healthy(alarm: AlarmSpec, breaching: list[Datapoint], end_ms: int, previous: State) -> Evaluation:
    """Fewer than M datapoints, all of them breaching, and the missing ones stay missing."""
    ignore = alarm.treat_missing_data == "ignore"
    if not breaching and not ignore:
        return Evaluation(state=INSUFFICIENT_DATA, reason=reason.insufficient(alarm))
    if breaching and not ignore and end_ms - breaching[0].timestamp_ms >= alarm.m * alarm.period * 1000:
        # The breach is M periods old and nothing since speaks against it.
        text = reason.crossed(alarm, ALARM, breaching, 0)
        return Evaluation(state=ALARM, reason=text, datapoints=tuple(breaching))
    state = OK if previous == INSUFFICIENT_DATA and not ignore else previous
    text = reason.undecided(alarm, breaching, retained=state == previous)
    return Evaluation(state=state, reason=text, datapoints=tuple(breaching))


def _is_weak(alarm: AlarmSpec, point: Datapoint) -> bool:
    """Whether a percentile has too few samples: n < 10/(1-p) from the median up, n < 10/p below it.

    p0 and p100 are the minimum and the maximum, which any number of samples has.
    """
    p = percentile(alarm.statistic)
    if p is None or alarm.evaluate_low_sample_count_percentile == "evaluate" or p in (0, 100):
        return False
    tail = 100 - p if p >= 50 else p
    return point.samples * tail < 1000 * (1 - 1e-9)  # 100 - 99.9 is a little less than 0.1
