"""What the runtime writes into a stream around the handler's own lines: `platform.*` events, in Lambda's form.

https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html has `initStart`, `initReport`, `start`
and `report`. `streamEnd` is our own: nothing follows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from inferwatch.sdk.clock import iso
from inferwatch.store.streams.emf import is_number

INIT_START: Final = "platform.initStart"
START: Final = "platform.start"
REPORT: Final = "platform.report"
STREAM_END: Final = "platform.streamEnd"

QUEUE_SOURCE: Final = "aws:sqs"

KILLED: Final = "Runtime.Killed"
"""The `errorType` of an invocation whose environment died with everything else; ours, beside Lambda's own."""


def is_queued(record: Mapping[str, Any]) -> bool:
    """Whether a start or a report is of an invocation by a queue, whose messages come back if it ends without answer.

    The mark is our own: Lambda's telemetry does not say who invoked.
    """
    return record.get("eventSource") == QUEUE_SOURCE


def line(kind: str, at_ms: int, record: Mapping[str, Any]) -> bytes:
    """The line of one event, without its newline. Its members' order is what `scan` knows it by."""
    return orjson.dumps({"time": iso(at_ms), "type": kind, "record": record})


def metric(record: Mapping[str, Any], name: str) -> float | None:
    """A number of an event's `metrics`, or None."""
    metrics = record.get("metrics")
    value = metrics.get(name) if isinstance(metrics, dict) else None
    return float(value) if is_number(value) else None
