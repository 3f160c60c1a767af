"""The example with a queue and an endpoint: its own tests, and `inferwatch up` with real processes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from up_process import Up, until

from inferwatch.ports import RecordQuery
from inferwatch.spec import load_spec
from inferwatch.store import Store

EXAMPLE = Path(__file__).parents[2] / "examples" / "housing_queue"
NUMBERS = "14.0507,0,18.1,0,0.597,6.657,100,1.5275,24,666,20.2,35.05,21.22"
MESSAGE = f'{{"payload": "{NUMBERS}"}}'
MALFORMED = '{"payload": "14.0507,zero"}'
DEAD_LETTERS = "house-value-Inference-Dead-Letters"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


SOONER = {"timeout = 20  ": "timeout = 6  ", "visibility_timeout = 30 ": "visibility_timeout = 6 "}
"""A message that was refused lies hidden for its visibility timeout, before SQS takes it for a dead letter."""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The example, but for the time that is to be waited."""
    folder = shutil.copytree(EXAMPLE, tmp_path / "model")
    spec = (folder / "inferwatch.toml").read_text()
    for old, new in SOONER.items():
        assert spec.count(old) == 1
        spec = spec.replace(old, new)
    (folder / "inferwatch.toml").write_text(spec)
    return folder


@pytest.fixture
def up(model: Path, data: Path) -> Iterator[Up]:
    running = Up(model, data)
    yield running
    running.kill_tree()


def send(message: str, data: Path) -> str:
    command = [sys.executable, "-m", "inferwatch", "send", message, "--spec", str(EXAMPLE), "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def sqs(up: Up) -> Any:
    """SQS as its own client meets it."""
    keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
    return boto3.client("sqs", region_name="eu-central-1", endpoint_url=up.queue_endpoint, **keys)


def records(data: Path) -> list[dict[str, Any]]:
    with Store.open(data, writer=False) as store:
        return store.records(RecordQuery(start_ms=0, end_ms=1 << 45))


def latencies(data: Path) -> float:
    """How often the endpoint was asked, as SageMaker counts it."""
    of = {"model_name": "house-value", "environment": "dev"}
    with Store.open(data, writer=False) as store:
        points = store.metrics("demo/housing").datapoints("ModelLatency", "SampleCount", 86_400, 0, 1 << 43, of)
    return sum(point.value for point in points)


def lines(data: Path, kind: str) -> list[str]:
    files = (data / "logs").rglob("*.jsonl")
    return [line for file in files for line in file.read_text().splitlines() if f'"type":"{kind}"' in line]


def test_a_message_is_one_prediction_and_a_malformed_one_a_dead_letter_once(up: Up, data: Path) -> None:
    good, malformed = send(MESSAGE, data), send(MALFORMED, data)
    client = sqs(up)
    dead = client.get_queue_url(QueueName=DEAD_LETTERS)["QueueUrl"]

    def dead_letters() -> int:
        found = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["ApproximateNumberOfMessages"])
        return int(found["Attributes"]["ApproximateNumberOfMessages"])

    until(lambda: records(data) and dead_letters() == 1 and latencies(data) == 1, patience=60)
    (found,) = records(data)
    assert (found["status"], found["message_id"], found["receive_count"]) == ("succeeded", good, 1)
    assert found["prediction"] == pytest.approx(18, abs=1.5)
    assert found["request"] == {"payload": NUMBERS}
    # By name, since the lake, which the record may be in by now, does not keep their order.
    assert found["features"] == dict(zip(load_spec(EXAMPLE).features, map(float, NUMBERS.split(",")), strict=True))
    (message,) = client.receive_message(QueueUrl=dead, MaxNumberOfMessages=10)["Messages"]
    assert (message["MessageId"], message["Body"]) == (malformed, MALFORMED)
    assert len(lines(data, "inference_attempt")) == 1
    (asked,) = lines(data, "endpoint_invocation")
    assert found["transaction_id"] in asked


def test_its_own_tests_pass() -> None:
    done = subprocess.run(
        ["make", "test", f"PYTHON={sys.executable}"], cwd=EXAMPLE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout
