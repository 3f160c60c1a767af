"""Metric filters: what CloudWatch counts in lines that carry no metrics of their own."""

from __future__ import annotations

import msgspec

from inferwatch.cloudwatch.address import REPORT_METRICS, address
from inferwatch.cloudwatch.names import Names, names
from inferwatch.spec import record
from inferwatch.spec.monitor_spec import MonitorSpec

_REPORTED = {
    record.INIT_DURATION_MS: "$.record.metrics.initDurationMs",
    record.MAX_MEMORY_USED_MB: "$.record.metrics.maxMemoryUsedMB",
    record.BILLED_DURATION_MS: "$.record.metrics.billedDurationMs",
}
# Only what the API refused itself has no answer of an integration. 429 is throttling, which is no refusal of a
# request for what it is; an answer to a preflight request has no integration either, and is not of 4xx.
REFUSED_PATTERN = '{ $.integration_status = "-" && $.status = "4*" && $.status != "429" }'


class MetricFilter(msgspec.Struct, frozen=True, kw_only=True):
    """One filter on one log group, the members of a MetricTransformation beside its pattern.

    value: a number, or the selector of one; dimensions: by name, the selector of each value.
    """

    name: str
    log_group: str
    pattern: str
    namespace: str
    metric: str
    value: str
    unit: str
    dimensions: dict[str, str]


def metric_filters(spec: MonitorSpec, *, called: Names | None = None) -> tuple[MetricFilter, ...]:
    """The filters of a model: over the runtime's reports and, where it has an API, over its access log."""
    called = called or names(spec)
    found = [_report(spec, metric, called) for metric in REPORT_METRICS]
    if spec.api.type != "none":
        found.append(_refused(spec, called))
    return tuple(found)


def _report(spec: MonitorSpec, metric: str, called: Names) -> MetricFilter:
    selector = _REPORTED[metric]
    at = address(spec, metric)
    return MetricFilter(
        name=f"{called.prefix}-{metric}",
        log_group=called.log_group,
        pattern=f'{{ $.type = "platform.report" && {selector} = * }}',
        namespace=at.namespace,
        metric=at.name,
        value=selector,
        unit=record.BUILT_IN_UNITS[metric],
        dimensions={},
    )


def _refused(spec: MonitorSpec, called: Names) -> MetricFilter:
    at = address(spec, record.REFUSED_COUNT)
    return MetricFilter(
        name=f"{called.prefix}-{record.REFUSED_COUNT}",
        log_group=called.access_log_group,
        pattern=REFUSED_PATTERN,
        namespace=at.namespace,
        metric=at.name,
        value="1",
        unit=record.BUILT_IN_UNITS[record.REFUSED_COUNT],
        dimensions={name: f"$.{name}" for name in at.dimensions},
    )
