from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

import pytest

from inferwatch.sdk import MemorySink, Monitor

Last = Callable[[], dict[str, Any]]


def test_a_function_stays_what_it_is_and_its_calls_are_recorded(monitor: Monitor, last: Last) -> None:
    @monitor
    def predict(features: dict[str, int]) -> dict[str, Any]:
        """Doc."""
        return {"prediction": "a", "confidence": 0.9}

    assert (predict.__name__, predict.__doc__) == ("predict", "Doc.")
    assert predict({"pages": 3}) == {"prediction": "a", "confidence": 0.9}
    assert last()["request"] == {"pages": 3}
    assert last()["response"] == {"prediction": "a", "confidence": 0.9}
    assert (last()["prediction"], last()["confidence"], last()["PredictionProbability"]) == ("a", 0.9, 0.9)


def test_what_is_set_by_hand_wins(monitor: Monitor, last: Last) -> None:
    @monitor
    def predict(features: int) -> dict[str, Any]:
        inference = monitor.current()
        assert inference is not None
        inference.set(response="short", confidence=0.5)
        return {"prediction": "a", "confidence": 0.9}

    predict(1)
    assert (last()["response"], last()["prediction"], last()["confidence"]) == ("short", "a", 0.5)


def test_an_async_function_is_timed_to_its_end(monitor: Monitor, last: Last, ticks: list[int]) -> None:
    @monitor
    async def predict(x: int) -> int:
        await asyncio.sleep(0)
        ticks[0] += 5_000_000
        return x + 1

    assert asyncio.run(predict(1)) == 2
    assert (last()["elapse"], last()["request"], last()["response"]) == (5, 1, 2)


def test_exceptions_pass_as_they_are(monitor: Monitor, last: Last) -> None:
    error = KeyError("pixels")

    @monitor
    def predict(x: int) -> int:
        raise error

    @monitor
    async def predict_async(x: int) -> int:
        raise error

    for call in (lambda: predict(1), lambda: asyncio.run(predict_async(1))):
        with pytest.raises(KeyError) as raised:
            call()
        assert raised.value is error
        assert last()["error"] == {"type": "KeyError", "message": "'pixels'"}


def both(a: int, b: int = 2, *more: int, c: int = 3) -> int:
    return a + b + c


@pytest.mark.parametrize(
    ("args", "kwargs", "request_"),
    [
        ((1,), {}, 1),
        ((1, 5), {}, {"a": 1, "b": 5}),
        ((1,), {"c": 4}, {"a": 1, "c": 4}),
        ((), {"a": 1}, {"a": 1}),
        ((1, 2, 3, 4), {}, {"a": 1, "b": 2, "args": [3, 4]}),
    ],
)
def test_the_request_is_the_argument_or_all_of_them_by_name(
    monitor: Monitor, last: Last, args: Any, kwargs: Any, request_: Any
) -> None:
    monitor(both)(*args, **kwargs)
    assert last()["request"] == request_


def test_no_argument_is_no_request(monitor: Monitor, last: Last) -> None:
    monitor(lambda: 1)()
    assert "request" not in last()


def test_a_method_leaves_its_object_out(monitor: Monitor, last: Last) -> None:
    class Model:
        @monitor
        def predict(self, features: int) -> int:
            return features

        @monitor
        async def predict_async(self, features: int) -> int:
            return features

    assert Model().predict(7) == 7
    assert last()["request"] == 7
    assert asyncio.run(Model().predict_async(8)) == 8
    assert last()["request"] == 8


def test_a_lambda_handler_has_its_event_and_request_id(monitor: Monitor, last: Last) -> None:
    class Context:
        aws_request_id = "req-1"

    @monitor
    def handler(event: Any, context: Any) -> Any:
        return {"statusCode": 200}

    handler({"body": "x"}, Context())
    assert last()["request"] == {"body": "x"}
    assert last()["request_id"] == "req-1"


def test_a_second_argument_that_raises_when_asked_is_no_harm(monitor: Monitor, last: Last) -> None:
    class Hostile:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

    assert monitor(lambda a, b: a)(1, Hostile()) == 1
    assert last()["request"]["a"] == 1


class SyncModel:
    def __call__(self, features: int) -> int:
        return features


class AsyncModel:
    async def __call__(self, features: int) -> int:
        return features


async def scaled(factor: int, features: int) -> int:
    return factor * features


def test_objects_partials_and_builtins_can_be_recorded(monitor: Monitor, last: Last) -> None:
    assert monitor(SyncModel())(3) == 3
    assert asyncio.run(monitor(AsyncModel())(4)) == 4
    assert asyncio.run(monitor(partial(scaled, 2))(4)) == 8
    assert last()["request"] == 4
    assert monitor(len)([1, 2]) == 2
    assert last()["request"] == [1, 2]
    assert monitor(AsyncModel().__call__) is not None


def test_a_generator_is_refused_where_it_is_decorated(monitor: Monitor, sink: MemorySink) -> None:
    def stream(x: int) -> Iterator[int]:
        yield x

    async def stream_async(x: int) -> AsyncIterator[int]:
        yield x

    for function in (stream, stream_async):
        with pytest.raises(TypeError, match=r"monitor\.inference"):
            monitor(function)
    assert sink.lines == []
