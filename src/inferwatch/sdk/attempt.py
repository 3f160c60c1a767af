"""The line of a message that was tried and left no transaction. It is loaded only where there is a queue."""

from __future__ import annotations

from collections.abc import Container

import orjson

from inferwatch.sdk.emf import definition
from inferwatch.sdk.encode import encoded
from inferwatch.spec import record


def attempt_line(line: bytes, *, final: bool, high_resolution: Container[str] = ()) -> bytes:
    """The line of an attempt, out of that which its transaction would have had: as redacted, and never longer.

    It carries one metric: `RejectedCount` where this was the message's last try, `RetriedCount` where it comes back.
    final: whether it was the last; high_resolution: the metrics that an alarm watches by less than a minute.
    """
    document = orjson.loads(line)
    (directive,) = document["_aws"]["CloudWatchMetrics"]
    for name in record.BUILT_IN_UNITS:
        document.pop(name, None)
    counted = record.REJECTED_COUNT if final else record.RETRIED_COUNT
    if counted in record.WITHOUT_VERSION:
        directive["Dimensions"] = [list(record.DIMENSIONS)]
    directive["Metrics"] = [definition(counted, record.BUILT_IN_UNITS[counted], high_resolution)]
    return encoded({**document, "type": record.ATTEMPT_TYPE, "final": final, counted: 1}) + b"\n"
