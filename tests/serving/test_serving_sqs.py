from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inferwatch.sdk.clock import iso
from inferwatch.sdk.monitor import Monitor
from inferwatch.sdk.sinks import MemorySink
from inferwatch.serving.event import is_queue
from inferwatch.serving.features import Rejected
from inferwatch.serving.service import Service
from inferwatch.serving.sqs import Message, Messages

SENT = 1_763_716_320_000
COMPILED: dict[str, Any] = {
    "namespace": "/demo",
    "model_name": "divider",
    "model_version": 1,
    "deployment_id": 1,
    "environment": "dev",
    "metric_namespace": "demo",
    "capture": "full",
    "redact": [],
    "features": {"a": {"type": "number"}, "b": {"type": "number"}},
    "max_receive_count": 3,
}
FAILURES = {"rejected": "no numbers", "failed": "1,0"}


def divide(features: dict[str, Any]) -> float:
    return features["a"] / features["b"]  # type: ignore[no-any-return]


def message(
    body: Any, number: int = 1, receive_count: int = 1, *, queue: str = "q", **attributes: Any
) -> dict[str, Any]:
    """As Lambda hands it over."""
    return {
        "messageId": f"00000000-0000-4000-8000-{number:012}",
        "receiptHandle": "handle",
        "body": body if isinstance(body, str) else orjson.dumps(body).decode(),
        "attributes": {
            "ApproximateReceiveCount": str(receive_count),
            "SentTimestamp": str(SENT),
            "SenderId": "AIDACKCEVSQ6C2EXAMPLE",
            "ApproximateFirstReceiveTimestamp": str(SENT + 5),
            **attributes,
        },
        "messageAttributes": {},
        "md5OfBody": "0",
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:eu-central-1:123456789012:{queue}",
        "awsRegion": "eu-central-1",
    }


class Bench:
    """A model behind a queue. `tries` gives the numbers of the messages that failed."""

    def __init__(self, predict: Callable[[Any], Any] = divide, **compiled: Any) -> None:
        parse = compiled.pop("parse", None)
        compiled = COMPILED | compiled
        self.sink = MemorySink()
        self.monitor = Monitor(compiled, self.sink)
        self.messages = Messages(compiled, Service(compiled, predict, self.monitor, parse=parse), self.monitor)
        self.remaining_ms: Callable[[], float] = lambda: 10_000.0

    def tries(self, *records: dict[str, Any]) -> list[int]:
        answer = self.messages.answer({"Records": list(records)}, self.remaining_ms, "request-1")
        assert list(answer) == ["batchItemFailures"]
        assert all(list(failure) == ["itemIdentifier"] for failure in answer["batchItemFailures"])
        return [int(failure["itemIdentifier"][-12:]) for failure in answer["batchItemFailures"]]

    @property
    def line(self) -> dict[str, Any]:
        (line,) = self.sink.records
        return line


def test_a_message_is_one_transaction() -> None:
    bench = Bench()
    assert bench.tries(message({"a": 1, "b": 4})) == []
    record = bench.line
    assert (record["type"], record["status"], record["prediction"]) == ("inference_transaction", "succeeded", 0.25)
    assert record["request"] == {"a": 1, "b": 4}
    assert "features" not in record
    assert record["request_id"] == "request-1"
    assert record["message_id"] == "00000000-0000-4000-8000-000000000001"
    assert record["receive_count"] == 1
    assert record["requester"] == {"principal": "AIDACKCEVSQ6C2EXAMPLE"}


@pytest.mark.parametrize(
    ("body", "request_"),
    [
        ({"payload": "1,4"}, {"payload": "1,4"}),
        ({"payload": [1, 4]}, {"payload": [1, 4]}),
        ({"payload": {"a": 1, "b": 4}}, {"payload": {"a": 1, "b": 4}}),
        ([1, 4], [1, 4]),
        ("1, 4\n", "1, 4\n"),
    ],
)
def test_a_message_need_not_name_its_features(body: Any, request_: Any) -> None:
    bench = Bench()
    assert bench.tries(message(body)) == []
    assert bench.line["prediction"] == 0.25
    assert bench.line["request"] == request_
    assert bench.line["features"] == {"a": 1, "b": 4}


