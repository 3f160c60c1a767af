"""The endpoint as a predictor: boto3's real client against a server that answers as SageMaker does."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fake_endpoint import FakeEndpoint, fails, model_error, predicts, throttles

from inferwatch.errors import HandlerError
from inferwatch.sdk.monitor import Monitor
from inferwatch.sdk.sinks import MemorySink
from inferwatch.serving import endpoint as room
from inferwatch.serving.deadline import AlarmLimit
from inferwatch.serving.endpoint import Endpoint
from inferwatch.serving.service import Service
from inferwatch.serving.sqs import Messages

COMPILED: dict[str, Any] = {
    "namespace": "/demo",
    "model_name": "houses",
    "model_version": 1,
    "deployment_id": 1,
    "environment": "dev",
    "metric_namespace": "demo",
    "redact": [],
    "features": {"rooms": {"type": "number"}, "sizes": {"type": "number", "length": 2}},
    "predict": None,
    "parse": None,
    "endpoint": {"name": None, "timeout": 2.0, "retries": 3, "content_type": "application/json"},
}
FEATURES = {"rooms": 3, "sizes": [10.5, 20]}
OURS = {"error": {"type": "InvalidFeatures", "message": "rooms is missing", "expected": {"rooms": "a number"}}}


class World:
    """A function's service that asks the fake endpoint, and what came of it."""

    def __init__(self, fake: FakeEndpoint, environ: dict[str, str]) -> None:
        self.fake = fake
        self.environ = environ
        self.sink = MemorySink()
        self.pauses: list[float] = []

    def ask(self, features: Any = FEATURES, remaining_ms: float = 8_000, **settings: Any) -> dict[str, Any]:
        """The answer to one direct invocation. settings: other than the compiled spec's."""
        compiled = {**COMPILED, "endpoint": {**COMPILED["endpoint"], **settings}}
        monitor = Monitor(compiled, self.sink)
        made = room.endpoint(compiled, self.environ, monitor)
        made._pause, made._share = self.pauses.append, lambda: 0.5
        return Service(compiled, made, monitor).answer(features, AlarmLimit(lambda: remaining_ms))

    @property
    def record(self) -> dict[str, Any]:
        (record,) = self.sink.records
        return record

    @property
    def error(self) -> tuple[str, str]:
        """Status of the one record, and its error's type."""
        return self.record["status"], self.record["error"]["type"]


@pytest.fixture
def fake() -> Iterator[FakeEndpoint]:
    server = FakeEndpoint()
    yield server
    server.close()


