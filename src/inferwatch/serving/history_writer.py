"""Writes records into the history table: a Lambda function to which the log group's records are sent.

It is called off the request path, in batches, and again with the same batch where it failed: the same record is the
same item. What could not be written at last, the function's failure destination keeps.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from random import random
from time import sleep as _sleep
from typing import Any

from inferwatch.sdk.encode import encoded
from inferwatch.serving.log_events import LogBatch, LogEvent, decoded, transactions

TABLE_VARIABLE = "INFERWATCH_HISTORY_TABLE"
DAYS_VARIABLE = "INFERWATCH_HISTORY_DAYS"

KEY, MODEL, START = "transaction_id", "model", "start_at"
EXPIRY = "expires_at"
"""Epoch seconds, after which DynamoDB deletes an item."""
SEARCHED = ("status", "elapse", "confidence", "model_version", "deployment_id", "request_id", "server_id")
"""Members of the record that are attributes of their own; the whole record is the text `record`."""

RECORD_MAX = 380_000
"""Bytes of that text: an item may have 400 KB."""
BATCH_MAX = 25
_KEY_MAX = 2048
_TEXT_MAX = 1024
_NUMBER_MAX, _NUMBER_MIN = 1e125, 1e-130
_START = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_SECONDS_A_DAY = 86_400
_FIRST_WAIT, _LONGEST_WAIT, _RESERVE = 0.05, 5.0, 2.0

Item = dict[str, dict[str, Any]]
Handler = Callable[[Any, Any], None]


class NotWritten(Exception):
    """DynamoDB did not take all items in time: Lambda tries the batch again, and keeps it in the end."""


def item(batch: LogBatch, event: LogEvent, record: dict[str, Any], days: int) -> Item | None:
    """The item of a record, for DynamoDB's API; None for one without an id.

    A member that DynamoDB would not take as an attribute stands in the text alone. A record that is too long for an
    item keeps its attributes and is marked `truncated`.
    """
    identity = record.get(KEY)
    if not isinstance(identity, str) or not 0 < len(identity.encode()) <= _KEY_MAX:
        return None
    attributes: Item = {
        KEY: {"S": identity},
        MODEL: {"S": model_key(batch.log_group, str(record.get("environment", "")))},
        EXPIRY: {"N": str(event.timestamp // 1000 + days * _SECONDS_A_DAY)},
    }
    start = record.get(START)
    if isinstance(start, str) and _START.fullmatch(start):
        attributes[START] = {"S": start}
    for name in SEARCHED:
        if value := _attribute(record.get(name)):
            attributes[name] = value
    text = encoded({name: value for name, value in record.items() if name != "_aws"})
    if len(text) <= RECORD_MAX:
        attributes["record"] = {"S": text.decode()}
    else:
        attributes["truncated"] = {"BOOL": True}
    return attributes


def model_key(log_group: str, environment: str) -> str:
    """The index's partition key: `/abc_corp/claim/doc_classification#prod`."""
    return f"{log_group}#{environment}".encode()[:_KEY_MAX].decode(errors="ignore")


def write(
    client: Any,
    table: str,
    items: list[Item],
    seconds_left: Callable[[], float],
    sleep: Callable[[float], None] = _sleep,
    jitter: Callable[[], float] = random,
) -> None:
    """Write all items, those that DynamoDB puts off again after a wait that doubles. Raises NotWritten."""
    for first in range(0, len(items), BATCH_MAX):
        pending: list[Any] = [{"PutRequest": {"Item": each}} for each in items[first : first + BATCH_MAX]]
        wait = _FIRST_WAIT
        while pending:
            pending = client.batch_write_item(RequestItems={table: pending})["UnprocessedItems"].get(table, [])
            if pending:
                pause = wait * jitter()
                if seconds_left() < pause + _RESERVE:
                    unwritten = len(pending) + max(0, len(items) - first - BATCH_MAX)
                    raise NotWritten(f"DynamoDB took {len(items) - unwritten} of {len(items)} items of {table} in time")
                sleep(pause)
                wait = min(wait * 2, _LONGEST_WAIT)


def build(environ: Mapping[str, str], client: Any) -> Handler:
    """The handler that writes with `client`, of boto3."""
    table, days = environ[TABLE_VARIABLE], int(environ[DAYS_VARIABLE])

    def handle(event: Any, context: Any) -> None:
        items = list(_items(decoded(event["awslogs"]["data"]), days))
        write(client, table, items, lambda: context.get_remaining_time_in_millis() / 1000)

    return handle


def _items(batch: LogBatch, days: int) -> Iterator[Item]:
    """Each id once, since DynamoDB refuses two of them in one request; the last is the newest."""
    found: dict[str, Item] = {}
    for event, record in transactions(batch):
        if made := item(batch, event, record, days):
            found[made[KEY]["S"]] = made
        else:
            sys.stderr.write(f"not kept, having no transaction_id: {batch.log_stream}, event {event.id}\n")
    yield from found.values()


def _attribute(value: Any) -> dict[str, Any] | None:
    """A number or a short text, as DynamoDB takes it."""
    if isinstance(value, str):
        return {"S": value} if len(value.encode()) <= _TEXT_MAX else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return {"N": repr(value)} if value == 0 or _NUMBER_MIN <= abs(value) <= _NUMBER_MAX else None


def __getattr__(name: str) -> Any:
    if name != "handler":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import boto3
    from botocore.config import Config

    patient = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 5})
    handler = globals()["handler"] = build(os.environ, boto3.client("dynamodb", config=patient))
    return handler
