"""Saved queries of Logs Insights: what a person on call asks first, and the spec's own."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from inferwatch.cloudwatch.access_log import access_log_format
from inferwatch.cloudwatch.names import Names, names
from inferwatch.errors import DialectError
from inferwatch.query.dialects import logs_insights
from inferwatch.query.saved import Saved, saved_questions
from inferwatch.spec import record
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.statistic import ADDITIVE

SLOW_MS = 2000.0
_INFERENCES = f'filter type = "{record.RECORD_TYPE}"'
_ATTEMPTS = f'filter type = "{record.ATTEMPT_TYPE}"'
_REPORTS = 'filter type = "platform.report"'
# One row a transaction: its record in the function's log, and the line with its id in the endpoint's.
_BEHIND_EACH = (
    f'fields strcontains(type, "{record.ENDPOINT_TYPE}") * elapse as in_endpoint',
    f'filter type in ["{record.RECORD_TYPE}", "{record.ENDPOINT_TYPE}"]',
    f"stats sum({record.INVOCATIONS}) as inferences, max({record.LATENCY_MS}) as function_ms, "
    "max(in_endpoint) as endpoint_ms, latest(status) as outcome, latest(error.type) as trouble by transaction_id",
    "sort function_ms desc",
    "limit 100",
)


class SavedQuery(msgspec.Struct, frozen=True):
    """One saved query. name: slashes are folders; text: of Logs Insights QL; log_groups: what it reads."""

    name: str
    text: str
    log_groups: tuple[str, ...]


def saved_queries(spec: MonitorSpec, *, called: Names | None = None) -> tuple[SavedQuery, ...]:
    """The queries of a model, in the order in which one asks. The spec's own stand last, or in the place of one of ours
    that is called the same; those that Insights cannot say are left out, see `unsaid`.

    Raises SpecError for one that no engine can be asked.
    """
    called = called or names(spec)
    over: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
        title: (lines, (called.log_group,)) for title, lines in _own(spec).items()
    }
    if spec.api.type != "none":
        over["Refused by the API"] = (_refused(spec), (called.access_log_group,))
    if spec.sagemaker is not None:
        over["Function and endpoint"] = (_BEHIND_EACH, (called.log_group, called.endpoint_log_group))
    for saved in saved_questions(spec):
        text, _ = _of_spec(saved)
        if text:
            over[saved.name] = ((text,), (called.log_group,))
    return tuple(SavedQuery(called.query(title), _text(lines), groups) for title, (lines, groups) in over.items())


def unsaid(spec: MonitorSpec) -> Iterator[tuple[str, str]]:
    """The spec's own queries that are no saved queries of Logs Insights: name, and why."""
    for saved in saved_questions(spec):
        _, problem = _of_spec(saved)
        if problem:
            yield saved.name, problem


def slow_ms(spec: MonitorSpec) -> float:
    """Milliseconds from which an inference counts as slow: the lowest that an alarm on latency allows, else 2000."""
    on_latency = (a for a in spec.alarms if a.metric == record.LATENCY_MS and a.statistic not in ADDITIVE)
    return min((a.threshold for a in on_latency if a.comparison.startswith("Greater")), default=SLOW_MS)


def slow_or_failed(spec: MonitorSpec, limit: int = 100) -> str:
    """The transactions that one looks at first, newest first."""
    return _text(
        (
            f"fields {_fields(spec)}",
            f'{_INFERENCES} and (elapse >= {slow_ms(spec):g} or status in ["failed", "timeout"])',
            "sort @timestamp desc",
            f"limit {limit}",
        )
    )


def _of_spec(saved: Saved) -> tuple[str, str]:
    """The text of one of the spec's own queries, "" where Insights cannot say it; and why not.

    The range of time is left to who asks, since Insights has its own.
    """
    question = msgspec.structs.replace(saved.question(saved.since_ms), node=None)
    try:
        return logs_insights.emit(question, ranged=False).text, ""
    except DialectError as error:
        return "", error.problem


def _own(spec: MonitorSpec) -> dict[str, tuple[str, ...]]:
    """By title, the lines of each query over the model's own log group."""
    fields = f"fields {_fields(spec)}"
    queries = {
        "Slow": (fields, f"{_INFERENCES} and elapse >= {slow_ms(spec):g}", "sort elapse desc", "limit 20"),
        "Failed": (fields, f'{_INFERENCES} and status in ["failed", "timeout"]', "sort @timestamp desc", "limit 20"),
        "Errors by type": (
            f'{_INFERENCES} and status != "succeeded"',
            "stats count(*) as times, latest(error.message) as newest by status, error.type",
            "sort times desc",
        ),
    }
    if spec.has_confidence:
        queries["Unsure"] = (fields, f"{_INFERENCES} and ispresent(confidence)", "sort confidence asc", "limit 20")
    if spec.queue is not None:
        queries["Attempts"] = (
            _ATTEMPTS,
            "stats count(*) as attempts, count_distinct(message_id) as messages, max(receive_count) as tries, "
            "latest(message_id) as newest_message, latest(error.message) as newest by status, error.type",
            "sort attempts desc",
        )
    queries |= {
        "Killed environments": (
            "fields @timestamp, record.requestId, record.status, record.metrics.durationMs, "
            "record.metrics.maxMemoryUsedMB, record.metrics.memorySizeMB",
            f'{_REPORTS} and record.status != "success"',
            "sort @timestamp desc",
            "limit 20",
        ),
        "Latency by minute": (_INFERENCES, f"stats {_latency()} by bin(1m)"),
        "By version": (_INFERENCES, f"stats {_latency()}, {_outcomes()}{_confidence(spec)} by model_version"),
        "Requesters": (
            _INFERENCES,
            f"stats count(*) as inferences, {_outcomes()} by requester.principal, requester.ip",
            "sort inferences desc",
            "limit 20",
        ),
        "Cold starts and memory": (
            _REPORTS,
            "stats count(*) as invocations, count(record.metrics.initDurationMs) as cold_starts, "
            "max(record.metrics.initDurationMs) as slowest_init, max(record.metrics.maxMemoryUsedMB) as memory "
            "by bin(1h)",
        ),
    }
    return queries


def _refused(spec: MonitorSpec) -> tuple[str, ...]:
    by = [member for member in ("status", "error", "method", "route", "ip") if member in access_log_format(spec)]
    return (
        'filter integration_status = "-" and status like /^[45]/',
        f"stats count(*) as times by {', '.join(by)}",
        "sort times desc",
        "limit 20",
    )


def _fields(spec: MonitorSpec) -> str:
    confidence = "confidence, " if spec.has_confidence else ""
    outcome = f"@timestamp, status, elapse, {confidence}prediction, error.type, error.message"
    return f"{outcome}, model_version, transaction_id, request_id"


def _latency() -> str:
    return "count(*) as inferences, pct(elapse, 50) as p50, pct(elapse, 90) as p90, pct(elapse, 99) as p99"


def _outcomes() -> str:
    return f"sum({record.ERROR_COUNT}) as errors, sum({record.REJECTED_COUNT}) as rejected"


def _confidence(spec: MonitorSpec) -> str:
    return f", avg({record.PREDICTION_PROBABILITY}) as confidence" if spec.has_confidence else ""


def _text(lines: tuple[str, ...]) -> str:
    return "\n| ".join(lines)
