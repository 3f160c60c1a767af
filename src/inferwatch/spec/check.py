"""What the types of a spec cannot say: CloudWatch's limits, and names that must fit together."""

from __future__ import annotations

import math
from collections.abc import Iterable

from inferwatch.spec import aws_check, composite_check, limits, parts_check, query_check, record
from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.composite_alarm import CompositeAlarmSpec
from inferwatch.spec.dashboard import GRID_COLUMNS, NEEDS
from inferwatch.spec.fault import Fault, suggestion
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.period import DAY, HOUR, WEEK, period_problem
from inferwatch.spec.statistic import ADDITIVE, percentile, statistic_problem

LAMBDA_MEMORY = (128, 10_240)
LAMBDA_TIMEOUT = 900
BUILT_IN_OF_A_LINE = 6
"""Metrics that every model has and that travel in its lines."""

_PARTS = {**dict.fromkeys(record.QUEUE_METRICS, "queue"), **dict.fromkeys(record.ENDPOINT_METRICS, "sagemaker")}


def check(spec: MonitorSpec) -> None:
    """Raise Fault for the first thing in `spec` that cannot stand."""
    _model(spec)
    _function(spec)
    _features(spec)
    _metrics(spec)
    _unique("alarm", (alarm.name for alarm in spec.alarms))
    names = [*(alarm.name for alarm in spec.composite_alarms), *(alarm.name for alarm in spec.alarms)]
    _unique("composite_alarm", names)
    for index, alarm in enumerate(spec.alarms):
        _alarm(spec, alarm, f"alarm[{index}]" if alarm.name == "" else f"alarm[{alarm.name}]")
    composite_check.check(spec)
    for composite in spec.composite_alarms:
        _targets(spec, composite, f"composite_alarm[{composite.name}]")
    _dashboard(spec)
    _notify(spec)
    aws_check.check(spec)
    parts_check.check(spec)
    query_check.check(spec)


def _model(spec: MonitorSpec) -> None:
    model = spec.model
    if not model.name or "/" in model.name:
        raise Fault("model.name", f"{model.name!r} must not be empty and must hold no '/'")
    if problem := limits.log_group_problem(spec.identity.log_group):
        key = "model.name" if limits.log_group_problem(model.namespace + "/x") is None else "model.namespace"
        raise Fault(key, f"{spec.identity.log_group!r} as the name of a log group {problem}")
    if problem := limits.metric_namespace_problem(spec.identity.metric_namespace):
        key = "model.metric_namespace" if model.metric_namespace else "model.namespace"
        raise Fault(key, f"{spec.identity.metric_namespace!r} as a metric namespace {problem}")
    if model.version == "":
        raise Fault("model.version", "must not be empty")
    if not spec.identity.environment or len(spec.identity.environment) > limits.DIMENSION_VALUE_MAX:
        raise Fault("environment", "must have a name")
    for key, value in (("model.predict", model.predict), ("model.parse", model.parse)):
        if value is not None and not _is_entry(value):
            raise Fault(key, f"{value!r} must be 'module:function', as in 'app:predict'")
    for path in model.redact:
        if not all(path.split(".")):
            raise Fault("model.redact", f"{path!r} is no path; write it with dots, as in 'requester.ip'")
        if (root := path.partition(".")[0]) in record.CORE_FIELDS - record.REDACTABLE:
            allowed = ", ".join(sorted(record.REDACTABLE))
            raise Fault("model.redact", f"{root!r} cannot be redacted; allowed are {allowed} and fields of your own")


def _is_entry(value: str) -> bool:
    module, colon, function = value.partition(":")
    return bool(colon) and function.isidentifier() and all(part.isidentifier() for part in module.split("."))


def _function(spec: MonitorSpec) -> None:
    function = spec.function
    low, high = LAMBDA_MEMORY
    if not low <= function.memory <= high:
        raise Fault("function.memory", f"{function.memory} is out of range; allowed are {low} to {high} MB")
    if not 0 < function.timeout <= LAMBDA_TIMEOUT:
        raise Fault("function.timeout", f"{function.timeout:g} is out of range; allowed are up to {LAMBDA_TIMEOUT} s")
    if not 1 <= function.concurrency <= 1000:
        raise Fault("function.concurrency", f"{function.concurrency} is out of range; allowed are 1 to 1000")


