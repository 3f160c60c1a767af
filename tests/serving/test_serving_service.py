from __future__ import annotations

import base64
import sys
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from inferwatch.sdk.monitor import Monitor
from inferwatch.sdk.sinks import MemorySink
from inferwatch.serving.deadline import AlarmLimit
from inferwatch.serving.event import http_event
from inferwatch.serving.features import Rejected
from inferwatch.serving.service import Service

COMPILED: dict[str, Any] = {
    "namespace": "/demo",
    "model_name": "adder",
    "model_version": 3,
    "deployment_id": 1,
    "environment": "dev",
    "metric_namespace": "demo",
    "log_group": "/demo/adder",
    "confidence_scale": 1,
    "capture": "full",
    "redact": [],
    "by_version": False,
    "metrics": [],
    "high_resolution": [],
    "predict": "app:predict",
    "parse": None,
    "features": {"a": {"type": "number"}, "b": {"type": "number", "optional": True}},
    "timeout": 10.0,
}


def add(features: dict[str, Any]) -> dict[str, Any]:
    return {"prediction": features["a"] + features.get("b", 0), "confidence": 0.75, "method": "by hand"}


class Bench:
    """A service with a sink in memory. `send` is an API Gateway call; gives status and JSON body."""

    def __init__(self, predict: Callable[[Any], Any] = add, seconds: float = 10, **more: Any) -> None:
        compiled = {**COMPILED, **{name: more.pop(name) for name in list(more) if name == "redact"}}
        self.sink = MemorySink()
        self.service = Service(compiled, predict, Monitor(compiled, self.sink), **more)
        self.limit = AlarmLimit(lambda: seconds * 1000)

    def send(self, body: Any, method: str = "POST", path: str = "/predict") -> tuple[int, dict[str, Any]]:
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        event = http_event(method, path, [("content-type", "application/json")], raw, source_ip="192.0.2.1", now_ms=0)
        answer = self.service.answer(event, self.limit, "request-1")
        return answer["statusCode"], orjson.loads(answer["body"] or b"null")

    @property
    def record(self) -> dict[str, Any]:
        (record,) = self.sink.records
        return record


def test_a_prediction_is_answered_and_recorded() -> None:
    bench = Bench()
    status, body = bench.send({"a": 1, "b": 2.5})
    record = bench.record
    assert status == 200
    assert body == {
        "prediction": 3.5,
        "confidence": 0.75,
        "method": "by hand",
        "transaction_id": record["transaction_id"],
    }
    assert record["status"] == "succeeded"
    assert record["request"] == {"a": 1, "b": 2.5}
    assert record["response"] == {"prediction": 3.5, "confidence": 0.75, "method": "by hand"}
    assert (record["prediction"], record["confidence"]) == (3.5, 0.75)
    assert record["requester"] == {"ip": "192.0.2.1"}
    assert record["request_id"] == "request-1"
    assert "features" not in record


def test_the_record_is_there_before_the_answer_is() -> None:
    bench = Bench()
    seen: list[int] = []
    real = bench.service._answer
    bench.service._answer = lambda *args: (real(*args), seen.append(len(bench.sink.lines)))[0]  # type: ignore[method-assign]
    bench.send({"a": 1})
    assert seen == [1]


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b"", "MalformedJson", "the body is empty; expected JSON"),
        (b"{", "MalformedJson", "the body is no JSON: "),
        (b'{"a": NaN}', "MalformedJson", "the body is no JSON: "),
        (b"\xff\xfe", "MalformedJson", "the body is no JSON: "),
        (b'"a"', "InvalidRequest", "expected a JSON object; got a string"),
        (b"[1, 2, 3]", "InvalidFeatures", "expected 1 to 2 values in the order of the declared features; got 3"),
        (b'{"b": 1}', "InvalidFeatures", "a is missing; expected a number"),
        (b'{"a": "1"}', "InvalidFeatures", "a must be a number; got a string"),
    ],
)
def test_a_bad_request_is_rejected_with_what_was_expected(body: bytes, kind: str, said: str) -> None:
    bench = Bench()
    status, answer = bench.send(body)
    assert status == 400
    assert answer["error"]["type"] == kind
    assert answer["error"]["message"].startswith(said)
    assert answer["error"]["expected"] == {"a": "a number", "b": "a number (optional)"}
    assert answer["transaction_id"] == bench.record["transaction_id"]
    assert bench.record["status"] == "rejected"
    assert bench.record["error"]["type"] == kind


