"""An alarm as the spec declares it: the members of CloudWatch's PutMetricAlarm, in snake case."""

from __future__ import annotations

from typing import Literal

import msgspec

from inferwatch.spec import record

Comparison = Literal[
    "GreaterThanThreshold",
    "GreaterThanOrEqualToThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
]
TreatMissingData = Literal["missing", "ignore", "breaching", "notBreaching"]
LowSampleCountPercentile = Literal["evaluate", "ignore"]


class AlarmSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One metric alarm.

    period: seconds, 10, 20, 30 or a multiple of 60; evaluation_periods: N; datapoints_to_alarm: M of N,
    N where not given; dimensions: the model's default set where not given; notify: names of
    `[notify.*]` tables, all of them where not given.
    """

    name: str
    metric: str
    comparison: Comparison
    threshold: float
    statistic: str = "Average"
    period: int = 60
    evaluation_periods: int = 1
    datapoints_to_alarm: int | None = None
    treat_missing_data: TreatMissingData = "missing"
    evaluate_low_sample_count_percentile: LowSampleCountPercentile = "evaluate"
    dimensions: dict[str, str] | None = None
    description: str = ""
    runbook: str = ""
    notify: tuple[str, ...] | None = None

    @property
    def m(self) -> int:
        """Datapoints that must breach: M of "M out of N"."""
        return self.evaluation_periods if self.datapoints_to_alarm is None else self.datapoints_to_alarm


def default_alarms(*, has_confidence: bool, has_queue: bool) -> list[dict[str, object]]:
    """The alarms that every model has unless its spec says otherwise, as they would stand in the TOML file.

    Silence is not a fault of the model, so missing data does not breach.
    """
    wanted = [_LATENCY, _ERRORS, *([_PROBABILITY] if has_confidence else []), *([_DEAD_LETTERS] if has_queue else [])]
    return [{**alarm, "treat_missing_data": "notBreaching"} for alarm in wanted]


_LATENCY: dict[str, object] = {
    "name": "High-Latency-Alarm",
    "metric": record.LATENCY_MS,
    "comparison": "GreaterThanThreshold",
    "threshold": 2000.0,
    "description": "The model answers slowly.",
}
_ERRORS: dict[str, object] = {
    "name": "Inference-Error-Alarm",
    "metric": record.ERROR_COUNT,
    "statistic": "Sum",
    "comparison": "GreaterThanThreshold",
    "threshold": 0.0,
    "description": "Inferences fail, time out, or kill their environment.",
}
_PROBABILITY: dict[str, object] = {
    "name": "Low-Probability-Alarm",
    "metric": record.PREDICTION_PROBABILITY,
    "comparison": "LessThanThreshold",
    "threshold": 0.45,
    "description": "The model is unsure of its predictions.",
}
_DEAD_LETTERS: dict[str, object] = {
    "name": "Dead-Letter-Alarm",
    "metric": record.DEAD_LETTERS,
    "statistic": "Maximum",
    "comparison": "GreaterThanThreshold",
    "threshold": 0.0,
    "description": "Messages that could not be taken lie in the dead-letter queue.",
}
