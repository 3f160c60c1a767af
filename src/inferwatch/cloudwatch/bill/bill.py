"""A month's bill: what is used times what it costs, line by line.

Lines are rounded half up to a cent, and totals are of rounded lines, so that what is printed adds up.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial

import msgspec

from inferwatch.cloudwatch.bill.line import (
    DAYS_A_MONTH,
    KB_A_GB,
    MB_A_GB,
    MILLION,
    SECONDS_A_MONTH,
    THOUSAND,
    Line,
    line,
    spread,
)
from inferwatch.cloudwatch.bill.parts import part_lines
from inferwatch.cloudwatch.bill.prices import NOTHING_FREE, Free, Prices
from inferwatch.cloudwatch.bill.usage import INCLUDED_STORAGE_MB, Usage

STORED_SHARE = Decimal("0.15")
"""Log lines are stored compressed, to this share of what was taken in, as CloudWatch's price page counts."""

INSIGHTS_METRICS = 8
INSIGHTS_KB = Decimal("1.1")
"""What Lambda Insights logs of each invocation."""

_lambda = partial(line, "Lambda")
_cloudwatch = partial(line, "CloudWatch")


class Bill(msgspec.Struct, frozen=True):
    """A month's lines, those of which nothing is used left out."""

    lines: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        """USD."""
        return sum((one.amount for one in self.lines), Decimal("0.00"))

    def of(self, service: str) -> Decimal:
        """What one service costs, in USD."""
        return sum((one.amount for one in self.lines if one.service == service), Decimal("0.00"))


def bill(usage: Usage, prices: Prices, free: Free = NOTHING_FREE) -> Bill:
    """The bill of `usage`. free: how much of it AWS gives away."""
    parts = (_function, _metrics, _logs, _api, part_lines, _others)
    return Bill(tuple(one for part in parts for one in part(usage, prices, free) if one.quantity))


def _function(usage: Usage, prices: Prices, free: Free) -> Iterator[Line]:
    seconds = usage.requests * usage.billed_ms / 1000
    gb = usage.memory / MB_A_GB
    if usage.provisioned:
        free = NOTHING_FREE
        kept = usage.provisioned * gb * SECONDS_A_MONTH
        yield _lambda("Provisioned concurrency", kept, "GB-s", prices.provisioned_gb_second)
        yield _lambda("Duration", seconds * gb, "GB-s", prices.provisioned_run_gb_second)
    else:
        price = prices.gb_second[usage.architecture]
        yield _lambda("Duration", seconds * gb, "GB-s", price, free=Decimal(free.gb_seconds))
    requests = Decimal(usage.requests)
    yield _lambda("Requests", requests, "requests", prices.lambda_, MILLION, Decimal(free.function_requests))
    extra = (usage.ephemeral_storage - INCLUDED_STORAGE_MB) / MB_A_GB
    yield _lambda("Ephemeral storage", seconds * extra, "GB-s", prices.storage_gb_second)


def _metrics(usage: Usage, prices: Prices, free: Free) -> Iterator[Line]:
    insights = INSIGHTS_METRICS * usage.insights
    own_free, insights_free = spread(free.metrics, Decimal(usage.metrics), Decimal(insights))
    yield _cloudwatch("Custom metrics", usage.metrics, "metrics", prices.metric, free=own_free)
    yield _cloudwatch("Lambda Insights metrics", insights, "metrics", prices.metric, free=insights_free)
    sent = usage.requests * usage.put_metric_data
    free_calls = Decimal(free.metric_requests)
    yield _cloudwatch("PutMetricData", sent, "requests", prices.put_metric_data, THOUSAND, free_calls)
    yield _cloudwatch("Alarms", usage.alarms, "metrics watched", prices.alarm, free=Decimal(free.alarms))
    high = usage.high_resolution_alarms
    yield _cloudwatch("High-resolution alarms", high, "metrics watched", prices.high_resolution_alarm)
    yield _cloudwatch("Composite alarms", usage.composite_alarms, "alarms", prices.composite_alarm)
    yield _cloudwatch("Dashboard", usage.dashboards, "dashboards", prices.dashboard, free=Decimal(free.dashboards))


def _logs(usage: Usage, prices: Prices, free: Free) -> Iterator[Line]:
    taken_in = usage.requests * (usage.log_kb + usage.endpoint_log_kb + usage.access_kb) / KB_A_GB
    insights = usage.requests * INSIGHTS_KB * usage.insights / KB_A_GB
    stored = taken_in * STORED_SHARE * usage.retention_days / DAYS_A_MONTH
    free_in, free_insights, free_stored = spread(free.log_gb, taken_in, insights, stored)
    yield _cloudwatch("Logs taken in", taken_in, "GB", prices.log_gb, free=free_in)
    yield _cloudwatch("Lambda Insights logs", insights, "GB", prices.log_gb, free=free_insights)
    yield _cloudwatch("Logs stored", stored, "GB-month", prices.stored_gb, free=free_stored)


def _api(usage: Usage, prices: Prices, free: Free) -> Iterator[Line]:
    if usage.api != "none":
        name, price = {"http": ("HTTP API", prices.http_api), "rest": ("REST API", prices.rest_api)}[usage.api]
        yield line("API Gateway", name, usage.requests, "requests", price, MILLION)


def _others(usage: Usage, prices: Prices, free: Free) -> Iterator[Line]:
    yield line("ECR", "Image", usage.image_gb, "GB-month", prices.image_gb)
    told = usage.notifications
    yield line("SNS", "Notifications", told, "notifications", prices.sns, MILLION, Decimal(free.notifications))
    yield line("KMS", "Keys", usage.keys, "keys", prices.key)