@pytest.mark.parametrize(
    ("redact", "kept"),
    [([], True), (["requester.ip"], True), (["requests.a"], True), (["request.a"], False), (["request"], False)],
)
def test_a_malformed_body_is_kept_as_text_unless_the_request_is_redacted(redact: list[str], kept: bool) -> None:
    bench = Bench(redact=redact)
    bench.send(b'{"a": 1')
    assert bench.record["request"] == ('{"a": 1' if kept else None)
    assert bench.record["request_size"] == len(orjson.dumps('{"a": 1'))


def test_an_exception_is_a_500_without_its_text_and_recorded_with_it() -> None:
    def predict(_: Any) -> Any:
        raise KeyError("secret internals")

    bench = Bench(predict)
    status, answer = bench.send({"a": 1})
    assert status == 500
    assert "secret" not in str(answer)
    assert answer["transaction_id"] == bench.record["transaction_id"]
    assert bench.record["status"] == "failed"
    assert bench.record["error"] == {"type": "KeyError", "message": "'secret internals'"}


@pytest.mark.parametrize("result", [object(), 2**80, {"prediction": b"x"}])
def test_a_prediction_that_is_no_json_is_the_models_failure(result: Any) -> None:
    bench = Bench(lambda _: result)
    assert bench.send({"a": 1})[0] == 500
    assert bench.record["error"]["type"] == "TypeError"


def test_a_model_that_calls_exit_fails_and_the_service_lives() -> None:
    bench = Bench(lambda _: sys.exit(3))
    assert bench.send({"a": 1})[0] == 500
    assert bench.record["error"]["type"] == "SystemExit"


def test_the_deadline_is_a_504_and_a_timeout() -> None:
    bench = Bench(lambda _: time.sleep(30), seconds=0.2)
    status, answer = bench.send({"a": 1})
    assert status == 504
    assert answer["error"]["type"] == "Timeout"
    assert bench.record["status"] == "timeout"
    assert bench.record["request"] == {"a": 1}


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/predict", 405), ("POST", "/nope", 404), ("GET", "/ping", 200)]
)
def test_what_is_no_inference_is_not_recorded(method: str, path: str, status: int) -> None:
    bench = Bench()
    assert bench.send(b"", method, path)[0] == status
    assert bench.sink.lines == []


def test_a_nan_is_null_in_the_answer_and_no_metric_in_the_record() -> None:
    bench = Bench(lambda _: {"prediction": 1, "confidence": float("nan")})
    _, answer = bench.send({"a": 1})
    assert answer["confidence"] is None
    assert "PredictionProbability" not in bench.record


def test_every_answer_to_a_page_carries_the_cors_headers() -> None:
    service = Bench(allowed_origins=("https://a.test",)).service
    for body in (b'{"a": 1}', b"{"):
        event = http_event("POST", "/predict", [("Origin", "https://a.test")], body, now_ms=0)
        headers = service.answer(event, lambda function, argument: function(argument))["headers"]
        assert headers["Access-Control-Allow-Origin"] == "https://a.test"
        assert headers["Content-Type"] == "application/json"


def test_a_direct_invocation_is_answered_with_the_bare_body() -> None:
    bench = Bench()
    answer = bench.service.answer({"a": 1}, bench.limit, "r")
    assert answer["prediction"] == 1
    assert bench.service.answer({"a": None}, bench.limit, "r")["error"]["type"] == "InvalidFeatures"
    assert [record["status"] for record in bench.sink.records] == ["succeeded", "rejected"]
    assert "requester" not in bench.sink.records[0]


def test_base64_bodies_are_decoded() -> None:
    bench = Bench()
    event = {"httpMethod": "POST", "path": "/predict", "isBase64Encoded": True}
    good = bench.service.answer({**event, "body": base64.b64encode(b'{"a": 4}').decode()}, bench.limit)
    bad = bench.service.answer({**event, "body": "*not base64*"}, bench.limit)
    assert (good["statusCode"], bad["statusCode"]) == (200, 400)


@pytest.mark.parametrize("redact", [[], ["request.a"]])
def test_a_body_that_is_no_base64_is_said_to_be_none(redact: list[str]) -> None:
    bench = Bench(redact=redact)
    event = {"httpMethod": "POST", "path": "/predict", "isBase64Encoded": True, "body": "@@"}
    error = orjson.loads(bench.service.answer(event, bench.limit)["body"])["error"]
    assert error["type"] == "MalformedJson"
    assert error["message"].startswith("the body is no base64: ")
    assert bench.record["request"] == (None if redact else "@@")


