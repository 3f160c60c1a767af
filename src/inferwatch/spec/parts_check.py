"""What cannot stand in the parts that a model may have: queue, endpoint, history, lake, pipeline.

Each limit is of the API reference of its service: SQS, Lambda, SageMaker, Firehose, CodePipeline.
"""

from __future__ import annotations

import math
import re

from inferwatch.spec.fault import Fault
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.pipeline import PipelineSpec
from inferwatch.spec.queue import QueueSpec
from inferwatch.spec.sagemaker import SageMakerSpec

_QUEUE_RANGES = {
    "batch_size": (1, 10_000),
    "batching_window": (0, 300),
    "max_receive_count": (1, 1000),
    "visibility_timeout": (1, 43_200),
    "retention_days": (1, 14),
    "dead_letter_retention_days": (1, 14),
    "maximum_concurrency": (2, 1000),
}
BATCH_WITHOUT_WINDOW = 10

SERVERLESS_MEMORY = (1024, 2048, 3072, 4096, 5120, 6144)
_SAGEMAKER_RANGES = {
    "instances": (1, 100),
    "max_concurrency": (1, 200),
    "retries": (0, 10),
    "capture_percent": (1, 100),
}
INVOCATION_MAX = 60
"""Seconds: SageMaker ends a request to an endpoint then."""
_ENDPOINT = r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
_INSTANCE = r"ml\.[a-z0-9-]+\.[a-z0-9]+"
_S3 = r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+"

_LAKE_RANGES = {"days": (1, 36_500), "buffer_seconds": (0, 900), "buffer_mb": (64, 128)}
SCAN_MIN_GB = 0.01

_CONNECTION = r"arn:[\w-]+:(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection/[0-9a-f-]+"


def check(spec: MonitorSpec) -> None:
    """Raise Fault for the first thing that cannot stand."""
    if spec.queue is not None:
        _queue(spec, spec.queue)
    if spec.sagemaker is not None:
        _sagemaker(spec, spec.sagemaker)
    if spec.history is not None:
        _range("history", spec.history, "days", (1, 36_500))
    if spec.lake is not None:
        _ranges("lake", spec.lake, _LAKE_RANGES)
        if not SCAN_MIN_GB <= spec.lake.scan_limit_gb < math.inf:
            raise Fault("lake.scan_limit_gb", f"{spec.lake.scan_limit_gb} is out of range; Athena's least is 0.01 GB")
    if spec.pipeline is not None:
        _pipeline(spec, spec.pipeline)


def _queue(spec: MonitorSpec, queue: QueueSpec) -> None:
    _ranges("queue", queue, _QUEUE_RANGES)
    timeout, visibility = spec.function.timeout, queue.visibility(spec.function.timeout)
    if visibility < math.ceil(timeout):
        problem = (
            f"{visibility} s is shorter than function.timeout, {timeout:g} s: a message would be tried twice at once"
        )
        raise Fault("queue.visibility_timeout", f"{problem}; AWS advises six times the timeout")
    if visibility > _QUEUE_RANGES["visibility_timeout"][1]:
        raise Fault("queue.visibility_timeout", "six times function.timeout is more than SQS allows; give it")
    if queue.batch_size > BATCH_WITHOUT_WINDOW and queue.batching_window == 0:
        raise Fault("queue.batching_window", f"must be 1 s or more for batches of more than {BATCH_WITHOUT_WINDOW}")
    if queue.dead_letter_retention_days < queue.retention_days:
        problem = f"{queue.dead_letter_retention_days} is less than retention_days, {queue.retention_days}"
        raise Fault("queue.dead_letter_retention_days", f"{problem}; a message's age counts from when it was sent")
    most, reserved = queue.maximum_concurrency, spec.function.reserved_concurrency
    if most is not None and reserved is not None and most > reserved:
        raise Fault("queue.maximum_concurrency", f"{most} is more than function.reserved_concurrency, {reserved}")
    if spec.model.predict is None and spec.sagemaker is None:
        raise Fault("queue", "needs model.predict or [sagemaker]: what shall work on the messages?")


