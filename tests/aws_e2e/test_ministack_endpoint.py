"""Messages through a deployed function that asks an endpoint, for which a server of the tests stands in."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from deployed_stack import DeployedStack
from fake_endpoint import FakeEndpoint, model_error, predicts, throttles
from log_lines import json_lines
from ministack_process import MiniStack
from patience import eventually

pytestmark = pytest.mark.xdist_group("ministack")

LOG_GROUP = "/test/asking/doubler"
PREDICTION = predicts(b'{"prediction": 82, "confidence": 0.75}')


@pytest.fixture(scope="module")
def warm(cloud: MiniStack, asking: DeployedStack, endpoint: FakeEndpoint) -> FakeEndpoint:
    """The endpoint of a function that has started: on a busy machine the first message may take it two tries."""
    endpoint.answers[:] = [PREDICTION]
    told(cloud, send(cloud, asking))
    return endpoint


@pytest.fixture
def asked(warm: FakeEndpoint) -> FakeEndpoint:
    """The endpoint, which predicts and has not been asked yet."""
    warm.answers[:] = [PREDICTION]
    warm.asked.clear()
    return warm


def send(cloud: MiniStack, stack: DeployedStack) -> str:
    """Put a message into the queue; gives its id."""
    sqs, url = cloud.client("sqs", tls=True), stack.outputs["QueueUrl"]
    return str(sqs.send_message(QueueUrl=url, MessageBody='{"x": 41}')["MessageId"])


def told(cloud: MiniStack, message: str) -> list[dict[str, Any]]:
    """The lines of one message, as soon as the last of them is its record."""

    def lines() -> list[dict[str, Any]]:
        found = [json.loads(line) for line in json_lines(cloud, LOG_GROUP)]
        return [line for line in found if line["message_id"] == message]

    return eventually(lines, lambda found: bool(found) and found[-1]["type"] == "inference_transaction")


def test_the_endpoint_predicts_and_the_function_records(
    cloud: MiniStack, asking: DeployedStack, asked: FakeEndpoint
) -> None:
    (record,) = told(cloud, send(cloud, asking))

    assert (record["status"], record["prediction"], record["confidence"]) == ("succeeded", 82, 0.75)
    (request,) = asked.asked
    assert request.path == f"/endpoints/{asking.outputs['EndpointName']}/invocations"
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert headers["x-amzn-sagemaker-inference-id"] == record["transaction_id"]
    assert json.loads(request.body) == {"x": 41}


def test_a_throttled_endpoint_is_asked_again_in_the_same_invocation(
    cloud: MiniStack, asking: DeployedStack, asked: FakeEndpoint
) -> None:
    asked.answers[:] = [throttles(), PREDICTION]

    (record,) = told(cloud, send(cloud, asking))

    assert (record["status"], record["receive_count"]) == ("succeeded", 1)
    assert len(asked.asked) == 2


def test_a_slow_endpoint_costs_its_message_a_try_and_the_next_message_nothing(
    cloud: MiniStack, asking: DeployedStack, asked: FakeEndpoint
) -> None:
    at_last = threading.Event()
    asked.answers[:] = [PREDICTION._replace(after=at_last), PREDICTION]

    slow = send(cloud, asking)
    eventually(lambda: len(asked.asked), bool)
    (other,) = told(cloud, send(cloud, asking))
    attempt, record = told(cloud, slow)
    at_last.set()

    assert (other["status"], other["receive_count"]) == ("succeeded", 1)
    assert (attempt["type"], attempt["status"], attempt["RetriedCount"]) == ("inference_attempt", "timeout", 1)
    assert attempt["error"]["type"] == "EndpointTimeout"
    assert attempt["elapse"] < 2000
    assert (record["status"], record["receive_count"]) == ("succeeded", 2)
    assert record["transaction_id"] == attempt["transaction_id"]


def test_a_model_that_fails_is_asked_again_recorded_once_and_its_message_kept(
    cloud: MiniStack, asking: DeployedStack, asked: FakeEndpoint
) -> None:
    asked.answers[:] = [model_error(500, "out of order")]

    attempt, record = told(cloud, send(cloud, asking))

    assert (attempt["type"], attempt["RetriedCount"]) == ("inference_attempt", 1)
    assert (record["status"], record["error"]["type"]) == ("failed", "ModelError")
    sqs, url = cloud.client("sqs", tls=True), asking.outputs["DeadLetterQueueUrl"]
    (dead,) = eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages", []), bool)
    assert json.loads(dead["Body"]) == {"x": 41}
