"""What CloudWatch Logs hands to a subscription: log events of one stream, as gzipped JSON in base64.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from inferwatch.spec import record


class LogEvent(NamedTuple):
    """One event of a log stream. timestamp: epoch milliseconds, as the logs service took it."""

    id: str
    timestamp: int
    message: str


class LogBatch(NamedTuple):
    """Events of one stream. owner: the account of the log group."""

    owner: str
    log_group: str
    log_stream: str
    events: tuple[LogEvent, ...]


def decoded(data: bytes | str) -> LogBatch:
    """The batch in `data`, which is base64: `awslogs.data` of a function's event, `data` of Firehose's records.

    The message by which the logs service tries a destination, CONTROL_MESSAGE, is a batch without events. Raises
    ValueError where `data` is no such payload.
    """
    try:
        payload = orjson.loads(gzip.decompress(base64.b64decode(data, validate=True)))
        told = () if payload["messageType"] == "CONTROL_MESSAGE" else payload["logEvents"]
        events = tuple(LogEvent(str(each["id"]), int(each["timestamp"]), each["message"]) for each in told)
        return LogBatch(payload["owner"], payload["logGroup"], payload["logStream"], events)
    except (ValueError, KeyError, TypeError, EOFError, OSError, zlib.error) as error:
        raise ValueError(f"this is no batch of log events: {error!r}") from None


def transactions(batch: LogBatch) -> Iterator[tuple[LogEvent, dict[str, Any]]]:
    """The events that are records of inferences, each with its record; all others are passed over."""
    for event in batch.events:
        try:
            line = orjson.loads(event.message)
        except ValueError:
            continue
        if isinstance(line, dict) and line.get("type") == record.RECORD_TYPE:
            yield event, line
