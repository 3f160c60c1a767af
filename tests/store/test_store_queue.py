"""Invocations by a queue: attempts that are no records, and environments that are killed with messages in hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from store_lines import (
    DIMENSIONS,
    EVER,
    IDENTITY,
    NAMESPACE,
    NOW,
    append,
    init_start,
    line,
    platform,
    record,
    report,
)

from inferwatch.sdk.attempt import attempt_line
from inferwatch.store import Store
from inferwatch.store.streams.scan import scan

START = NOW - 60_000
SOURCE = {"eventSource": "aws:sqs"}


def attempt(number: int, *, status: str = "failed", final: bool = False) -> bytes:
    return attempt_line(line(number, START, status=status, message_id=f"m-{number}"), final=final)


def total(store: Store, metric: str, **dimensions: str) -> float:
    points = store.metrics(NAMESPACE).datapoints(metric, "Sum", 60, 0, NOW + 1, DIMENSIONS | dimensions)
    return sum(point.value for point in points)


def counts(store: Store) -> dict[str, float]:
    names = ("Invocations", "SuccessCount", "ErrorCount", "RejectedCount", "RetriedCount")
    return {name: total(store, name) for name in names if total(store, name)}


def test_an_attempt_is_an_event_of_its_own() -> None:
    events = list(scan(b"glued " + attempt(1) + line(2)))
    assert [event.kind for event in events] == ["text", "attempt", "record"]
    assert events[1].at_ms == START
    assert events[1].document["type"] == "inference_attempt"


def test_attempts_are_counted_and_are_no_records(tmp_path: Path) -> None:
    append(tmp_path, attempt(1) + attempt(2, status="rejected") + attempt(2, status="rejected", final=True))
    with Store.open(tmp_path, writer=True) as store:
        assert store.records(EVER) == []
        taken = store.ingest(NOW)
        assert (taken.records, taken.texts, taken.skipped_metrics) == (0, 0, 0)
        assert store.records(EVER) == []
        store.compact(NOW)
        assert store.records(EVER) == []
        assert counts(store) == {"RetriedCount": 2, "RejectedCount": 1}


def test_a_try_that_succeeds_after_others_is_one_record(tmp_path: Path) -> None:
    append(tmp_path, attempt(1) + attempt(1) + line(1, START, message_id="m-1"))
    append(tmp_path, line(1, START, message_id="m-1"), stream="after a kill")
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(NOW)
        assert [one["status"] for one in store.records(EVER)] == ["succeeded"]
        assert counts(store) == {"RetriedCount": 2, "Invocations": 1, "SuccessCount": 1}


@pytest.mark.parametrize("marked", ["start", "report", "both"])
@pytest.mark.parametrize("status", ["timeout", "failure", "error"])
@pytest.mark.parametrize("between", [b"", line(5, START, request_id="r")])
def test_a_killed_invocation_of_a_queue_is_an_error_and_no_transaction(
    tmp_path: Path, marked: str, status: str, between: bytes
) -> None:
    started = platform("start", START, requestId="r", **(SOURCE if marked != "report" else {}))
    append(tmp_path, init_start() + started + between)
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(NOW)  # what the start says is remembered
        append(tmp_path, report("r", status, **(SOURCE if marked != "start" else {})))
        before = store.records(EVER)
        assert len(before) == bool(between)
        taken = store.ingest(NOW)
        assert (taken.records, taken.synthetic, taken.unattributed) == (0, 0, 0)
        assert store.records(EVER) == before
        assert total(store, "ErrorCount") == 1
        assert total(store, "Invocations") == len(before)
        assert total(store, "BilledDurationMs") == 10_000
        store.ingest(NOW)
        assert total(store, "ErrorCount") == 1


def test_an_invocation_of_a_queue_that_was_answered_is_no_error(tmp_path: Path) -> None:
    append(tmp_path, init_start() + platform("start", START, requestId="r", **SOURCE) + report("r", **SOURCE))
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(NOW)
        assert counts(store) == {}


def test_the_error_counts_for_the_version_too_where_that_is_a_dimension(tmp_path: Path) -> None:
    append(tmp_path, init_start(by_version=True) + report("r", "failure", **SOURCE))
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(NOW)
        assert total(store, "ErrorCount") == 1
        assert total(store, "ErrorCount", ModelVersion=str(IDENTITY["model_version"])) == 1


def test_without_an_identity_it_is_counted_as_nobodys(tmp_path: Path) -> None:
    append(tmp_path, report("r", "failure", **SOURCE))
    with Store.open(tmp_path, writer=True) as store:
        assert store.ingest(NOW).unattributed == 1


@pytest.mark.parametrize("ingested_before", [True, False])
def test_an_environment_killed_with_its_runtime_leaves_no_transaction_either(
    tmp_path: Path, ingested_before: bool
) -> None:
    begun = platform("start", START, requestId="r", **SOURCE) + line(1, START, request_id="r")
    path = append(tmp_path, init_start() + begun)
    os.utime(path, (NOW / 1000, START / 1000 + 4))
    with Store.open(tmp_path, writer=True) as store:
        if ingested_before:
            store.ingest(NOW)
        assert store.seal_orphans(NOW) == 1
        store.ingest(NOW)
        assert store.records(EVER) == [record(line(1, START, request_id="r"))]
        assert counts(store) == {"Invocations": 1, "SuccessCount": 1, "ErrorCount": 1}
    (said,) = [e.document["record"] for e in scan(path.read_bytes()) if e.document.get("type") == "platform.report"]
    assert said["eventSource"] == "aws:sqs"
    assert said["errorType"] == "Runtime.Killed"