def as_number(event: dict[str, Any]) -> dict[str, Any]:
    return {"a": float(event["body"])}


def test_parse_makes_the_features_from_the_event() -> None:
    bench = Bench(parse=as_number)
    assert bench.send(b"2.5")[1]["prediction"] == 2.5
    assert bench.record["features"] == {"a": 2.5}
    assert bench.record["request"] == 2.5


def test_a_value_error_of_parse_is_the_clients_mistake() -> None:
    bench = Bench(parse=as_number)
    status, answer = bench.send(b'"x"')
    assert status == 400
    assert answer["error"]["message"] == "could not convert string to float: '\"x\"'"
    assert bench.record["status"] == "rejected"


@pytest.mark.parametrize(
    ("parse", "said"),
    [
        (lambda request: {"a": request["pages"]}, "KeyError: 'pages'"),
        (lambda request: {"a": request["list"][3]}, "IndexError: list index out of range"),
        (lambda request: {"a": request["text"] + 1}, "TypeError: can only concatenate str"),
        (lambda request: {"a": request["list"].strip()}, "AttributeError: 'list' object has no attribute 'strip'"),
    ],
)
def test_what_parse_misses_in_a_request_is_the_clients_mistake(parse: Callable[[Any], Any], said: str) -> None:
    bench = Bench(parse=lambda event: parse(orjson.loads(event["body"])))
    status, answer = bench.send({"list": [], "text": "x"})
    assert status == 400
    assert answer["error"]["type"] == "InvalidRequest"
    assert answer["error"]["message"].startswith(said)
    assert answer["error"]["expected"] == {"a": "a number", "b": "a number (optional)"}
    assert bench.record["status"] == "rejected"
    assert bench.record["request"] == {"list": [], "text": "x"}


def test_the_text_of_parse_s_exception_can_be_redacted_in_the_record() -> None:
    bench = Bench(redact=["error.message"], parse=as_number)
    assert "'\"secret\"'" in bench.send(b'"secret"')[1]["error"]["message"]
    assert bench.record["error"] == {"type": "InvalidRequest", "message": None}


def test_any_other_exception_of_parse_is_the_models_failure() -> None:
    bench = Bench(parse=lambda _: 1 / 0)
    assert bench.send(b"1")[0] == 500
    assert bench.record["error"]["type"] == "ZeroDivisionError"


def test_a_key_error_of_predict_stays_the_models_failure_where_there_is_a_parse() -> None:
    bench = Bench(lambda features: features["nothing"], parse=as_number)
    assert bench.send(b"1")[0] == 500
    assert bench.record["status"] == "failed"


def test_what_parse_gives_is_checked_too() -> None:
    bench = Bench(parse=lambda _: {"b": 1})
    assert bench.send(b"1")[0] == 400


def test_the_code_of_a_model_reaches_its_inference() -> None:
    bench = Bench()
    monitor = bench.service._monitor

    def predict(features: dict[str, Any]) -> int:
        inference = monitor.current()
        assert inference is not None
        inference.metric("Pages", 3, "Count")
        inference.set(branch="left")
        return 1

    bench.service._predict = predict
    bench.send({"a": 1})
    assert (bench.record["Pages"], bench.record["branch"]) == (3, "left")


def test_a_prediction_that_is_too_large_for_an_answer_is_recorded_as_failed() -> None:
    bench = Bench(lambda features: "\u00e9" * 200, answer_max=1000)
    assert bench.send({"a": 1})[0] == 500
    assert bench.record["status"] == "failed"
    assert "too large for an answer" in bench.record["error"]["message"]
    assert Bench(lambda features: "\u00e9" * 150, answer_max=1000).send({"a": 1})[0] == 200


def csv_event(body: str, content_type: str = "text/csv", **more: Any) -> dict[str, Any]:
    """As API Gateway hands text over: as text."""
    return {"httpMethod": "POST", "path": "/predict", "headers": {"Content-Type": content_type}, "body": body, **more}


