from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from inferwatch.errors import HandlerError, SpecError
from inferwatch.serving import aws_lambda
from inferwatch.spec import load_spec

SPEC = """
[model]
namespace = "/demo"
name = "adder"
predict = "app:predict"
[features]
a = "number"
"""
CALL = """
import sys
class Context:
    aws_request_id = "r-1"
    def get_remaining_time_in_millis(self):
        return 5000
from inferwatch.serving import aws_lambda
answer = aws_lambda.handler({"a": 2}, Context())
print(answer["prediction"])
print(" ".join(sorted(sys.modules)))
"""
MESSAGES = """
import json, sys
class Context:
    aws_request_id = "r-1"
    def get_remaining_time_in_millis(self):
        return 5000
def message(number, body):
    return {"messageId": f"m-{number}", "body": body, "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:e:1:q",
            "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1763716320000"}}
from inferwatch.serving import aws_lambda
handler = aws_lambda.handler
loaded = "inferwatch.serving.sqs" in sys.modules
answer = handler({"Records": [message(1, '{"a": 2}'), message(2, "x")]}, Context())
print(json.dumps([loaded, answer]))
"""
LATER = {f"inferwatch.serving.{name}" for name in ("sqs", "payload", "endpoint")} | {
    "inferwatch.sdk.attempt", "csv", "hashlib",
}  # fmt: skip
"""What only a queue, an endpoint or a request without names needs."""
HEAVY = {"msgspec", "asyncio", "duckdb", "starlette", "uvicorn", "pydantic", "logging", "click", "boto3"}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "inferwatch.toml").write_text(SPEC)
    (tmp_path / "app.py").write_text("def predict(features):\n    return features['a'] * 2\n")
    (tmp_path / "inferwatch.compiled.json").write_bytes(orjson.dumps(load_spec(tmp_path).compile()))
    return tmp_path


def test_the_handler_serves_the_model_of_its_folder_and_loads_nothing_heavy(model: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", CALL], cwd=model, capture_output=True, text=True, check=True, timeout=60
    )
    line, prediction, modules = run.stdout.splitlines()
    record = orjson.loads(line)
    assert prediction == "4"
    assert (record["status"], record["request_id"]) == ("succeeded", "r-1")
    assert (HEAVY | LATER) & set(modules.split()) == set()


@pytest.mark.parametrize(("table", "loaded"), [("", False), ("[queue]\n", True)])
def test_messages_of_a_queue_are_answered_and_their_code_loaded_in_time(model: Path, table: str, loaded: bool) -> None:
    (model / "inferwatch.toml").write_text(SPEC + table)
    (model / "inferwatch.compiled.json").write_bytes(orjson.dumps(load_spec(model).compile()))
    run = subprocess.run(
        [sys.executable, "-c", MESSAGES], cwd=model, capture_output=True, text=True, check=True, timeout=60
    )
    record, attempt, answer = map(orjson.loads, run.stdout.splitlines())
    assert answer == [loaded, {"batchItemFailures": [{"itemIdentifier": "m-2"}]}]
    assert (record["type"], record["prediction"], record["message_id"]) == ("inference_transaction", 4, "m-1")
    assert (attempt["type"], attempt["status"], attempt["final"]) == ("inference_attempt", "rejected", False)
    assert record["request_id"] == attempt["request_id"] == "r-1"


def test_messages_that_cannot_be_recorded_come_back(model: Path) -> None:
    (model / "app.py").write_text("import os\ndef predict(features):\n    os.close(1)\n    return 1\n")
    program = MESSAGES.replace("print(", "sys.stderr.write(")
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=model, capture_output=True, text=True, check=True, timeout=60
    )
    assert '{"batchItemFailures": [{"itemIdentifier": "m-1"}, {"itemIdentifier": "m-2"}]}' in run.stderr


def test_what_is_not_recorded_is_not_answered(model: Path) -> None:
    (model / "app.py").write_text("import os\ndef predict(features):\n    os.close(1)\n    return 1\n")
    run = subprocess.run(
        [sys.executable, "-c", CALL], cwd=model, capture_output=True, text=True, timeout=60, check=False
    )
    assert "NotRecorded: standard output did not take the record" in run.stderr


def test_a_folder_without_a_compiled_spec_is_served_by_its_toml(model: Path) -> None:
    (model / "inferwatch.compiled.json").unlink()
    run = subprocess.run(
        [sys.executable, "-c", CALL], cwd=model, capture_output=True, text=True, check=True, timeout=60
    )
    line, prediction, _ = run.stdout.splitlines()
    assert prediction == "4"
    assert orjson.loads(line)["model_name"] == "adder"


def test_a_missing_compiled_spec_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(
        SpecError, match=r"inferwatch\.compiled\.json: the compiled spec cannot be read: No such file .* a deployment"
    ):
        aws_lambda.build({}, str(tmp_path))


def test_a_damaged_compiled_spec_is_said(model: Path) -> None:
    path = model / "other.json"
    path.write_text("{")
    with pytest.raises(SpecError, match=r"other\.json: the compiled spec is damaged"):
        aws_lambda.build({"INFERWATCH_COMPILED_SPEC": str(path)}, str(model))


def test_a_spec_without_predict_says_what_to_add(model: Path) -> None:
    compiled = {**load_spec(model).compile(), "predict": None}
    path = model / "inferwatch.compiled.json"
    path.write_bytes(orjson.dumps(compiled))
    with pytest.raises(HandlerError, match=r'add predict = "app:predict" to \[model\]'):
        aws_lambda.build(os.environ, str(model))


def test_the_module_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'hander'"):
        _ = aws_lambda.hander