def test_the_thirteen_numbers_of_a_house() -> None:
    text = "14.0507,0,18.1,0,0.597,6.657,100,1.5275,24,666,20.2,35.05,21.22"
    bench = Bench(sum, features={})
    assert bench.tries(message({"payload": text})) == []
    assert bench.line["features"] == [14.0507, 0, 18.1, 0, 0.597, 6.657, 100, 1.5275, 24, 666, 20.2, 35.05, 21.22]
    assert bench.line["prediction"] == pytest.approx(907.4022)


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        ("", "MalformedJson", "the body is empty; expected JSON"),
        ('{"payload": "1,4"', "MalformedJson", "the body is no JSON: "),
        ("[1,", "MalformedJson", "the body is no JSON: "),
        ("eyJhIjogMSwgImIiOiA0fQ==", "InvalidFeatures", "expected 2 values"),  # JSON in base64
        ("1,4\n2,4", "MalformedCsv", "got 2 records; send each as a request"),
        ("null", "InvalidFeatures", "expected 2 values"),
        ({"payload": "1,2,3"}, "InvalidFeatures", "expected 2 values in the order of the declared features; got 3"),
        ({"a": 1}, "InvalidFeatures", "b is missing"),
        # What SNS puts around a message is not taken off.
        ({"Type": "Notification", "Message": '{"a": 1, "b": 4}'}, "InvalidFeatures", "a is missing"),
    ],
)
def test_a_message_that_is_malformed_is_no_transaction(body: Any, kind: str, said: str) -> None:
    bench = Bench()
    assert bench.tries(message(body, 7)) == [7]
    line = bench.line
    assert line["type"] == "inference_attempt"
    assert line["status"] == "rejected"
    assert line["error"]["type"] == kind
    assert said in line["error"]["message"]
    assert line["request"] == body
    assert line["transaction_id"] == Message.of(message(body, 7)).transaction_id


@pytest.mark.parametrize(
    ("status", "receive_count", "type_", "counted"),
    [
        ("rejected", 1, "inference_attempt", "RetriedCount"),
        ("rejected", 2, "inference_attempt", "RetriedCount"),
        ("rejected", 3, "inference_attempt", "RejectedCount"),
        ("rejected", 9, "inference_attempt", "RejectedCount"),
        ("failed", 1, "inference_attempt", "RetriedCount"),
        ("failed", 3, "inference_transaction", "ErrorCount"),
    ],
)
def test_what_a_try_leaves_depends_on_whether_it_is_the_last(
    status: str, receive_count: int, type_: str, counted: str
) -> None:
    bench = Bench()
    assert bench.tries(message(FAILURES[status], receive_count=receive_count)) == [1]
    line = bench.line
    assert (line["type"], line["status"], line[counted]) == (type_, status, 1)
    assert line.get("final") == (receive_count >= 3 if type_ == "inference_attempt" else None)
    others = {"RetriedCount", "RejectedCount", "Invocations"} - {counted}
    assert others.isdisjoint(line) or type_ == "inference_transaction"


def test_a_model_that_takes_too_long_is_tried_again_and_recorded_at_last() -> None:
    bench = Bench(lambda _: time.sleep(30))
    bench.remaining_ms = lambda: 60.0
    assert bench.tries(message("1,4"), message("1,4", 2, receive_count=3)) == [1, 2]
    assert [(one["type"], one["status"]) for one in bench.sink.records] == [
        ("inference_attempt", "timeout"),
        ("inference_transaction", "timeout"),
    ]


def test_where_the_spec_has_no_queue_no_try_is_the_last() -> None:
    bench = Bench(max_receive_count=None)
    assert bench.tries(message("1,0", 1, 99), message("x", 2, 99)) == [1, 2]
    assert [(one["type"], one["final"]) for one in bench.sink.records] == [("inference_attempt", False)] * 2


def test_of_a_batch_those_that_failed_are_told() -> None:
    bench = Bench()
    bodies = ["1,1", "x", "1,2", "1,0", {"payload": "1,4"}]
    assert bench.tries(*[message(body, number) for number, body in enumerate(bodies)]) == [1, 3]
    assert [one["type"].partition("_")[2] for one in bench.sink.records] == [
        "transaction", "attempt", "transaction", "attempt", "transaction",
    ]  # fmt: skip
    assert len({one["transaction_id"] for one in bench.sink.records}) == 5