@pytest.mark.parametrize("content_type", ["text/csv", "Text/CSV; charset=utf-8"])
def test_a_body_of_csv_is_one_record(content_type: str) -> None:
    bench = Bench()
    answer = bench.service.answer(csv_event("1,2.5\r\n", content_type), bench.limit)
    assert (answer["statusCode"], orjson.loads(answer["body"])["prediction"]) == (200, 3.5)
    assert bench.record["request"] == "1,2.5\r\n"
    assert bench.record["features"] == {"a": 1, "b": 2.5}


def test_csv_may_come_in_base64() -> None:
    bench = Bench()
    event = csv_event(base64.b64encode(b"1,2").decode(), isBase64Encoded=True)
    assert bench.service.answer(event, bench.limit)["statusCode"] == 200


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b"1,2\n3,4", "MalformedCsv", "expected one record of CSV; got 2 records"),
        (b"", "MalformedCsv", "expected one record of CSV; got nothing"),
        (b"\xff1", "MalformedCsv", "the body is no text in UTF-8"),
        (b'{"a": 1}', "InvalidFeatures", "a must be a number; got a string"),
    ],
)
def test_csv_that_is_none_is_refused_and_kept(body: bytes, kind: str, said: str) -> None:
    bench = Bench()
    event = csv_event(base64.b64encode(body).decode(), isBase64Encoded=True)
    error = orjson.loads(bench.service.answer(event, bench.limit)["body"])["error"]
    assert error["type"] == kind
    assert said in error["message"]
    assert error["expected"] == {"a": "a number", "b": "a number (optional)"}
    assert bench.record["status"] == "rejected"
    assert bench.record["request"] == body.decode(errors="replace")


@pytest.mark.parametrize("body", [{"payload": "1,2"}, {"payload": [1, 2]}, {"payload": {"a": 1, "b": 2}}, [1, 2]])
def test_a_request_that_does_not_name_its_features_is_recorded_as_it_came(body: Any) -> None:
    bench = Bench()
    assert bench.send(body)[1]["prediction"] == 3
    assert bench.record["request"] == body
    assert bench.record["features"] == {"a": 1, "b": 2}


def test_a_direct_invocation_may_wrap_its_request_too() -> None:
    bench = Bench()
    assert bench.service.answer({"payload": "1,2"}, bench.limit)["prediction"] == 3


@pytest.mark.parametrize("body", [{"payload": "1,2"}, {"payload": {"a": 1, "b": 2}}, [1, 2]])
def test_a_request_that_redaction_cannot_search_is_hidden_as_a_whole(body: Any) -> None:
    bench = Bench(redact=["request.a", "features.a"])
    assert bench.send(body)[0] == 200
    assert bench.record["request"] is None
    assert bench.record["features"] == {"a": None, "b": 2}


def test_a_model_of_numbers_gets_a_list_and_one_of_texts_its_object() -> None:
    seen: list[Any] = []
    sink = MemorySink()
    compiled = {**COMPILED, "features": {}}
    service = Service(compiled, lambda features: seen.append(features) or 1, Monitor(compiled, sink))
    limit = AlarmLimit(lambda: 10_000.0)
    for body in ('{"payload": "1,2.5"}', '{"payload": "a text"}', "[1, 2]"):
        answer = service.answer(csv_event(body, "application/json"), limit)
        assert answer["statusCode"] == 200
    assert seen == [[1, 2.5], {"payload": "a text"}, [1, 2]]
    assert [record.get("features") for record in sink.records] == [[1, 2.5], None, None]
    assert service.answer(csv_event("a text"), limit)["statusCode"] == 400
    assert service.answer(csv_event('["a"]', "application/json"), limit)["statusCode"] == 400


def test_a_metric_of_a_feature_is_measured_however_it_came() -> None:
    compiled = {**COMPILED, "metrics": [{"name": "Rooms", "field": "features.a", "unit": "Count"}]}
    sink = MemorySink()
    service = Service(compiled, add, Monitor(compiled, sink))
    for body in ('{"a": 3}', '{"payload": "3"}', "[3]"):
        service.answer(csv_event(body, "application/json"), AlarmLimit(lambda: 10_000.0))
    assert [record["Rooms"] for record in sink.records] == [3, 3, 3]


def test_what_predict_rejects_is_the_clients_mistake() -> None:
    def predict(_: Any) -> Any:
        raise Rejected("ModelError", "the endpoint refused it")

    bench = Bench(predict)
    status, answer = bench.send({"a": 1})
    assert (status, answer["error"]) == (400, {"type": "ModelError", "message": "the endpoint refused it"})
    assert bench.record["status"] == "rejected"
