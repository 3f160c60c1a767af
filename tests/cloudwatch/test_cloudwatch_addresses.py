"""Where metrics are found: every metric that is watched or shown is one that somebody sends."""

from __future__ import annotations

from itertools import product

import msgspec
import pytest
from cloudwatch_examples import ACCOUNT, REGION, digits, rich
from log_events import attempt, inference

from inferwatch.cloudwatch.address import REPORT_METRICS, address, report_namespace
from inferwatch.cloudwatch.alarms import alarm_properties
from inferwatch.cloudwatch.dashboard.dashboard import dashboard_body
from inferwatch.cloudwatch.filters import metric_filters
from inferwatch.cloudwatch.names import HISTORY_INDEX, names
from inferwatch.spec import record

SPECS = [digits(), rich()]


def sent(spec):
    """Namespace, name and dimensions of every metric that CloudWatch gets of this model."""
    spec = msgspec.structs.replace(spec, identity=msgspec.structs.replace(spec.identity, model_version=3))
    line = inference(spec, confidence=0.9, metrics={"Drift": 0.1})
    [directive] = line["_aws"]["CloudWatchMetrics"]
    for definition in directive["Metrics"]:
        for dimensions in directive["Dimensions"]:
            values = frozenset((name, line[name]) for name in dimensions)
            yield directive["Namespace"], definition["Name"], values
    for each in metric_filters(spec):
        values = frozenset((name, spec.identity.dimensions[name]) for name in each.dimensions)
        yield each.namespace, each.metric, values
    for name in ("Errors", "Throttles"):
        yield "AWS/Lambda", name, frozenset({("FunctionName", names(spec).function)})
    yield from of_queue(spec) if spec.queue else ()
    yield from of_endpoint(spec) if spec.sagemaker else ()
    yield from of_history(spec) if spec.history else ()
    yield from of_lake(spec) if spec.lake else ()


def of_queue(spec):
    line = attempt(spec, final=False)
    [directive] = line["_aws"]["CloudWatchMetrics"]
    [(definition, dimensions)] = product(directive["Metrics"], directive["Dimensions"])
    yield directive["Namespace"], definition["Name"], frozenset((name, line[name]) for name in dimensions)
    for queue in (names(spec).queue, names(spec).dead_letters):
        for name in ("ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"):
            yield "AWS/SQS", name, frozenset({("QueueName", queue)})


def of_endpoint(spec):
    dimensions = frozenset({("EndpointName", names(spec).endpoint), ("VariantName", "AllTraffic")})
    for name in ("ModelLatency", "OverheadLatency", "InvocationModelErrors"):
        yield "AWS/SageMaker", name, dimensions


def of_history(spec):
    called = names(spec)
    yield from subscribed(called.log_group, called.history_subscription, "Lambda")
    yield "AWS/Lambda", "Errors", frozenset({("FunctionName", called.history_writer)})
    yield "AWS/SQS", "ApproximateNumberOfMessagesVisible", frozenset({("QueueName", called.history_failures)})
    table = ("TableName", called.history)
    yield "AWS/DynamoDB", "WriteThrottleEvents", frozenset({table})
    yield "AWS/DynamoDB", "WriteThrottleEvents", frozenset({table, ("GlobalSecondaryIndexName", HISTORY_INDEX)})
    yield "AWS/DynamoDB", "SuccessfulRequestLatency", frozenset({table, ("Operation", "BatchWriteItem")})


def of_lake(spec):
    called = names(spec)
    yield from subscribed(called.log_group, called.lake_subscription, "Firehose")
    yield "AWS/Lambda", "Errors", frozenset({("FunctionName", called.lake_transform)})
    for name in ("ThrottledRecords", "FailedConversion.Records", "DeliveryToS3.DataFreshness"):
        yield "AWS/Firehose", name, frozenset({("DeliveryStreamName", called.lake)})


def subscribed(log_group, subscription, destination):
    where = {"LogGroupName": log_group, "DestinationType": destination, "FilterName": subscription}
    for name in ("DeliveryErrors", "DeliveryThrottling"):
        yield "AWS/Logs", name, frozenset(where.items())


def in_alarm(members):
    parts = [part["MetricStat"]["Metric"] for part in members.get("Metrics", []) if "MetricStat" in part]
    for metric in parts or [members]:
        dimensions = frozenset((d["Name"], d["Value"]) for d in metric.get("Dimensions", []))
        yield metric["Namespace"], metric["MetricName"], dimensions


def on_dashboard(spec):
    for widget in dashboard_body(spec, REGION, ACCOUNT)["widgets"]:
        for row in widget["properties"].get("metrics", []):
            if "expression" not in row[-1]:
                namespace, name, *pairs = row[:-1]
                yield namespace, name, frozenset(zip(pairs[::2], pairs[1::2], strict=True))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.model.name)
def test_every_alarm_watches_a_metric_that_is_sent(spec):
    known = set(sent(spec))
    for alarm in spec.alarms:
        assert set(in_alarm(alarm_properties(spec, alarm))) <= known, alarm.name


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.model.name)
def test_every_metric_on_the_dashboard_is_one_that_is_sent(spec):
    assert set(on_dashboard(spec)) <= set(sent(spec))


@pytest.mark.parametrize("metric", [name for name in record.BUILT_IN_UNITS if name != record.PREDICTION_PROBABILITY])
def test_every_metric_of_every_model_is_sent_to_its_address(metric):
    at = address(rich(), metric)
    assert (at.namespace, at.name, frozenset(at.dimensions.items())) in set(sent(rich()))


def test_metrics_from_the_report_have_a_namespace_of_their_model_and_environment():
    assert report_namespace(rich()) == "abc_corp/claim/doc_classification/prod"
    for metric in REPORT_METRICS:
        assert address(rich(), metric).dimensions == {}


@pytest.mark.parametrize(
    ("metric", "finest"),
    [
        ("LatencyMs", 1),
        *((name, 60) for name in ("ErrorCount", "MaxMemoryUsedMB", "Throttles", "RefusedCount")),
        *((name, 60) for name in ("QueuedMessages", "DeadLetters", "ModelLatency")),
    ],
)
def test_a_metric_is_as_fine_as_an_alarm_needs_it_or_as_aws_sends_it(metric, finest):
    assert address(rich(), metric).finest == finest


def test_the_queue_and_the_dead_letter_queue_are_told_apart():
    queued, dead = address(rich(), record.QUEUED_MESSAGES), address(rich(), record.DEAD_LETTERS)
    assert queued.name == dead.name == "ApproximateNumberOfMessagesVisible"
    assert queued.dimensions == {"QueueName": "doc_classification-prod-Inference-Queue"}
    assert dead.dimensions == {"QueueName": "doc_classification-prod-Inference-Dead-Letters"}


def test_an_endpoint_that_is_there_is_watched_by_its_own_name():
    named = msgspec.structs.replace(rich().sagemaker, endpoint="theirs")
    spec = msgspec.structs.replace(rich(), sagemaker=named)
    assert address(spec, record.MODEL_LATENCY).dimensions == {"EndpointName": "theirs", "VariantName": "AllTraffic"}


def test_an_environment_that_is_declared_stands_in_the_names():
    assert names(digits()).function == "digits-Inference"
    assert names(digits()).dashboard == "digits-Inference-Monitoring-Dashboard"
    assert names(rich()).dashboard == "doc_classification-prod-Inference-Monitoring-Dashboard"
    assert names(rich()).stack == "abc-corp-claim-doc-classification-prod"
    assert names(rich()).alarm("High-Latency-Alarm") == "doc_classification-prod-High-Latency-Alarm"
