from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from threading import Thread
from typing import Any

import pytest

from inferwatch.sdk import MemorySink, Monitor

Last = Callable[[], dict[str, Any]]


def test_what_is_set_becomes_the_record(monitor: Monitor, last: Last, ticks: list[int]) -> None:
    with monitor.inference({"pages": 3}, request_id="req-1", requester={"ip": "10.0.0.1"}) as inference:
        inference.set(response={"label": "a"}, prediction="a", confidence=0.9, features={"pages": 3.5}, language="de")
        inference.metric("Drift", 0.2)
        ticks[0] += 12_345_678
    document = last()
    assert document["status"] == "succeeded"
    assert document["elapse"] == 12.346
    assert document["request"] == {"pages": 3}
    assert document["response"] == {"label": "a"}
    assert (document["prediction"], document["confidence"], document["language"]) == ("a", 0.9, "de")
    assert document["features"] == {"pages": 3.5}
    assert document["requester"] == {"ip": "10.0.0.1"}
    assert document["request_id"] == "req-1"
    assert document["Drift"] == 0.2
    assert "error" not in document
    assert document["transaction_id"] == inference.transaction_id


def test_a_given_id_and_start_are_kept(monitor: Monitor, last: Last) -> None:
    with monitor.inference(start_ms=0, transaction_id="019aa5b0-0000-7000-8000-000000000000"):
        pass
    assert last()["transaction_id"] == "019aa5b0-0000-7000-8000-000000000000"
    assert last()["start_at"] == "1970-01-01T00:00:00.000Z"


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def test_an_exception_is_recorded_and_goes_on(monitor: Monitor, last: Last, kind: type[BaseException]) -> None:
    error = kind("pixels are missing")

    def model() -> None:
        with monitor.inference() as inference:
            inference.set(prediction=1)
            raise error

    with pytest.raises(kind) as raised:
        model()
    assert raised.value is error
    assert last()["status"] == "failed"
    assert last()["error"] == {"type": kind.__name__, "message": "pixels are missing"}
    assert last()["prediction"] == 1


@pytest.mark.parametrize(
    ("verb", "status", "counter"),
    [("fail", "failed", "ErrorCount"), ("reject", "rejected", "RejectedCount"), ("timeout", "timeout", "ErrorCount")],
)
def test_an_outcome_said_by_hand_outlives_an_exception(
    monitor: Monitor, last: Last, verb: str, status: str, counter: str
) -> None:
    def handler() -> None:
        with monitor.inference() as inference:
            getattr(inference, verb)("BadInput", "no pixels")
            raise RuntimeError("the answer to the caller")

    with pytest.raises(RuntimeError):
        handler()
    assert last()["status"] == status
    assert last()["error"] == {"type": "BadInput", "message": "no pixels"}
    assert last()[counter] == 1


def test_a_long_message_is_cut(monitor: Monitor, last: Last) -> None:
    with monitor.inference() as inference:
        inference.fail("E", "m" * 100_000)
    assert len(last()["error"]["message"]) == 2_000


def test_core_names_are_refused_and_the_rest_kept(monitor: Monitor, last: Last) -> None:
    with monitor.inference() as inference:
        inference.set(**{"elapse": 1, "_aws": 1, "pages": 3, "model_name": "x"})
    assert last()["pages"] == 3
    assert last()["model_name"] == "doc_classification"
    assert monitor.problems == {"refused_field": 3}


def test_nothing_is_left_for_the_next_inference(monitor: Monitor, last: Last) -> None:
    with monitor.inference({"pages": 3}) as inference:
        inference.set(pages=3, confidence=0.9)
        inference.metric("Drift", 0.2)
        inference.fail("E", "m")
    with monitor.inference():
        pass
    assert not {"pages", "confidence", "Drift", "error", "request", "Pages"} & last().keys()
    assert last()["status"] == "succeeded"


def test_a_change_after_the_record_is_counted_and_reaches_nothing(monitor: Monitor, sink: MemorySink) -> None:
    with monitor.inference() as inference:
        pass
    inference.set(pages=3)
    inference.metric("Drift", 1)
    inference.fail("E", "m")
    with inference:
        pass
    assert len(sink.lines) == 1
    assert monitor.problems == {"late": 3}


def test_current_is_the_innermost_of_this_monitor(compiled: dict[str, Any], sink: MemorySink) -> None:
    one, other = Monitor(compiled, sink), Monitor(compiled, sink)
    assert one.current() is None
    with one.inference() as outer:
        with other.inference() as between, one.inference() as inner:
            assert one.current() is inner
            assert other.current() is between
        assert one.current() is outer
        assert other.current() is None
    assert one.current() is None


def test_inferences_left_out_of_order_do_not_mislead(monitor: Monitor) -> None:
    first, second = monitor.inference(), monitor.inference()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert monitor.current() is second
    second.__exit__(None, None, None)
    assert monitor.current() is None


def test_left_in_another_context_it_is_recorded_all_the_same(monitor: Monitor, sink: MemorySink) -> None:
    inference = monitor.inference()
    copy_context().run(inference.__enter__)
    inference.__exit__(None, None, None)
    assert len(sink.lines) == 1


def test_entered_again_it_is_one_inference(monitor: Monitor, sink: MemorySink) -> None:
    with monitor.inference() as outer, monitor.inference() as inner:
        with outer, inner:
            pass
        assert monitor.current() is None
    assert monitor.current() is None
    assert len(sink.lines) == 2


def test_each_asyncio_task_has_its_own(monitor: Monitor, sink: MemorySink) -> None:
    async def one(n: int, gate: asyncio.Event) -> None:
        with monitor.inference({"n": n}):
            await gate.wait()
            inference = monitor.current()
            assert inference is not None
            inference.set(prediction=n)

    async def main() -> None:
        gate = asyncio.Event()
        tasks = [asyncio.create_task(one(n, gate)) for n in range(50)]
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*tasks)

    asyncio.run(main())
    assert sorted(record["prediction"] for record in sink.records) == list(range(50))
    assert all(record["request"]["n"] == record["prediction"] for record in sink.records)


def test_a_task_that_outlives_its_inference_has_none(monitor: Monitor) -> None:
    async def late(gate: asyncio.Event) -> Any:
        await gate.wait()
        return monitor.current()

    async def main() -> Any:
        gate = asyncio.Event()
        with monitor.inference():
            task = asyncio.create_task(late(gate))
            await asyncio.sleep(0)
        gate.set()
        return await task

    assert asyncio.run(main()) is None


def test_each_thread_has_its_own(monitor: Monitor) -> None:
    seen: list[Any] = []
    with monitor.inference():
        thread = Thread(target=lambda: seen.append(monitor.current()))
        thread.start()
        thread.join()
    assert seen == [None]