def test_a_fifo_queue_keeps_its_order() -> None:
    bench = Bench()
    bodies = ["1,1", "x", "1,2", "1,0"]
    assert bench.tries(*[message(body, number, queue="q.fifo") for number, body in enumerate(bodies)]) == [1, 2, 3]
    assert [one["message_id"][-1] for one in bench.sink.records] == ["0", "1"]


def test_a_redelivery_is_the_same_transaction() -> None:
    bench = Bench()
    bench.tries(message("1,2"))
    bench.tries(message("1,2", receive_count=2))
    first, second = bench.sink.records
    assert first["transaction_id"] == second["transaction_id"]
    assert (first["receive_count"], second["receive_count"]) == (1, 2)


def test_golden_id() -> None:
    """Readers of years to come must find a redelivery by it."""
    said = message("", SentTimestamp="1763716320000") | {"messageId": "059f36b4-87a3-44ab-83d2-661975830a7d"}
    assert Message.of(said).transaction_id == "019aa5af-4b00-774e-b07b-362fc39af630"


@given(st.uuids(), st.integers(0, 2**47), st.integers(1, 1000), st.integers(1, 1000))
def test_an_id_is_of_the_message_and_when_it_was_sent(message_id: UUID, sent: int, one: int, other: int) -> None:
    def id_of(receive_count: int, **more: Any) -> str:
        said = message("", receive_count=receive_count, SentTimestamp=str(sent), **more)
        found = Message.of({**said, "messageId": str(message_id)}).transaction_id
        assert found is not None
        return found

    assert id_of(one) == id_of(other, SenderId="another", ApproximateFirstReceiveTimestamp="1")
    uuid = UUID(id_of(one))
    assert (uuid.version, uuid.variant, uuid.int >> 80) == (7, "specified in RFC 4122", sent)


def test_messages_of_the_same_instant_have_ids_of_their_own() -> None:
    assert len({Message.of(message("", number)).transaction_id for number in range(1000)}) == 1000


@pytest.mark.parametrize("attributes", [None, {}, {"SentTimestamp": "soon", "ApproximateReceiveCount": None}])
def test_a_message_without_attributes_is_tried_for_the_first_time(attributes: Any) -> None:
    bench = Bench()
    assert bench.tries(message("1,4") | {"attributes": attributes}) == []
    assert bench.line["receive_count"] == 1
    assert "requester" not in bench.line
    assert UUID(bench.line["transaction_id"]).version == 7


def test_each_message_may_take_its_share_of_what_is_left() -> None:
    """The margin of a limit is a tenth of short times, and 0.1 s of others."""
    clock = [0.0]
    limits: list[float] = []

    def predict(features: dict[str, Any]) -> float:
        from inferwatch.serving import deadline

        limits.append(deadline.seconds_left())
        clock[0] += features["a"]
        return 1.0

    bench = Bench(predict)
    bench.remaining_ms = lambda: 10_000.0 - clock[0]
    bench.tries(message("2000,1"), message("500,1", 2), message("4000,1", 3), message("0,1", 4))
    shares = [10_000 / 4, 8_000 / 3, 7_500 / 2, 3_500 / 1]
    assert limits == pytest.approx([share / 1000 - 0.1 for share in shares], abs=0.4)


def test_one_slow_message_does_not_starve_the_others() -> None:
    def predict(features: dict[str, Any]) -> float:
        if features["a"] == 0:
            time.sleep(30)
        return 1.0

    bench = Bench(predict)
    bench.remaining_ms = lambda: 40_000.0 if bench.sink.lines else 400.0
    assert bench.tries(message("0,1", 1), message("1,1", 2), message("1,1", 3), message("1,1", 4)) == [1]
    assert [one["status"] for one in bench.sink.records] == ["timeout", "succeeded", "succeeded", "succeeded"]


