"""The line of what an endpoint's container did for a function. It is loaded only in such a container."""

from __future__ import annotations

import orjson

from inferwatch.sdk.encode import encoded
from inferwatch.spec import record

_THE_FUNCTIONS = ("request", "response", "features", "prediction", "confidence", "requester")


def endpoint_line(line: bytes) -> bytes:
    """The line of an endpoint's invocation, out of that which a transaction of its own would have had.

    What the function's record says stands there alone, and so do the metrics: one inference counts once. Ids, times,
    status, error, and the model's own fields stay, as redacted.
    """
    document = orjson.loads(line)
    for name in ("_aws", *_THE_FUNCTIONS, *record.BUILT_IN_UNITS):
        document.pop(name, None)
    return encoded({**document, "type": record.ENDPOINT_TYPE}) + b"\n"
