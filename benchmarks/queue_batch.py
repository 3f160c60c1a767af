"""What a batch of ten messages costs in the function: InferWatch's handler, its floor, and Powertools, in one run.

    uv run --all-extras --group bench python benchmarks/queue_batch.py [--rounds 31] [--json]

Every contestant gets the same event of SQS with 13 numbers in each message, calls the same trivial `predict` and writes
what came, what was predicted and the same metrics of each message to /dev/null. Rounds are interleaved; the figure of
each is the median of its rounds. Ratios within a run are worth more than microseconds.

Its name is not `queue`: Python puts a program's folder before its own library, which has a `queue`.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import orjson
from contest import Contestant, measured, report

from inferwatch.serving import aws_lambda
from inferwatch.spec import load_spec

Handler = Callable[[Any, Any], Any]

BATCH = 10
FEATURES = ("crim", "zn", "indus", "chas", "nox", "rm", "age", "dis", "rad", "tax", "ptratio", "b", "lstat")
SPEC = f"""
[model]
namespace = "/abc_corp/housing"
name = "house_value"
predict = "app:predict"
confidence_scale = 1

[features]
{"".join(f'{name} = {{ type = "number", min = 0, max = 1000 }}' + chr(10) for name in FEATURES)}
[queue]
batch_size = {BATCH}
"""
APP = """
def predict(features):
    return {"prediction": features["rm"], "confidence": 0.93}
"""
_GENERATOR = random.Random(1)
VALUES = {name: round(_GENERATOR.random() * 100, 4) for name in FEATURES}
CSV = ",".join(map(str, VALUES.values()))
JSON_BODY, CSV_BODY = orjson.dumps(VALUES).decode(), orjson.dumps({"payload": CSV}).decode()
IDENTITY = {
    "namespace": "/abc_corp/housing",
    "model_name": "house_value",
    "model_version": 1,
    "deployment_id": 0,
    "environment": "dev",
    "type": "inference_transaction",
    "status": "succeeded",
}


class Context:
    """What is read of Lambda's context, by either contestant."""

    function_name = "house_value"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:house_value"
    aws_request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"

    def get_remaining_time_in_millis(self) -> int:
        return 20_000


def event(body: str) -> dict[str, Any]:
    """As Lambda hands over a batch."""
    now = str(int(time.time() * 1000))
    return {
        "Records": [
            {
                "messageId": f"059f36b4-87a3-44ab-83d2-66197{number:07}",
                "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a" * 5,
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": now,
                    "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                    "ApproximateFirstReceiveTimestamp": now,
                },
                "messageAttributes": {},
                "md5OfBody": hashlib.md5(body.encode()).hexdigest(),
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:house_value-Inference-Queue",
                "awsRegion": "eu-central-1",
            }
            for number in range(BATCH)
        ]
    }


def predict(features: dict[str, Any]) -> dict[str, Any]:
    return {"prediction": features["rm"], "confidence": 0.93}


def floor(descriptor: int) -> Handler:
    """A line that is already there, of a usual record's length."""
    line = b"x" * 1_364 + b"\n"

    def handle(said: Any, context: Any) -> dict[str, Any]:
        for message in said["Records"]:
            predict(orjson.loads(message["body"]))
            os.write(descriptor, line)
        return {"batchItemFailures": []}

    return handle


def inferwatch(folder: Path) -> Handler:
    folder.joinpath("inferwatch.toml").write_text(SPEC)
    folder.joinpath("app.py").write_text(APP)
    folder.joinpath("inferwatch.compiled.json").write_bytes(orjson.dumps(load_spec(folder).compile()))
    return aws_lambda.build({}, str(folder))


def batch_processor(each: Callable[[Any], Any]) -> Handler:
    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

    processor = BatchProcessor(event_type=EventType.SQS)

    def handle(said: Any, context: Any) -> Any:
        return process_partial_response(event=said, record_handler=each, processor=processor, context=context)

    return handle


def powertools(stream: IO[str]) -> Callable[[Any], dict[str, Any]]:
    """Its Metrics print: `main` sends stdout to /dev/null."""
    from aws_lambda_powertools import Logger, Metrics

    logger = Logger(service="house_value", stream=stream)
    metrics = Metrics(namespace="abc_corp_housing", service="house_value")

    def each(record: Any) -> dict[str, Any]:
        begin = time.time()
        came = record.json_body
        features = came
        if "payload" in came:
            features = dict(zip(FEATURES, map(float, came["payload"].split(",")), strict=True))
        response = predict(features)
        end = time.time()
        told = {
            **IDENTITY,
            "transaction_id": record.message_id,
            "message_id": record.message_id,
            "receive_count": int(record.attributes.approximate_receive_count),
            "requester": {"principal": record.attributes.sender_id},
            "start_at": begin,
            "end_at": end,
            "elapse": (end - begin) * 1000,
            "request": came,
            "response": response,
            **response,
        }
        logger.info("inference", extra=told if features is came else {**told, "features": features})
        metrics.add_dimension("environment", "dev")
        for name, value in (("Invocations", 1), ("SuccessCount", 1), ("ErrorCount", 0), ("RejectedCount", 0)):
            metrics.add_metric(name, "Count", value)
        metrics.add_metric("LatencyMs", "Milliseconds", (end - begin) * 1000)
        metrics.add_metric("PredictionProbability", "None", response["confidence"])
        metrics.flush_metrics()
        return response

    return each


def batches(handler: Handler, said: dict[str, Any]) -> Callable[[int], float]:
    """Hands the event over as often as gives so many messages; seconds."""
    context = Context()
    assert handler(said, context) == {"batchItemFailures": []}

    def run(count: int) -> float:
        start = time.perf_counter()
        for _ in range(count // BATCH):
            handler(said, context)
        return time.perf_counter() - start

    return run


@contextlib.contextmanager
def silent() -> Iterator[IO[str]]:
    """Standard output, whoever writes there and how, goes to /dev/null."""
    sys.stdout.flush()
    kept = os.dup(1)
    with open(os.devnull, "w") as null:
        os.dup2(null.fileno(), 1)
        try:
            with contextlib.redirect_stdout(null):
                yield null
        finally:
            os.dup2(kept, 1)
            os.close(kept)


def contestants(folder: Path, null: IO[str]) -> list[Contestant]:
    as_json, as_csv = event(JSON_BODY), event(CSV_BODY)
    own, bare = inferwatch(folder), floor(null.fileno())
    alone, whole = batch_processor(lambda record: predict(record.json_body)), batch_processor(powertools(null))
    return [
        ("floor: orjson.loads + os.write", 2_000, batches(bare, as_json)),
        ("inferwatch, JSON", 2_000, batches(own, as_json)),
        ("inferwatch, a payload of CSV", 2_000, batches(own, as_csv)),
        ("powertools BatchProcessor, writes nothing", 500, batches(alone, as_json)),
        ("powertools Batch + Logger + Metrics, JSON", 300, batches(whole, as_json)),
        ("powertools Batch + Logger + Metrics, CSV", 300, batches(whole, as_csv)),
    ]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=31)
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args()
    os.environ["POWERTOOLS_TRACE_DISABLED"] = "1"
    with tempfile.TemporaryDirectory() as folder, silent() as null:
        figures = measured(contestants(Path(folder), null), options.rounds)
    said = f"{BATCH} messages a batch, bodies of {len(JSON_BODY)} B (JSON) and {len(CSV_BODY)} B (payload)"
    report(figures, said, "us/message", as_json=options.json)


if __name__ == "__main__":
    main()
