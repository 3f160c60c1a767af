"""What a spec makes of a month, counted against what is deployed from it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from inferwatch.cloudwatch.bill.usage import Usage, usage
from inferwatch.cloudwatch.filters import metric_filters
from inferwatch.sdk import MemorySink, Monitor
from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec

MODEL = '[model]\nnamespace = "/abc_corp/claim"\nname = "doc_classification"\n'
EVERY_KIND = (
    MODEL
    + """confidence_scale = 1
by_version = true

[function]
memory = 1024
architecture = "arm64"
provisioned_concurrency = 2
ephemeral_storage = 1024
insights = true

[api]
type = "rest"

[logs]
retention_days = 30
customer_key = true

[[metric]]
name = "Pages"
field = "request.pages"

[[alarm]]
name = "quick"
metric = "LatencyMs"
comparison = "GreaterThanThreshold"
threshold = 1
period = 10

[[composite_alarm]]
name = "both"
rule = "ALARM(quick) AND ALARM(High-Latency-Alarm)"
"""
)


def a_spec(folder: Path, text: str = MODEL) -> MonitorSpec:
    (folder / "inferwatch.toml").write_text(text)
    return load_spec(folder, environ={})


def used(spec: MonitorSpec) -> Usage:
    return usage(spec, requests=7, billed_ms=Decimal(3), log_kb=Decimal(2), image_gb=Decimal(1), notifications=1000)


def test_a_plain_spec(tmp_path: Path) -> None:
    assert used(a_spec(tmp_path)) == Usage(
        requests=7,
        billed_ms=Decimal(3),
        memory=512,
        log_kb=Decimal(2),
        access_kb=Decimal("0.5"),
        retention_days=90,
        metrics=5 + 3 + 1,  # of the lines, of the runtime's report, of the API's access log
        alarms=1 + 2,  # ErrorCount is two metrics on AWS
        composite_alarms=1,
        image_gb=Decimal(1),
        notifications=1000,
        keys=1,
    )


def test_a_spec_that_uses_everything(tmp_path: Path) -> None:
    found = used(a_spec(tmp_path, EVERY_KIND))
    assert (found.metrics, found.alarms, found.high_resolution_alarms, found.composite_alarms) == (2 * 7 + 4, 4, 1, 2)
    assert (found.memory, found.architecture, found.provisioned, found.ephemeral_storage) == (1024, "arm64", 2, 1024)
    assert (found.insights, found.api, found.retention_days, found.keys) == (True, "rest", 30, 2)


def test_a_zip_without_an_api(tmp_path: Path) -> None:
    found = used(a_spec(tmp_path, MODEL + '[function]\npackage = "zip"\n[api]\ntype = "none"\n'))
    assert (found.image_gb, found.access_kb, found.api, found.metrics) == (0, 0, "none", 5 + 3)


PARTS = """predict = "app:predict"

[queue]

[sagemaker]
instance_type = "ml.m5.large"

[history]
days = 7

[lake]

[pipeline]
repository = "claim"
source = "codecommit"

[logs]
customer_key = true
"""


def test_a_spec_with_every_part(tmp_path: Path) -> None:
    spec = a_spec(tmp_path, MODEL + PARTS)
    found = used(spec)
    assert (found.queue, found.endpoint, found.history_days, found.lake) == (True, spec.sagemaker, 7, spec.lake)
    assert found.stages == 1
    assert found.endpoint_log_kb == found.log_kb
    assert found.metrics == 5 + 3 + 1 + 1  # RetriedCount; those of SQS and SageMaker cost nothing
    assert found.alarms == 1 + 2 + 1 + 1  # of dead letters, and of what the history could not write
    assert found.keys == 1 + 3 + 1 + 1  # topics; logs, the endpoint's and the pipeline's; payloads; artifacts
    assert found.image_gb == 2


def test_a_lake_has_a_key_of_its_own_where_nobody_asks_for_one(tmp_path: Path) -> None:
    assert used(a_spec(tmp_path, MODEL + "[lake]\n")).keys == 2
    assert used(a_spec(tmp_path, MODEL + "[history]\n")).keys == 1
    assert used(a_spec(tmp_path, MODEL + "[history]\n[lake]\n[logs]\ncustomer_key = true\n")).keys == 3


def test_what_an_endpoint_captures_has_a_key_where_one_is_asked_for(tmp_path: Path) -> None:
    endpoint = "[sagemaker]\nimage = 'theirs'\ninstance_type = 'ml.m5.large'\n"
    key = "[logs]\ncustomer_key = true\n"
    assert used(a_spec(tmp_path, MODEL + endpoint + key)).keys == 3
    assert used(a_spec(tmp_path, MODEL + endpoint + "capture_percent = 5\n" + key)).keys == 4
    assert used(a_spec(tmp_path, MODEL + endpoint + "capture_percent = 5\n")).keys == 1


def test_an_endpoint_of_others_writes_no_lines_of_ours(tmp_path: Path) -> None:
    assert used(a_spec(tmp_path, MODEL + "[sagemaker]\nendpoint = 'theirs'\n")).endpoint_log_kb == 0
    assert used(a_spec(tmp_path, MODEL + "[sagemaker]\nimage = 'theirs'\n")).endpoint_log_kb == 0


def test_a_pipeline_has_the_stages_that_it_names_or_all_environments(tmp_path: Path) -> None:
    text = MODEL + "[environment.dev]\n[environment.prod]\n[pipeline]\nsource = 'codecommit'\nrepository = 'c'\n"
    assert used(a_spec(tmp_path, text)).stages == 2
    assert used(a_spec(tmp_path, text + "stages = ['prod']\n")).stages == 1


def test_the_metrics_counted_are_those_that_a_line_declares_and_filters_make(tmp_path: Path) -> None:
    spec = a_spec(tmp_path, EVERY_KIND)
    sink = MemorySink()
    Monitor(spec.compile(), sink).record(request={"pages": 3}, elapse=1.0, confidence=0.5)
    (directive,) = json.loads(sink.lines[0])["_aws"]["CloudWatchMetrics"]
    series = len(directive["Metrics"]) * len(directive["Dimensions"])
    assert used(spec).metrics == series + len(metric_filters(spec))