def _features(spec: MonitorSpec) -> None:
    for name, feature in spec.features.items():
        key = f"features.{name}"
        if feature.min is not None and feature.max is not None and feature.min > feature.max:
            raise Fault(f"{key}.min", f"{feature.min:g} is greater than max, {feature.max:g}")
        if (feature.min is not None or feature.max is not None) and feature.type not in ("number", "integer"):
            raise Fault(f"{key}.type", f"{feature.type!r} has no min and max; only numbers have")
        if feature.values is not None and not (
            feature.values and all(_may_be(feature.type, v) for v in feature.values)
        ):
            raise Fault(
                f"{key}.values", f"{list(feature.values)} must hold values of type {feature.type}, at least one"
            )
        if feature.length is not None and feature.length < -1:
            raise Fault(f"{key}.length", f"{feature.length} must be -1 (any length) or more")


def _may_be(kind: str, value: str | float) -> bool:
    if kind == "string":
        return isinstance(value, str)
    return kind != "boolean" and not isinstance(value, str) and (kind == "number" or float(value).is_integer())


def _metrics(spec: MonitorSpec) -> None:
    _unique("metric", (metric.name for metric in spec.metrics))
    for metric in spec.metrics:
        key = f"metric[{metric.name}]"
        if problem := limits.printable_ascii_problem(metric.name, limits.METRIC_NAME_MAX):
            raise Fault(f"{key}.name", problem)
        if metric.name in record.CORE_FIELDS:
            raise Fault(f"{key}.name", f"{metric.name!r} is a name that every record has already")
        if metric.field is not None and not all(metric.field.split(".")):
            raise Fault(f"{key}.field", f"{metric.field!r} is no path; write it with dots, as in 'request.pages'")
        if metric.unit not in limits.UNITS:
            known = ", ".join(limits.UNITS)
            raise Fault(f"{key}.unit", f"{metric.unit!r} is no unit of CloudWatch's; allowed are {known}")
    most = limits.METRICS_A_LINE_MAX - BUILT_IN_OF_A_LINE
    if len(spec.metrics) > most:
        raise Fault(
            "metric", f"{len(spec.metrics)} metrics are too many; beside those of every model there may be {most}"
        )


def _alarm(spec: MonitorSpec, alarm: AlarmSpec, key: str) -> None:
    if problem := limits.printable_ascii_problem(alarm.name, limits.ALARM_NAME_MAX):
        raise Fault(f"{key}.name", problem)
    _metric(spec, alarm.metric, key)
    _dimensions(spec, alarm, key)
    _statistic(alarm.metric, alarm.statistic, key)
    if not math.isfinite(alarm.threshold):
        raise Fault(f"{key}.threshold", f"{alarm.threshold} is not allowed; expected a finite number")
    if alarm.evaluate_low_sample_count_percentile != "evaluate" and percentile(alarm.statistic) is None:
        raise Fault(f"{key}.evaluate_low_sample_count_percentile", "is for percentiles only")
    _timing(alarm, key)
    _targets(spec, alarm, key)


def _metric(spec: MonitorSpec, metric: str, key: str) -> None:
    """That the model has `metric`."""
    needed = _PARTS.get(metric)
    if needed is not None and getattr(spec, needed) is None:
        raise Fault(f"{key}.metric", f"{metric!r} needs a [{needed}] table")
    if spec.unit(metric) is None:
        built_in = [name for name in record.BUILT_IN_UNITS if spec.unit(name) is not None]
        known = [*built_in, *(own.name for own in spec.metrics)]
        hint = suggestion(metric, known)
        raise Fault(f"{key}.metric", f"{metric!r} is no metric of this model; it has {', '.join(known)}{hint}")
    if metric == record.PREDICTION_PROBABILITY and not spec.has_confidence:
        raise Fault(f"{key}.metric", f"{metric!r} needs model.confidence_scale, 1 or 100")


def _statistic(metric: str | None, statistic: str, key: str) -> None:
    if problem := statistic_problem(statistic):
        raise Fault(f"{key}.statistic", f"{statistic!r} {problem}")
    if metric in record.GAUGES and statistic in ADDITIVE:
        problem = f"of {metric} tells how often the queue was looked at; take 'Maximum' or 'Average'"
        raise Fault(f"{key}.statistic", f"{statistic!r} {problem}")


