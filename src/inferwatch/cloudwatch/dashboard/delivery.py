"""Widgets of what happens to a line after the log has it: on its way to the history and to the lake.

Delays stand on the right axis, counts on the left, where there is nothing while all is well.
"""

from __future__ import annotations

from typing import Any

from inferwatch.cloudwatch.address import LAMBDA_NAMESPACE, QUEUE_NAMESPACE, VISIBLE, MetricAddress
from inferwatch.cloudwatch.dashboard.widgets import Place, Row, metrics_of, row_at
from inferwatch.cloudwatch.names import HISTORY_INDEX, Names

LOGS_NAMESPACE = "AWS/Logs"
TABLE_NAMESPACE = "AWS/DynamoDB"
STREAM_NAMESPACE = "AWS/Firehose"
WRITE_OPERATION = "BatchWriteItem"
"""Of the history's writer; DynamoDB counts latency by operation."""


def history_widget(place: Place, title: str) -> dict[str, Any]:
    """Whether transactions reach the table, and how fast it takes them."""
    called = place.called
    table = {"TableName": called.history}
    rows = [
        *_subscription(called, called.history_subscription, "Lambda"),
        _failed("Writer failed", LAMBDA_NAMESPACE, "Errors", {"FunctionName": called.history_writer}),
        row_at(
            MetricAddress(QUEUE_NAMESPACE, VISIBLE, {"QueueName": called.history_failures}),
            label="Batches given up",
            stat="Maximum",
        ),
        _failed("Table throttled", TABLE_NAMESPACE, "WriteThrottleEvents", table),
        _failed(
            "Index throttled",
            TABLE_NAMESPACE,
            "WriteThrottleEvents",
            {**table, "GlobalSecondaryIndexName": HISTORY_INDEX},
        ),
        _delay(
            "Write", "Average", TABLE_NAMESPACE, "SuccessfulRequestLatency", {**table, "Operation": WRITE_OPERATION}
        ),
    ]
    return _delivery(place, title, rows, "Milliseconds")


def lake_widget(place: Place, title: str) -> dict[str, Any]:
    """Whether transactions reach the lake, and how old the oldest is that has not."""
    called = place.called
    stream = {"DeliveryStreamName": called.lake}
    rows = [
        *_subscription(called, called.lake_subscription, "Firehose"),
        _failed("Transform failed", LAMBDA_NAMESPACE, "Errors", {"FunctionName": called.lake_transform}),
        _failed("Stream throttled", STREAM_NAMESPACE, "ThrottledRecords", stream),
        _failed("Not converted", STREAM_NAMESPACE, "FailedConversion.Records", stream),
        _delay("Oldest not delivered", "Maximum", STREAM_NAMESPACE, "DeliveryToS3.DataFreshness", stream),
    ]
    return _delivery(place, title, rows, "Seconds")


def _delivery(place: Place, title: str, rows: list[Row], delay: str) -> dict[str, Any]:
    left, right = ({"min": 0, "showUnits": False, "label": label} for label in ("Count", delay))
    return {
        **metrics_of(place, rows),
        "title": title,
        "view": "timeSeries",
        "stacked": False,
        "yAxis": {"left": left, "right": right},
    }


def _subscription(called: Names, name: str, destination: str) -> list[Row]:
    """What the log could not hand on, or not at once; it tries again for a day."""
    where = {"LogGroupName": called.log_group, "DestinationType": destination, "FilterName": name}
    return [
        _failed("Log not delivered", LOGS_NAMESPACE, "DeliveryErrors", where),
        _failed("Log throttled", LOGS_NAMESPACE, "DeliveryThrottling", where),
    ]


def _failed(label: str, namespace: str, metric: str, dimensions: dict[str, str]) -> Row:
    return row_at(MetricAddress(namespace, metric, dimensions), label=label, stat="Sum")


def _delay(label: str, statistic: str, namespace: str, metric: str, dimensions: dict[str, str]) -> Row:
    return row_at(MetricAddress(namespace, metric, dimensions), label=label, stat=statistic, yAxis="right")