@pytest.fixture
def environ(fake: FakeEndpoint, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name in ("AWS_PROFILE", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", fake.url)
    return {"AWS_REGION": "eu-central-1", room.VARIABLE: "houses-Endpoint"}


@pytest.fixture
def world(fake: FakeEndpoint, environ: dict[str, str]) -> World:
    return World(fake, environ)


def test_what_the_endpoint_says_is_the_prediction(world: World) -> None:
    world.fake.answers = [predicts(b'{"prediction": 24.1, "confidence": 0.9}')]
    answer = world.ask()
    assert answer == {"prediction": 24.1, "confidence": 0.9, "transaction_id": world.record["transaction_id"]}
    assert (world.record["prediction"], world.record["confidence"], world.record["status"]) == (24.1, 0.9, "succeeded")


def test_the_transactions_id_goes_along_twice(world: World) -> None:
    """To the captured data, and to the container."""
    world.fake.answers = [predicts(b"1")]
    identity = world.ask()["transaction_id"]
    (asked,) = world.fake.asked
    assert asked.path == "/endpoints/houses-Endpoint/invocations"
    assert asked.headers["X-Amzn-SageMaker-Inference-Id"] == identity
    assert asked.headers["X-Amzn-SageMaker-Custom-Attributes"] == f"inferwatch-transaction-id={identity}"
    assert (asked.headers["Content-Type"], json.loads(asked.body)) == ("application/json", FEATURES)


def test_the_id_that_a_container_answers_with_is_not_part_of_the_response(world: World) -> None:
    class Echo(list[Any]):
        """Answers with the id that came."""

        def __getitem__(self, index: Any) -> Any:
            identity = world.fake.asked[-1].headers["X-Amzn-SageMaker-Inference-Id"]
            return predicts(json.dumps({"prediction": 1, "transaction_id": identity}).encode())

    world.fake.answers = Echo([None])
    world.ask()
    assert world.record["response"] == {"prediction": 1}


def test_csv_goes_out_and_comes_back(world: World) -> None:
    world.fake.answers = [predicts(b"24.1\n", "text/csv; charset=utf-8")]
    assert world.ask({"sizes": [10.5, 20], "rooms": 3, "more": 1}, content_type="text/csv")["prediction"] == 24.1
    (asked,) = world.fake.asked
    assert (asked.headers["Content-Type"], asked.headers["Accept"], asked.body) == (
        "text/csv",
        "text/csv",
        b"3,10.5,20\n",
    )


def test_throttling_is_tried_again_with_growing_pauses(world: World) -> None:
    not_ready = fails(429, "ModelNotReadyException", Message="it is being made")
    world.fake.answers = [throttles(), not_ready, throttles(), predicts(b"7")]
    assert world.ask()["prediction"] == 7
    assert world.pauses == [0.05, 0.1, 0.2]  # half of 0.1, 0.2, 0.4: the share of full jitter is 0.5 here
    assert len({asked.headers["X-Amzn-SageMaker-Inference-Id"] for asked in world.fake.asked}) == 1


def test_throttling_for_ever_is_a_failure_after_the_retries(world: World) -> None:
    world.fake.answers = [throttles()]
    assert world.ask()["error"]["type"] == "ModelError"
    assert world.error == ("failed", "EndpointThrottled")
    assert world.record["error"]["message"] == "houses-Endpoint: ThrottlingException: too many requests at once"
    assert len(world.fake.asked) == 4


def test_no_pause_is_longer_than_the_time_that_is_left(world: World) -> None:
    world.fake.answers = [throttles()]
    world.ask(remaining_ms=500, retries=10)
    assert world.error == ("failed", "EndpointThrottled")
    assert len(world.fake.asked) < 6
    assert max(world.pauses) < 0.45


@pytest.mark.parametrize("retries", [0, 1])
def test_so_many_retries_as_the_spec_says(world: World, retries: int) -> None:
    world.fake.answers = [throttles()]
    world.ask(retries=retries)
    assert len(world.fake.asked) == retries + 1


def test_a_slow_endpoint_is_a_timeout_after_the_specs_seconds(world: World) -> None:
    late = threading.Event()
    world.fake.answers = [predicts(b"1")._replace(after=late)]
    answer = world.ask(timeout=0.1)
    late.set()
    assert answer["error"]["type"] == "Timeout"
    assert world.error == ("timeout", "EndpointTimeout")
    assert world.record["error"]["message"] == "houses-Endpoint did not answer within 0.1 s"
    assert len(world.fake.asked) == 1


def test_an_endpoint_never_takes_longer_than_the_function_has(world: World) -> None:
    late = threading.Event()
    world.fake.answers = [predicts(b"1")._replace(after=late)]
    began = time.monotonic()
    world.ask(remaining_ms=300, timeout=20.0)
    took = time.monotonic() - began
    late.set()
    assert world.error == ("timeout", "EndpointTimeout")
    assert took < 15  # it is 0.3 s, and what a busy machine adds; not the 20 s of the endpoint


def test_after_an_interrupted_request_the_next_one_is_answered(world: World) -> None:
    late = threading.Event()
    monitor = Monitor(COMPILED, world.sink)
    service = Service(COMPILED, room.endpoint(COMPILED, world.environ, monitor), monitor)
    world.fake.answers = [predicts(b"1")._replace(after=late), predicts(b"2")]
    service.answer(FEATURES, AlarmLimit(lambda: 200))
    late.set()
    assert service.answer(FEATURES, AlarmLimit(lambda: 8_000))["prediction"] == 2


def test_an_endpoint_that_never_answers_keeps_no_message_of_a_batch_from_its_turn(world: World) -> None:
    late = threading.Event()
    world.fake.answers = [predicts(b"1")._replace(after=late)]
    compiled = {**COMPILED, "max_receive_count": 1}
    monitor = Monitor(compiled, world.sink)
    service = Service(compiled, room.endpoint(compiled, world.environ, monitor), monitor)
    end = time.monotonic() + 3.0
    body = json.dumps(FEATURES)
    batch = {"Records": [{"messageId": f"m{number}", "body": body, "eventSource": "aws:sqs"} for number in range(3)]}

    said = Messages(compiled, service, monitor).answer(batch, lambda: (end - time.monotonic()) * 1000)

    late.set()
    assert [failure["itemIdentifier"] for failure in said["batchItemFailures"]] == ["m0", "m1", "m2"]
    assert [(r["status"], r["error"]["type"]) for r in world.sink.records] == [("timeout", "EndpointTimeout")] * 3
    assert len(world.fake.asked) == 3


def test_a_request_that_the_model_refuses_is_rejected_in_the_models_own_words(world: World) -> None:
    world.fake.answers = [model_error(400, json.dumps(OURS))]
    assert world.ask()["error"] == OURS["error"]
    assert world.error == ("rejected", "InvalidFeatures")
    assert len(world.fake.asked) == 1


@pytest.mark.parametrize(
    ("answer", "status", "kind", "said"),
    [
        (model_error(415, "no such type"), "rejected", "ModelError", "no such type"),
        (model_error(500, "it broke"), "failed", "ModelError", "(500): it broke"),
        (model_error(504, "slow"), "timeout", "EndpointTimeout", "did not answer in time: slow"),
        (model_error(0, "Your invocation timed out while waiting"), "timeout", "EndpointTimeout", "timed out"),
        (model_error(0, ""), "failed", "ModelError", "no answer"),
        (fails(400, "ValidationError", Message="Endpoint x not found."), "failed", "EndpointNotFound", "in service?"),
        (fails(400, "ValidationError", Message="no component"), "failed", "EndpointRefused", "(400): no component"),
        (fails(403, "AccessDeniedException", Message="not authorized"), "failed", "EndpointDenied", "InvokeEndpoint"),
        (fails(403, "ExpiredTokenException", Message="expired"), "failed", "EndpointDenied", "expired"),
        (fails(503, "ServiceUnavailable", Message="busy"), "failed", "EndpointUnavailable", "(503): busy"),
        (fails(500, "InternalFailure"), "failed", "EndpointUnavailable", "InternalFailure (500)"),
        (predicts(b"<html>"), "failed", "InvalidAnswer", "is no JSON"),
        (predicts(b""), "failed", "InvalidAnswer", "is empty"),
        (predicts(b"\xff\xfe", "application/x-recordio"), "failed", "InvalidAnswer", "are no text"),
    ],
)  # fmt: skip
def test_each_trouble_has_a_type_and_a_message_and_is_not_tried_again(
    world: World, answer: Any, status: str, kind: str, said: str
) -> None:
    world.fake.answers = [answer]
    world.ask()
    assert world.error == (status, kind)
    assert said in world.record["error"]["message"]
    assert len(world.fake.asked) == 1


def test_a_container_that_has_too_much_to_do_is_asked_again(world: World) -> None:
    world.fake.answers = [model_error(429, "later"), predicts(b"7")]
    assert world.ask()["prediction"] == 7


def test_a_connection_that_breaks_is_no_answer(world: World) -> None:
    world.fake.answers = [predicts(b"")._replace(status=0)]
    world.ask()
    assert world.error == ("failed", "EndpointUnreachable")


def test_an_address_where_nobody_listens(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", "http://127.0.0.1:1")
    world.ask()
    assert world.error == ("failed", "EndpointUnreachable")
    assert "http://127.0.0.1:1" in world.record["error"]["message"]


def test_without_credentials_nobody_is_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    world.fake.answers = [predicts(b"1")]
    world.ask()
    assert world.error == ("failed", "EndpointDenied")
    assert world.fake.asked == []


def test_features_that_do_not_fit_are_never_sent(world: World) -> None:
    world.ask({"rooms": "three"})
    assert world.error == ("rejected", "InvalidFeatures")
    assert world.fake.asked == []


def test_an_endpoint_without_a_name_is_said_before_the_first_request(world: World) -> None:
    del world.environ[room.VARIABLE]
    with pytest.raises(HandlerError, match=r"a deployment sets INFERWATCH_ENDPOINT, or write sagemaker\.endpoint"):
        world.ask()


def test_the_specs_own_name_is_asked_where_no_deployment_gives_one(world: World) -> None:
    del world.environ[room.VARIABLE]
    world.fake.answers = [predicts(b"1")]
    world.ask(name="quotes-of-old")
    assert world.fake.asked[0].path == "/endpoints/quotes-of-old/invocations"


def test_without_a_region_it_is_said_before_the_first_request(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    del world.environ["AWS_REGION"]
    with pytest.raises(HandlerError, match="SageMaker cannot be asked: You must specify a region"):
        world.ask()


def test_without_boto3_the_extra_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(HandlerError, match=r"pip install 'inferwatch\[aws\]'"):
        world.ask()


def test_a_model_without_an_endpoint_loads_no_client() -> None:
    program = (
        "import sys\nfrom inferwatch.serving import container, aws_lambda, model\n"
        "print(any(name.partition('.')[0] in ('boto3', 'botocore') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_share_of_a_pause_is_random_and_its_limit_two_seconds() -> None:
    class Throttling:
        def invoke_endpoint(self, **_: Any) -> Any:
            from botocore.exceptions import ClientError

            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "InvokeEndpoint")

    shares: Callable[[], float] = iter([1.0, 0.25, 0.0, *[1.0] * 10]).__next__
    pauses: list[float] = []
    settings = {"timeout": 1, "retries": 8, "content_type": "application/json"}
    asked = Endpoint(Throttling(), "x", settings, {}, lambda: "id", pause=pauses.append, share=shares)
    with pytest.raises(Exception, match="too many requests at once"):
        asked({"a": 1})
    assert pauses == [0.1, 0.05, 0.0, 0.8, 1.6, 2.0, 2.0, 2.0]
