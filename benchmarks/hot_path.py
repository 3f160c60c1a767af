"""What recording one inference costs: this SDK beside its floor and what else one would use, in one run.

    uv run --group bench python benchmarks/hot_path.py [--rounds 15] [--json]

Every contestant tells the same inference (a request of 1,086 bytes, a response of 182, identity, times, and the
metrics of EMBEDDED) and writes to /dev/null. Rounds are interleaved, so that a busy machine is busy for all; the
figure of each is the median of its rounds. Ratios within a run are worth more than microseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import random
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import IO, Any

import orjson
from contest import Contestant, measured, report

from inferwatch.sdk import Monitor
from inferwatch.sdk.writer import Writer

IDENTITY = {
    "namespace": "/abc_corp/claim",
    "model_name": "doc_classification",
    "model_version": 3,
    "deployment_id": 7,
    "environment": "prod",
}
COMPILED = {
    **IDENTITY,
    "metric_namespace": "abc_corp/claim",
    "confidence_scale": 1,
    "metrics": [{"name": "Pages", "field": "request.pages", "unit": "Count"}],
}
EMBEDDED = ("Invocations", "SuccessCount", "ErrorCount", "RejectedCount", "LatencyMs", "PredictionProbability", "Pages")
ELAPSE = 12.345


def payloads() -> tuple[dict[str, Any], dict[str, Any]]:
    """The same request and response in every run: 1,086 and 182 bytes of JSON, full of floats as payloads are."""
    generator = random.Random(1)
    request: dict[str, Any] = {"document": "", "pages": 3, "words": []}
    while len(orjson.dumps(request)) < 1_040:
        request["words"].append(round(generator.random() * 16, 4))
    request["document"] = "d" * (1_086 - len(orjson.dumps(request)))
    response: dict[str, Any] = {"prediction": "invoice", "confidence": 0.93, "scores": []}
    while len(orjson.dumps(response)) < 150:
        response["scores"].append(round(generator.random(), 6))
    response["model"] = ""
    response["model"] = "m" * (182 - len(orjson.dumps(response)))
    return request, response


REQUEST, RESPONSE = payloads()


def metric_values() -> dict[str, float]:
    return dict(zip(EMBEDDED, (1, 1, 0, 0, ELAPSE, RESPONSE["confidence"], REQUEST["pages"]), strict=True))


def unit(metric: str) -> str:
    return {"LatencyMs": "Milliseconds", "PredictionProbability": "None"}.get(metric, "Count")


def transaction() -> dict[str, Any]:
    """The record as one would write it by hand."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {
        **IDENTITY,
        "transaction_id": str(uuid.uuid4()),
        "type": "inference_transaction",
        "start_at": now,
        "end_at": now,
        "elapse": ELAPSE,
        "status": "succeeded",
        "request": REQUEST,
        "response": RESPONSE,
        "prediction": RESPONSE["prediction"],
        "confidence": RESPONSE["confidence"],
    }


def repeated(call: Callable[[], object]) -> Callable[[int], float]:
    def run(count: int) -> float:
        start = time.perf_counter()
        for _ in range(count):
            call()
        return time.perf_counter() - start

    return run


def floor(descriptor: int) -> Callable[[], object]:
    document = transaction()
    return lambda: os.write(descriptor, orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE))


def inferwatch_record(descriptor: int) -> Callable[[], object]:
    monitor = Monitor(COMPILED, Writer(descriptor).write)
    return lambda: monitor.record(
        request=REQUEST,
        response=RESPONSE,
        elapse=ELAPSE,
        prediction=RESPONSE["prediction"],
        confidence=RESPONSE["confidence"],
    )


def inferwatch_decorator(descriptor: int) -> Callable[[], object]:
    monitor = Monitor(COMPILED, Writer(descriptor).write)

    @monitor
    def predict(request: dict[str, Any]) -> dict[str, Any]:
        return RESPONSE

    return lambda: predict(REQUEST)


def hand_written(descriptor: int) -> Callable[[], object]:
    definitions = [{"Name": name, "Unit": unit(name)} for name in EMBEDDED]
    directive = {
        "Namespace": COMPILED["metric_namespace"],
        "Dimensions": [["model_name", "environment"]],
        "Metrics": definitions,
    }

    def record() -> None:
        aws = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
        document = {"_aws": aws, **transaction(), **metric_values()}
        os.write(descriptor, orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE))

    return record


def powertools(stream: IO[str]) -> Callable[[], object]:
    """Its Metrics print: `main` sends stdout to /dev/null while a round runs."""
    from aws_lambda_powertools import Logger, Metrics

    logger = Logger(service="doc_classification", stream=stream)
    metrics = Metrics(namespace="abc_corp_claim", service="doc_classification")

    def record() -> None:
        logger.info("inference", extra=transaction())
        metrics.add_dimension("environment", "prod")
        for name, value in metric_values().items():
            metrics.add_metric(name, unit(name), value)
        metrics.flush_metrics()

    return record


def embedded_metrics() -> Callable[[int], float]:
    from aws_embedded_metrics.config import get_config
    from aws_embedded_metrics.logger.metrics_logger_factory import create_metrics_logger

    get_config().environment = "Lambda"

    async def record(count: int) -> float:
        start = time.perf_counter()
        for _ in range(count):
            logger = create_metrics_logger()
            logger.set_namespace("abc_corp_claim")
            logger.set_dimensions({"model_name": "doc_classification", "environment": "prod"})
            for name, value in transaction().items():
                logger.set_property(name, value)
            for name, value in metric_values().items():
                logger.put_metric(name, value, unit(name))
            await logger.flush()
        return time.perf_counter() - start

    return lambda count: asyncio.run(record(count))


@contextlib.contextmanager
def put_metric_data() -> Iterator[Callable[[], object]]:
    """One call of CloudWatch's API an inference, the server on this machine: what a network would add is not in it."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client(
        "cloudwatch",
        region_name="us-east-1",
        endpoint_url=f"http://{host}:{port}",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    dimensions = [{"Name": "model_name", "Value": "doc_classification"}, {"Name": "environment", "Value": "prod"}]

    def record() -> None:
        data = [
            {"MetricName": name, "Dimensions": dimensions, "Value": value, "Unit": unit(name)}
            for name, value in metric_values().items()
        ]
        client.put_metric_data(Namespace="abc_corp/claim", MetricData=data)

    try:
        yield record
    finally:
        server.stop()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=15)
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args()
    os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "abc_corp_claim")
    with open(os.devnull, "w") as null, put_metric_data() as api_call:
        descriptor = null.fileno()
        contestants: list[Contestant] = [
            ("floor: orjson.dumps + os.write", 2_000, repeated(floor(descriptor))),
            ("inferwatch, monitor.record(...)", 2_000, repeated(inferwatch_record(descriptor))),
            ("inferwatch, @monitor", 2_000, repeated(inferwatch_decorator(descriptor))),
            ("EMF written by hand, orjson", 2_000, repeated(hand_written(descriptor))),
            ("aws-lambda-powertools Logger + Metrics", 300, repeated(powertools(null))),
            ("aws-embedded-metrics", 300, embedded_metrics()),
            ("boto3 put_metric_data, moto on localhost", 10, repeated(api_call)),
        ]
        with contextlib.redirect_stdout(null):
            figures = measured(contestants, options.rounds)
    said = f"request {len(orjson.dumps(REQUEST))} B, response {len(orjson.dumps(RESPONSE))} B"
    report(figures, said, "us/record", as_json=options.json)


if __name__ == "__main__":
    main()