def _sagemaker(spec: MonitorSpec, asked: SageMakerSpec) -> None:
    _ranges("sagemaker", asked, _SAGEMAKER_RANGES)
    if asked.endpoint is not None and not re.fullmatch(_ENDPOINT, asked.endpoint):
        problem = f"{asked.endpoint!r} may hold letters, digits and '-' between them, at most 63"
        raise Fault("sagemaker.endpoint", problem)
    if asked.instance_type is not None and not re.fullmatch(_INSTANCE, asked.instance_type):
        raise Fault("sagemaker.instance_type", f"{asked.instance_type!r} is no type, as in 'ml.m5.large'")
    if asked.model_data is not None and not re.fullmatch(_S3, asked.model_data):
        raise Fault("sagemaker.model_data", f"{asked.model_data!r} is no object, as in 's3://bucket/model.tar.gz'")
    if asked.memory not in SERVERLESS_MEMORY:
        allowed = ", ".join(map(str, SERVERLESS_MEMORY))
        raise Fault("sagemaker.memory", f"{asked.memory} is not possible; allowed are {allowed} MB")
    if asked.capture_percent is not None and asked.instance_type is None:
        raise Fault("sagemaker.capture_percent", "needs an instance_type: serverless endpoints capture nothing")
    if not 0 < asked.timeout <= INVOCATION_MAX:
        raise Fault("sagemaker.timeout", f"{asked.timeout:g} is out of range; at most {INVOCATION_MAX} s")
    if asked.timeout >= spec.function.timeout:
        problem = f"{asked.timeout:g} s leaves nothing of function.timeout, {spec.function.timeout:g} s"
        raise Fault("sagemaker.timeout", f"{problem}; the function must still write the record")
    if asked.endpoint is None and asked.image is None and spec.model.predict is None:
        raise Fault("sagemaker", "needs model.predict, an image, or the name of an endpoint that is there")


def _pipeline(spec: MonitorSpec, pipeline: PipelineSpec) -> None:
    for key in ("stages", "approve"):
        for stage in getattr(pipeline, key):
            if stage not in spec.environments:
                raise Fault(f"pipeline.{key}", f"{stage!r} is no environment of this file; add [environment.{stage}]")
    stages = pipeline.stages or spec.environments
    for stage in pipeline.approve:
        if stage not in stages:
            raise Fault("pipeline.approve", f"{stage!r} is not among the stages, {', '.join(stages)}")
    if pipeline.source == "codecommit":
        if "/" in pipeline.repository:
            raise Fault("pipeline.repository", f"{pipeline.repository!r}: CodeCommit's names have no owner and no '/'")
        if pipeline.connection is not None:
            raise Fault("pipeline.connection", "is for github, gitlab and bitbucket; CodeCommit needs none")
        return
    if not re.fullmatch(r"[^/\s]+(/[^/\s]+)+", pipeline.repository):
        raise Fault("pipeline.repository", f"{pipeline.repository!r} must be owner/name")
    if pipeline.connection is None or not re.fullmatch(_CONNECTION, pipeline.connection):
        problem = "must be the ARN of a connection, arn:aws:codeconnections:…:connection/…"
        raise Fault("pipeline.connection", f"{problem}; the console makes one: Developer Tools, Settings, Connections")


def _ranges(table: str, part: object, ranges: dict[str, tuple[int, int]]) -> None:
    for key, allowed in ranges.items():
        _range(table, part, key, allowed)


def _range(table: str, part: object, key: str, allowed: tuple[int, int]) -> None:
    value, (low, high) = getattr(part, key), allowed
    if value is not None and not low <= value <= high:
        raise Fault(f"{table}.{key}", f"{value} is out of range; allowed are {low} to {high}")
