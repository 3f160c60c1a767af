"""The function between the log and the lake on AWS: log events to rows, which Firehose writes as Parquet.

Firehose hands over what a log group's subscription gave it. A record of it is log events of one stream and becomes
rows, one JSON document a line, since the conversion takes several documents in one record:
https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html
"""

from __future__ import annotations

import base64
import gzip
import os
from collections.abc import Container, Iterator, Mapping
from typing import Any

import orjson

from inferwatch.errors import AwsError
from inferwatch.lake import feature_columns
from inferwatch.lake.columns import KINDS
from inferwatch.lake.instant import start_ms
from inferwatch.lake.row import to_row
from inferwatch.sdk.clock import iso
from inferwatch.serving.log_events import LogBatch, decoded, transactions

COLUMNS = "INFERWATCH_FEATURE_COLUMNS"
"""The variable that names the table's columns for features, with commas between."""

ANSWER_MAX = 6_000_000
"""Bytes of an answer; Lambda's limit is 6 MB, 6,291,456."""

_ENVELOPE = 256  # bytes, and more, of an answered record beside its data
_PUT_MAX = 4  # records of at most 1,000 KiB are within the 4 MiB of one PutRecordBatch
_TIMES = tuple(name for name, kind in KINDS.items() if kind == "time")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """What Firehose calls. What does not fit into the answer goes back into the stream, and comes again.

    Raises AwsError where the stream does not take it; Firehose then repeats the call, and what was put back is twice
    in the lake, whose readers take each transaction once.
    """
    columns = frozenset(os.environ.get(COLUMNS, "").split(","))
    answers: list[dict[str, str]] = []
    back: list[bytes] = []
    left = ANSWER_MAX
    for given in event["records"]:
        try:
            batch = decoded(given["data"])
        except ValueError:
            answers.append({"recordId": given["recordId"], "result": "ProcessingFailed"})  # to the error prefix
            continue
        data = base64.b64encode(b"".join(_rows(batch, columns))).decode()
        size = len(data) + _ENVELOPE
        answer = {"recordId": given["recordId"], "result": "Dropped"}
        if size <= left and data:
            answer |= {"result": "Ok", "data": data}
            left -= size
        elif size > left:
            back += _halves(batch) if size > ANSWER_MAX else [base64.b64decode(given["data"])]
        answers.append(answer)
    _put_back(event["deliveryStreamArn"].rpartition("/")[2], back)
    return {"records": answers}


def _rows(batch: LogBatch, columns: Container[str]) -> Iterator[bytes]:
    """The rows of the batch's records, as the table has them: times as text, which the conversion cannot misread."""
    for _, record in transactions(batch):
        started = start_ms(record)
        if started is None or not isinstance(record.get("transaction_id"), str):
            continue
        row = to_row(record, started, batch.log_stream)
        feature_columns.keep(row, columns)
        row |= {name: iso(row[name]) for name in _TIMES if name in row}
        yield orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def _halves(batch: LogBatch) -> list[bytes]:
    """The batch as two, each as the subscription would have sent it. Raises AwsError for one event alone.

    One alone fits, as long as a log event is 1 MB at most; put back as it is, it would come again for ever.
    """
    if len(batch.events) < 2:
        raise AwsError(f"an event of {batch.log_group} does not fit into an answer", code="TooLarge")
    middle = len(batch.events) // 2
    return [_payload(batch._replace(events=events)) for events in (batch.events[:middle], batch.events[middle:])]


def _payload(batch: LogBatch) -> bytes:
    message = {
        "messageType": "DATA_MESSAGE",
        "owner": batch.owner,
        "logGroup": batch.log_group,
        "logStream": batch.log_stream,
        "subscriptionFilters": [],
        "logEvents": [event._asdict() for event in batch.events],
    }
    return gzip.compress(orjson.dumps(message), compresslevel=6)


def _put_back(stream: str, records: list[bytes]) -> None:
    if not records:
        return
    import boto3

    firehose = boto3.client("firehose")
    for first in range(0, len(records), _PUT_MAX):
        some = [{"Data": data} for data in records[first : first + _PUT_MAX]]
        if failed := firehose.put_record_batch(DeliveryStreamName=stream, Records=some)["FailedPutCount"]:
            raise AwsError(f"{stream} did not take back {failed} of {len(some)} records", code="FailedPut")
