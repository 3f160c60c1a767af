from __future__ import annotations

from functools import partial
from typing import Any

import orjson
import pytest

from inferwatch.sdk.attempt import attempt_line
from inferwatch.sdk.inference import Inference
from inferwatch.sdk.line import LineFormat, Transaction
from inferwatch.sdk.monitor import Monitor
from inferwatch.sdk.sinks import MemorySink
from inferwatch.spec import record

COMPILED: dict[str, Any] = {
    "namespace": "/demo",
    "model_name": "adder",
    "model_version": 3,
    "deployment_id": 1,
    "environment": "dev",
    "metric_namespace": "demo",
    "confidence_scale": 1,
    "by_version": True,
    "metrics": [{"name": "Pages", "field": "request.pages", "unit": "Count"}],
    "redact": ["request.name"],
}
FAILED = Transaction(
    "id-1",
    1_763_716_320_000,
    20.0,
    status="failed",
    request={"name": "Ada", "pages": 3},
    fields={"request_id": "r", "message_id": "m", "receive_count": 1, "error": {"type": "E", "message": "x"}},
)


def attempt(*, final: bool, high_resolution: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    line = LineFormat({**COMPILED, **more}, "s").line(FAILED)
    made = attempt_line(line, final=final, high_resolution=high_resolution)
    assert made.endswith(b"}\n")
    assert made.count(b"\n") == 1
    assert made.startswith(b'{"_aws"')  # by which readers find a line that something was glued to
    document: dict[str, Any] = orjson.loads(made)
    return document


def directive(document: dict[str, Any]) -> dict[str, Any]:
    (only,) = document["_aws"]["CloudWatchMetrics"]
    return only  # type: ignore[no-any-return]


def test_an_attempt_says_what_the_record_would_and_counts_one_thing() -> None:
    document = attempt(final=False)
    assert document["type"] == "inference_attempt"
    assert document["final"] is False
    assert document["transaction_id"] == "id-1"
    assert (document["message_id"], document["receive_count"]) == ("m", 1)
    assert (document["status"], document["error"]["type"]) == ("failed", "E")
    assert document["start_at"] == "2025-11-21T09:12:00.000Z"
    assert document["_aws"]["Timestamp"] == 1_763_716_320_000
    assert document["Pages"] == 3  # a member as others: no metric any more
    assert set(record.BUILT_IN_UNITS) & set(document) == {"RetriedCount"}
    assert directive(document) == {
        "Namespace": "demo",
        "Dimensions": [["model_name", "environment"]],
        "Metrics": [{"Name": "RetriedCount", "Unit": "Count"}],
    }


def test_a_last_refusal_counts_as_rejected_for_the_version_too() -> None:
    document = attempt(final=True)
    assert document["final"] is True
    assert document["RejectedCount"] == 1
    assert "RetriedCount" not in document
    assert directive(document)["Dimensions"] == [
        ["model_name", "environment"],
        ["model_name", "environment", "ModelVersion"],
    ]
    assert directive(document)["Metrics"] == [{"Name": "RejectedCount", "Unit": "Count"}]


@pytest.mark.parametrize(("final", "watched"), [(True, "RejectedCount"), (False, "RetriedCount")])
def test_what_a_fast_alarm_watches_has_high_resolution(final: bool, watched: str) -> None:
    (metric,) = directive(attempt(final=final, high_resolution=(watched,)))["Metrics"]
    assert metric == {"Name": watched, "Unit": "Count", "StorageResolution": 1}


def test_redaction_holds_for_attempts() -> None:
    assert attempt(final=False)["request"] == {"name": None, "pages": 3}
    assert "request" not in attempt(final=False, capture="none")


def test_an_attempt_is_never_longer_than_its_record() -> None:
    line = LineFormat(COMPILED, "s", max_bytes=1200).line(FAILED._replace(request={"x": "y" * 5000}))
    assert len(attempt_line(line, final=True, high_resolution=("RejectedCount",))) < len(line) <= 1200


def monitored() -> tuple[Monitor, MemorySink]:
    sink = MemorySink()
    return Monitor(COMPILED, sink), sink


def test_an_inference_is_written_as_it_is_told() -> None:
    monitor, sink = monitored()
    with monitor.inference({"pages": 2}) as inference:
        inference.write_as(partial(attempt_line, final=False))
        inference.fail("E")
    assert [one["type"] for one in sink.records] == ["inference_attempt"]
    assert sink.records[0]["transaction_id"] == inference.transaction_id


def test_what_cannot_be_rewritten_is_dropped_and_counted() -> None:
    def broken(line: bytes) -> bytes:
        raise ValueError("no")

    monitor, sink = monitored()
    with monitor.inference() as inference:
        inference.write_as(broken)
    assert sink.lines == []
    assert monitor.dropped == 1


def test_a_written_inference_stays_what_it_is() -> None:
    monitor, sink = monitored()
    with monitor.inference() as inference:
        pass
    Inference.write_as(inference, partial(attempt_line, final=True))
    assert monitor.problems == {"late": 1}
    assert [one["type"] for one in sink.records] == ["inference_transaction"]


def test_a_request_as_deep_as_a_record_can_hold_leaves_its_attempt_too() -> None:
    deep: list[Any] = []
    for _ in range(253):
        deep = [deep]
    made = attempt_line(LineFormat(COMPILED, "s").line(FAILED._replace(request=deep)), final=True)
    assert orjson.loads(made)["RejectedCount"] == 1
