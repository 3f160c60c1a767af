"""What a function says of a batch, by Lambda's rules for `ReportBatchItemFailures`.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import orjson


def failed_ids(payload: bytes, batch: Collection[str]) -> frozenset[str]:
    """The message ids of `batch` that failed. payload: what the function returned.

    Nothing said, or an empty list, means that all went well. An answer of any other form than
    `{"batchItemFailures": [{"itemIdentifier": id}]}`, or one that names a message which is not in the batch, is a
    failure of all.
    """
    everything = frozenset(batch)
    try:
        said = orjson.loads(payload)
        named = _named(said)
    except ValueError:
        return everything
    return named if named <= everything else everything


def _named(said: Any) -> frozenset[str]:
    """Raises ValueError for an answer that has not the form."""
    if said is None:
        return frozenset()
    if not isinstance(said, dict):
        raise ValueError("no object")
    failures = said.get("batchItemFailures")
    if failures is None:
        return frozenset()
    if not isinstance(failures, list):
        raise ValueError("no list of failures")
    ids: set[str] = set()
    for failure in failures:
        named = failure.get("itemIdentifier") if isinstance(failure, dict) else None
        if not isinstance(named, str) or not named:
            raise ValueError("a failure without an identifier")
        ids.add(named)
    return frozenset(ids)
