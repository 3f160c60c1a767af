"""Which metrics CloudWatch has of a model with a queue and an endpoint, and by which names they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_world import Cloud, account

from inferwatch.aws.patience import Patience
from inferwatch.aws.reading.metrics import CloudWatchMetricSource
from inferwatch.aws.reading.series import series
from inferwatch.spec import load_spec

NOW = 1_795_262_400_000  # 2026-11-21 12:00:00 UTC
MODEL = '[model]\nnamespace = "/test"\nname = "claim"\n'
PARTS = '[queue]\n[sagemaker]\nendpoint = "theirs"\n'
VISIBLE = "ApproximateNumberOfMessagesVisible"


def a_cloud(folder: Path, text: str) -> Cloud:
    (folder / "inferwatch.toml").write_text(text)
    cloud = Cloud(load_spec(folder, environ={}))
    for queue, waiting in (("claim-Inference-Queue", 7), ("claim-Inference-Dead-Letters", 2), ("other", 5)):
        cloud.count("AWS/SQS", VISIBLE, {"QueueName": queue}, NOW - 60_000, waiting)
    variant = {"EndpointName": "theirs", "VariantName": "AllTraffic"}
    cloud.count("AWS/SageMaker", "ModelLatency", variant, NOW - 60_000, 40_000, 60_000)
    cloud.count("AWS/SageMaker", "ModelLatency", {**variant, "ContainerName": "first"}, NOW - 60_000, 1)
    return cloud


@pytest.fixture
def nothing_real() -> Iterator[None]:
    with account():
        yield


def test_what_sqs_and_sagemaker_count_has_the_specs_names(tmp_path: Path, nothing_real: None) -> None:
    found = {
        one.metric: (one.namespace, one.dimensions, one.unit) for one in series(a_cloud(tmp_path, MODEL + PARTS).site)
    }
    assert found == {
        "QueuedMessages": ("AWS/SQS", {"QueueName": "claim-Inference-Queue"}, "Count"),
        "DeadLetters": ("AWS/SQS", {"QueueName": "claim-Inference-Dead-Letters"}, "Count"),
        "ModelLatency": ("AWS/SageMaker", {"EndpointName": "theirs", "VariantName": "AllTraffic"}, "Microseconds"),
    }


def test_a_model_without_parts_has_none_of_theirs(tmp_path: Path, nothing_real: None) -> None:
    assert series(a_cloud(tmp_path, MODEL).site) == []


def test_they_are_asked_for_by_the_specs_names(tmp_path: Path, nothing_real: None) -> None:
    cloud = a_cloud(tmp_path, MODEL + PARTS)
    source = CloudWatchMetricSource(cloud.site, Patience(lambda: NOW, lambda _: None))
    default = cloud.site.spec.identity.dimensions

    def newest(metric: str, statistic: str) -> list[float]:
        return [point.value for point in source.datapoints(metric, statistic, 60, NOW - 300_000, NOW, default)]

    assert (newest("QueuedMessages", "Maximum"), newest("DeadLetters", "Maximum")) == ([7], [2])
    assert newest("ModelLatency", "Average") == [50_000]
    assert newest("OverheadLatency", "Average") == []
