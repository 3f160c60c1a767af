"""Messages of a queue through the real runtime: what stands in the stream, and what the store makes of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson
import pytest
from local_bench import SPEC, events, lines, records, run, running, streams, wall_ms

from inferwatch.local.invocation import Invocation
from inferwatch.local.pool import Pool
from inferwatch.ports import RecordQuery
from inferwatch.spec import load_spec
from inferwatch.store import Store

QUEUE = "[queue]\nmax_receive_count = 2\n"


@pytest.fixture
def pool(model: Path, data: Path) -> Any:
    (model / "inferwatch.toml").write_text(SPEC.format(timeout=5, concurrency=1) + QUEUE)
    return lambda: Pool(load_spec(model), data, now_ms=wall_ms, environ=os.environ)


def batch(*bodies: str, tries: int = 1) -> dict[str, Any]:
    """An event of messages; the same body is the same message."""
    attributes = {"ApproximateReceiveCount": str(tries), "SentTimestamp": str(wall_ms() // 86_400_000 * 86_400_000)}
    arn = "arn:aws:sqs:eu-central-1:123456789012:odd"
    return {
        "Records": [
            {"messageId": body, "body": body, "attributes": attributes, "eventSource": "aws:sqs", "eventSourceARN": arn}
            for body in bodies
        ]
    }


async def invoke_all(pool: Pool, *events: dict[str, Any]) -> list[Invocation]:
    async with running(pool):
        return [await pool.invoke(event) for event in events]


def failed(invocation: Invocation) -> list[str]:
    answer = orjson.loads(invocation.payload)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def ingested(data: Path) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """The records of the store, and the sums of what was counted."""
    now = wall_ms()
    with Store.open(data, writer=True) as store:
        store.ingest(now)
        found = store.records(RecordQuery(start_ms=0, end_ms=now + 60_000, limit=100))
        counted: dict[str, float] = {}
        for one in store.series():
            points = store.metrics("demo").datapoints(
                one.metric, "Sum", 60, now - 3_600_000, now + 60_000, one.dimensions
            )
            if one.unit == "Count" and (total := sum(point.value for point in points)):
                counted[one.metric] = total
    return found, counted


def test_a_batch_is_answered_by_its_failures(pool: Any, data: Path) -> None:
    first, last = run(invoke_all(pool(), batch("answer", "fail", "1,2"), batch("fail", "1,2", tries=2)))
    assert (failed(first), failed(last)) == (["fail", "1,2"], ["fail", "1,2"])
    (stream,) = streams(data)
    kinds = [
        (line["type"], line.get("message_id")) for line in lines(stream) if not line["type"].startswith("platform")
    ]
    assert kinds == [
        ("inference_transaction", "answer"),
        ("inference_attempt", "fail"),
        ("inference_attempt", "1,2"),
        ("inference_transaction", "fail"),
        ("inference_attempt", "1,2"),
    ]
    found, counted = ingested(data)
    assert sorted((one["message_id"], one["status"]) for one in found) == [("answer", "succeeded"), ("fail", "failed")]
    assert counted == {"Invocations": 2, "SuccessCount": 1, "ErrorCount": 1, "RejectedCount": 1, "RetriedCount": 2}


def test_the_platforms_lines_say_that_a_queue_asked(pool: Any, data: Path) -> None:
    run(invoke_all(pool(), batch("answer"), {"do": "answer"}))
    (stream,) = streams(data)
    for kind in ("start", "report"):
        assert [line.get("eventSource") for line in events(stream, kind)] == ["aws:sqs", None]


@pytest.mark.parametrize("end", ["leave", "crash"])
def test_a_kill_in_the_middle_of_a_batch_loses_and_doubles_nothing(pool: Any, data: Path, end: str) -> None:
    killed, again = run(invoke_all(pool(), batch("answer", end, "chatter"), batch("answer", "chatter", tries=2)))
    assert killed.status == "failure"
    assert failed(again) == []
    assert sum(len(records(stream)) for stream in streams(data)) == 3
    found, counted = ingested(data)
    assert sorted((one["message_id"], one["status"]) for one in found) == [
        ("answer", "succeeded"),
        ("chatter", "succeeded"),
    ]
    assert counted == {"Invocations": 2, "SuccessCount": 2, "ErrorCount": 1}
