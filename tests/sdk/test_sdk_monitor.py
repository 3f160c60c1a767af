from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from inferwatch.errors import SpecError
from inferwatch.sdk import MemorySink, Monitor
from inferwatch.sdk.clock import Clock

Last = Callable[[], dict[str, Any]]

SPEC = """
[model]
namespace = "/abc_corp/claim"
name = "doc_classification"
"""


class Hostile:
    """An object whose every conversion fails."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def _fail(self, *_: Any) -> Any:
        raise RuntimeError("hostile")

    __str__ = __repr__ = __eq__ = __bool__ = __len__ = __iter__ = __float__ = _fail
    __hash__ = object.__hash__


def test_record_in_one_call(monitor: Monitor, last: Last) -> None:
    identity = monitor.record(
        request={"pages": 3},
        response={"label": "a"},
        elapse=12.3456,
        start_ms=1_763_715_600_125,
        confidence=0.9,
        requester={"principal": "p"},
        request_id="req-1",
        metrics={"Drift": 0.2, "Lag": (3, "Seconds")},
        pages=3,
    )
    document = last()
    assert document["transaction_id"] == identity
    assert uuid.UUID(identity).int >> 80 == 1_763_715_600_125
    assert document["start_at"] == "2025-11-21T09:00:00.125Z"
    assert document["elapse"] == 12.346
    assert (document["Drift"], document["Lag"], document["pages"]) == (0.2, 3, 3)
    assert document["request_id"] == "req-1"
    assert monitor.problems == {}


def test_an_inference_that_just_ended_began_its_elapse_ago(monitor: Monitor, last: Last) -> None:
    monitor.record(elapse=125)
    assert last()["start_at"] == "2025-11-21T09:00:00.000Z"
    assert last()["end_at"] == "2025-11-21T09:00:00.125Z"
    monitor.record()
    assert last()["start_at"] == last()["end_at"] == "2025-11-21T09:00:00.125Z"


@pytest.mark.parametrize("bad", ["x", float("nan"), True, [1], pytest.param(Hostile(), id="hostile"), 10**400])
def test_bad_times_are_counted_and_the_record_kept(monitor: Monitor, last: Last, bad: Any) -> None:
    monitor.record(elapse=bad, start_ms=bad)
    assert last()["elapse"] == 0
    assert last()["start_at"] == "2025-11-21T09:00:00.125Z"
    assert monitor.problems == {"refused_value": 2}


@pytest.mark.parametrize("start_ms", [-1, 10**15])
def test_a_start_that_no_calendar_has_is_now(monitor: Monitor, last: Last, start_ms: int) -> None:
    monitor.record(start_ms=start_ms)
    assert last()["start_at"] == "2025-11-21T09:00:00.125Z"
    assert monitor.problems == {"refused_value": 1}


def test_a_negative_elapse_is_none(monitor: Monitor, last: Last) -> None:
    monitor.record(elapse=-5)
    assert last()["elapse"] == 0


@pytest.mark.parametrize("status", ["ok", "", None, 3, pytest.param(Hostile(), id="hostile")])
def test_an_unknown_status_shows_as_failed(monitor: Monitor, last: Last, status: Any) -> None:
    monitor.record(status=status)
    assert last()["status"] == "failed"
    assert monitor.problems == {"refused_value": 1}


def test_hostile_objects_everywhere_harm_only_themselves(monitor: Monitor, last: Last, sink: MemorySink) -> None:
    hostile: Any = Hostile()
    monitor.record(request=hostile, response=[hostile, 1], prediction=hostile, confidence=hostile, own=hostile)
    assert last()["response"] == ["<Hostile>", 1]
    with monitor.inference(hostile, request_id=hostile, requester=hostile) as inference:
        inference.set(features=hostile, status="succeeded", response=hostile)
        inference.metric(hostile, hostile, hostile)
        inference.fail(hostile, hostile)
    assert last()["error"] == {"type": "<Hostile>", "message": "<Hostile>"}
    monitor.record(request={"pages": 1})
    assert last()["request"] == {"pages": 1}
    assert len(sink.lines) == 3
    assert monitor.dropped == 0


def test_of_a_record_that_cannot_be_put_together_the_outline_is_written(monitor: Monitor, last: Last) -> None:
    class Trap(dict[str, Any]):
        def get(self, *_: Any) -> Any:
            raise RuntimeError("a trap")

    identity = monitor.record(request=Trap(pages=3), elapse=13.25, status="failed", note="a")
    document = last()
    assert document["transaction_id"] == identity
    assert (document["status"], document["elapse"], document["end_at"]) == ("failed", 13.25, "2025-11-21T09:00:00.125Z")
    assert (document["ErrorCount"], document["LatencyMs"], document["truncated"]) == (1, 13.25, True)
    assert not {"request", "note", "Pages"} & document.keys()
    assert monitor.problems == {"truncated": 1}
    monitor.record(request={"pages": 3})
    assert last()["Pages"] == 3


@pytest.mark.parametrize("elapse", [1e100, 10**18])
def test_a_length_that_no_calendar_has_is_none(monitor: Monitor, last: Last, elapse: float) -> None:
    monitor.record(elapse=elapse)
    assert (last()["elapse"], last()["start_at"]) == (0, "2025-11-21T09:00:00.125Z")
    assert monitor.problems == {"refused_value": 1}


def test_metrics_that_are_none_and_names_that_are_no_text(monitor: Monitor, last: Last) -> None:
    odd: Any = ["Drift"]
    monitor.record(metrics=odd)
    odd = {3: 0.2, ("a",): float("nan"), Hostile(): 1, "Good": (1, "Count", "too much")}
    monitor.record(metrics=odd, transaction_id=uuid.UUID(int=7))
    assert last()["3"] == 0.2
    assert last()["<Hostile>"] == 1
    assert last()["transaction_id"] == str(uuid.UUID(int=7))
    assert monitor.problems == {"refused_metric": 2}


def test_a_sink_that_fails_is_counted_and_told_once(
    compiled: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    def full(line: bytes) -> None:
        raise OSError(28, "No space left on device")

    monitor = Monitor(compiled, full)
    for _ in range(3):
        monitor.record()
    assert monitor.dropped == 3
    assert monitor.problems == {"dropped": 3}
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "No space left on device" in told


def test_a_closed_stderr_is_no_reason_to_raise(
    compiled: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    closed = (tmp_path / "stderr").open("w")
    closed.close()
    for stderr in (closed, None):
        monkeypatch.setattr("sys.stderr", stderr)
        monitor = Monitor(compiled, MemorySink())
        monitor.record(status="what")
        assert monitor.problems == {"refused_value": 1}


def test_the_first_inference_of_a_monitor_is_cold_among_threads_too(monitor: Monitor, sink: MemorySink) -> None:
    threads = [Thread(target=lambda: [monitor.record() for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [record["cold_start"] for record in sink.records].count(True) == 1
    assert len({record["transaction_id"] for record in sink.records}) == 400


def test_server_id_is_the_lambda_log_stream_or_this_process(
    compiled: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = MemorySink()
    monkeypatch.setenv("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/21/fn[1]abc")
    Monitor(compiled, sink).record()
    monkeypatch.delenv("AWS_LAMBDA_LOG_STREAM_NAME")
    Monitor(compiled, sink).record()
    assert [r["server_id"] for r in sink.records] == ["2026/11/21/fn[1]abc", f"{os.uname().nodename}-{os.getpid()}"]


def test_the_longest_line_is_the_sinks_to_say(compiled: dict[str, Any], read: Callable[[bytes], Any]) -> None:
    class Narrow(MemorySink):
        max_bytes = 2_000

    narrow, wide = Narrow(), MemorySink()
    for sink in (narrow, wide):
        Monitor(compiled, sink).record(request="x" * 50_000)
    assert read(narrow.lines[0])["truncated"] is True
    assert read(wide.lines[0])["request"] == "x" * 50_000


def test_from_spec_reads_the_file_or_its_folder(tmp_path: Path) -> None:
    (tmp_path / "inferwatch.toml").write_text(SPEC)
    sink = MemorySink()
    Monitor.from_spec(tmp_path, environment="dev", sink=sink).record()
    Monitor.from_spec(tmp_path / "inferwatch.toml", sink=sink).record()
    assert [(r["model_name"], r["environment"]) for r in sink.records] == [("doc_classification", "dev")] * 2


def test_from_environ_takes_what_was_deployed(
    compiled: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sink = MemorySink()
    with pytest.raises(SpecError, match=r"inferwatch\.compiled\.json: the compiled spec cannot be read"):
        Monitor.from_environ(sink, {})
    (tmp_path / "inferwatch.toml").write_text(SPEC)
    Monitor.from_environ(sink, {"INFERWATCH_MODEL_VERSION": "12"}).record()
    assert sink.records[0]["model_version"] == 12
    (tmp_path / "inferwatch.compiled.json").write_text(json.dumps({**compiled, "model_name": "beside"}))
    Monitor.from_environ(sink, {}).record()
    (tmp_path / "other.json").write_text(json.dumps({**compiled, "model_name": "named"}))
    Monitor.from_environ(sink, {"INFERWATCH_COMPILED_SPEC": str(tmp_path / "other.json")}).record()
    assert [r["model_name"] for r in sink.records] == ["doc_classification", "beside", "named"]


@pytest.mark.parametrize("content", [None, "", "{", "[]", "{}"])
def test_a_compiled_spec_that_cannot_be_read_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "spec.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SpecError, match=r"spec\.json"):
        Monitor.from_environ(MemorySink(), {"INFERWATCH_COMPILED_SPEC": str(file)})


def test_clocks_are_injected(compiled: dict[str, Any], sink: MemorySink) -> None:
    Monitor(compiled, sink, clock=Clock(wall_ns=lambda: 0, monotonic_ns=lambda: 0)).record()
    assert sink.records[0]["start_at"] == "1970-01-01T00:00:00.000Z"