def test_what_was_not_recorded_comes_back() -> None:
    lines: list[bytes] = []

    def full(line: bytes) -> None:
        lines.append(line)
        if len(lines) == 2:
            raise OSError(28, "No space left on device")

    monitor = Monitor(COMPILED, full)
    messages = Messages(COMPILED, Service(COMPILED, divide, monitor), monitor)
    batch = {"Records": [message("1,4", number) for number in range(3)]}
    (failure,) = messages.answer(batch, lambda: 10_000.0)["batchItemFailures"]
    assert failure["itemIdentifier"].endswith("1")


def test_what_predict_rejects_is_no_transaction() -> None:
    def predict(_: Any) -> Any:
        raise Rejected("ModelError", "the endpoint answered 400: too many columns")

    bench = Bench(predict)
    assert bench.tries(message("1,4", receive_count=3)) == [1]
    assert bench.line["type"] == "inference_attempt"
    assert bench.line["error"] == {"type": "ModelError", "message": "the endpoint answered 400: too many columns"}
    assert bench.line["RejectedCount"] == 1


def test_a_model_may_reject_and_fail_by_its_inference() -> None:
    def predict(features: dict[str, Any]) -> int:
        inference = bench.monitor.current()
        assert inference is not None
        (inference.reject if features["a"] else inference.fail)("Unlikely", "a house for nothing")
        return 0

    bench = Bench(predict)
    assert bench.tries(message("1,1", 1), message("0,1", 2)) == [1, 2]
    assert [one["status"] for one in bench.sink.records] == ["rejected", "failed"]


def test_parse_gets_the_message() -> None:
    def parse(said: dict[str, Any]) -> dict[str, Any]:
        return {"a": float(said["body"]), "b": float(said["messageAttributes"]["b"]["stringValue"])}

    bench = Bench(parse=parse)
    assert bench.tries(message("1") | {"messageAttributes": {"b": {"stringValue": "2"}}}) == []
    assert (bench.line["prediction"], bench.line["request"]) == (0.5, 1)
    assert bench.tries(message("x", 2)) == [2]
    assert bench.sink.records[1]["type"] == "inference_attempt"


def test_a_prediction_is_not_too_large_for_a_queue_which_wants_none() -> None:
    sink = MemorySink()
    monitor = Monitor(COMPILED, sink)
    service = Service(COMPILED, lambda _: "x" * 500, monitor, answer_max=100)
    answer = Messages(COMPILED, service, monitor).answer({"Records": [message("1,4")]}, lambda: 10_000.0)
    assert answer == {"batchItemFailures": []}
    assert sink.records[0]["status"] == "succeeded"


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        {},
        {"Records": []},
        {"Records": {"eventSource": "aws:sqs"}},
        {"Records": [{"eventSource": "aws:s3"}]},
        {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": "{}"}}]},
        {"Records": [1]},
        {"Records": [{"eventSource": "aws:sqs"}, {"eventSource": "aws:s3"}]},
        {"httpMethod": "POST", "body": '{"Records": [{"eventSource": "aws:sqs"}]}'},
    ],
)
def test_other_events_are_no_messages(event: Any) -> None:
    assert not is_queue(event)


def test_messages_are_told_by_their_source() -> None:
    assert is_queue({"Records": [message("1"), message("2")]})


def test_when_a_message_was_tried_and_when_it_was_sent_are_two_things() -> None:
    bench = Bench()
    bench.tries(message("1,4"))
    assert bench.line["start_at"] > iso(SENT)
    assert UUID(bench.line["transaction_id"]).int >> 80 == SENT


class Panic(BaseException):
    """As Rust's panics arrive, and tasks that were cancelled: no Exception."""


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even this")


@pytest.mark.parametrize("trouble", [Panic("a"), asyncio.CancelledError(), Unspeakable(), SystemExit(1)])
def test_whatever_a_model_raises_its_neighbours_are_answered(trouble: BaseException) -> None:
    def predict(features: dict[str, Any]) -> float:
        if features["a"] == 2:
            raise trouble
        return 1.0

    bench = Bench(predict)
    assert bench.tries(*[message({"a": number, "b": 1}, number) for number in (1, 2, 3)]) == [2]
    assert [line["type"] for line in bench.sink.records] == [
        "inference_transaction",
        "inference_attempt",
        "inference_transaction",
    ]
    assert bench.sink.records[1]["error"]["type"] == type(trouble).__name__
