"""Batches of log events as a subscription hands them over."""

from __future__ import annotations

import base64
import gzip
import json

import pytest
from subscription_payload import LOG_GROUP, LOG_STREAM, OWNER, payload

from inferwatch.sdk import MemorySink, Monitor
from inferwatch.serving.log_events import LogEvent, decoded, transactions

NOON = 1_795_262_400_000
COMPILED = {
    "namespace": "/abc_corp/claim",
    "model_name": "doc_classification",
    "model_version": 3,
    "deployment_id": 7,
    "environment": "prod",
    "metric_namespace": "abc_corp/claim",
    "confidence_scale": None,
    "capture": "full",
    "redact": [],
    "by_version": False,
    "metrics": [],
    "high_resolution": [],
}


def test_a_batch_says_whose_events_these_are_and_holds_each_of_them() -> None:
    batch = decoded(payload(["one", "zwei ü"], at_ms=NOON))

    assert (batch.owner, batch.log_group, batch.log_stream) == (OWNER, LOG_GROUP, LOG_STREAM)
    assert [(event.timestamp, event.message) for event in batch.events] == [(NOON, "one"), (NOON + 1, "zwei ü")]
    assert len({event.id for event in batch.events}) == 2
    assert isinstance(batch.events[0], LogEvent)


def test_base64_may_come_as_bytes() -> None:
    data = payload(["one"])

    assert decoded(data.encode()) == decoded(data)


def test_the_trial_message_of_a_new_subscription_is_an_empty_batch() -> None:
    trial = payload(["CWL CONTROL MESSAGE: Checking health of destination"], messageType="CONTROL_MESSAGE")

    assert decoded(trial).events == ()


@pytest.mark.parametrize(
    "data",
    [
        "",
        "not base64!",
        base64.b64encode(b"not gzip"),
        base64.b64encode(gzip.compress(b"{}")[:-9]),
        base64.b64encode(gzip.compress(b"no JSON")),
        base64.b64encode(gzip.compress(b"[]")),
        base64.b64encode(gzip.compress(json.dumps({"messageType": "DATA_MESSAGE"}).encode())),
        payload([], logEvents=[{"id": "1"}]),
    ],
    ids=["empty", "no base64", "no gzip", "cut off", "no JSON", "a list", "no events", "half an event"],
)
def test_what_is_no_batch_is_said(data: str | bytes) -> None:
    with pytest.raises(ValueError, match="this is no batch of log events"):
        decoded(data)


def test_of_all_that_stands_in_a_stream_the_records_of_inferences_are_taken() -> None:
    sink = MemorySink()
    Monitor(COMPILED, sink).record(request={"x": 1}, prediction=2)
    line = sink.lines[0].decode()
    others = ['{"type": "platform.report"}', '{"type": "inference_attempt"}', "a print", '["inference_transaction"]']

    found = list(transactions(decoded(payload([others[0], line, *others[1:]]))))

    assert [(event.message, record["prediction"]) for event, record in found] == [(line, 2)]