def _dimensions(spec: MonitorSpec, alarm: AlarmSpec, key: str) -> None:
    if alarm.dimensions is None:
        return
    sets, hint = [set(record.DIMENSIONS)], ""
    if alarm.metric in record.WITHOUT_VERSION:
        hint = f"; what counts it knows no {record.VERSION_DIMENSION}"
    elif spec.model.by_version:
        sets.append({*record.DIMENSIONS, record.VERSION_DIMENSION})
    else:
        hint = f"; model.by_version = true adds {record.VERSION_DIMENSION}"
    if set(alarm.dimensions) not in sets:
        given, allowed = ", ".join(alarm.dimensions), " or ".join(", ".join(sorted(names)) for names in sets)
        raise Fault(f"{key}.dimensions", f"{given!r} are no set of {alarm.metric}; it has {allowed}{hint}")
    for name, expected in spec.identity.dimensions.items():
        if (value := alarm.dimensions[name]) != expected:
            raise Fault(f"{key}.dimensions.{name}", f"{value!r} is not this model's; expected {expected!r}")
    version = alarm.dimensions.get(record.VERSION_DIMENSION)
    if version is not None and (problem := limits.printable_ascii_problem(version, limits.DIMENSION_VALUE_MAX)):
        raise Fault(f"{key}.dimensions.{record.VERSION_DIMENSION}", problem)


def _timing(alarm: AlarmSpec, key: str) -> None:
    if problem := period_problem(alarm.period):
        raise Fault(f"{key}.period", f"{alarm.period} {problem}")
    if alarm.evaluation_periods < 1:
        raise Fault(f"{key}.evaluation_periods", f"{alarm.evaluation_periods} must be 1 or more")
    longest = DAY if alarm.period < HOUR else WEEK
    if alarm.evaluation_periods * alarm.period > longest:
        raise Fault(f"{key}.evaluation_periods", f"times the period is more than {longest // DAY} day(s)")
    if not 1 <= alarm.m <= alarm.evaluation_periods:
        allowed = f"allowed are 1 to evaluation_periods, {alarm.evaluation_periods}"
        raise Fault(f"{key}.datapoints_to_alarm", f"{alarm.m} is out of range; {allowed}")


def _targets(spec: MonitorSpec, alarm: AlarmSpec | CompositeAlarmSpec, key: str) -> None:
    for target in alarm.notify or ():
        if target not in spec.notify:
            known = ", ".join(spec.notify) or "none"
            raise Fault(f"{key}.notify", f"there is no [notify.{target}]; declared are {known}")
    if len(spec.targets(alarm)) > limits.ALARM_ACTIONS_MAX:
        raise Fault(f"{key}.notify", f"an alarm has at most {limits.ALARM_ACTIONS_MAX} actions a state")


def _dashboard(spec: MonitorSpec) -> None:
    for index, widget in enumerate(spec.dashboard.widget):
        key = f"dashboard.widget[{index}]"
        if not 1 <= widget.width <= GRID_COLUMNS:
            raise Fault(f"{key}.width", f"{widget.width} is out of range; allowed are 1 to {GRID_COLUMNS}")
        if not 1 <= widget.height <= 1000:
            raise Fault(f"{key}.height", f"{widget.height} is out of range; allowed are 1 to 1000")
        if widget.type == "probability" and not spec.has_confidence:
            raise Fault(f"{key}.type", "'probability' needs model.confidence_scale, 1 or 100")
        needed = NEEDS.get(widget.type)
        if needed is not None and getattr(spec, needed) is None:
            raise Fault(f"{key}.type", f"{widget.type!r} needs a [{needed}] table")
        if widget.type == "metric":
            _metric(spec, widget.metric or "", key)
        _statistic(widget.metric, widget.statistic, key)


def _notify(spec: MonitorSpec) -> None:
    for name, target in spec.notify.items():
        if target.webhook_env == "":
            raise Fault(f"notify.{name}.webhook_env", "must name an environment variable, as in 'SLACK_WEBHOOK_URL'")
        if target.webhook_env is not None and "://" in target.webhook_env:
            problem = "must name an environment variable; the URL is a secret and stays out of the spec"
            raise Fault(f"notify.{name}.webhook_env", problem)


def _unique(table: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise Fault(f"{table}[{name}]", "stands twice; each name stands once")
        seen.add(name)
