"""Metric filters: their patterns read, and match what they should and nothing else."""

from __future__ import annotations

import json

import pytest
from cloudwatch_examples import a_spec, digits, rich
from filter_pattern_model import BadPattern, compiled, matches, selected
from log_events import access, attempt, inference, report

from inferwatch.cloudwatch.filters import metric_filters
from inferwatch.spec import limits

EVENT = json.dumps(
    {
        "eventType": "UpdateTrail",
        "sourceIPAddress": "111.111.111.111",
        "arrayKey": ["value", "another value"],
        "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
        "SomeObject": None,
        "ThisFlag": True,
        "latency": 50.5,
        "code": "404",
    }
)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{ $.eventType = "UpdateTrail" }', True),
        ("{ $.sourceIPAddress != 123.123.* }", True),
        ('{ $.sourceIPAddress = "111.111.*" }', True),
        ("{ $.sourceIPAddress = *111.111 }", True),
        ("{ $.sourceIPAddress = 111*111 }", False),  # no wildcard but in its place
        ('{ $.arrayKey[0] = "value" }', True),
        ("{ $.objectList[1].id = 2 }", True),
        ("{ $.SomeObject IS NULL }", True),
        ("{ $.Other NOT EXISTS }", True),
        ("{ $.ThisFlag IS TRUE }", True),
        ("{ $.latency = * }", True),
        ("{ $.Other = * }", False),
        ('{ $.Other != "x" }', False),
        ("{ $.latency > 50 && $.latency <= 50.5 }", True),
        ("{ $.code >= 400 }", False),  # a text is not compared by size
        ('{ $.code = "4*" }', True),
        ('{ $.eventType = "x" || $.code = "404" && $.latency > 60 }', False),
        ('{ ($.eventType = "x" || $.code = "404") && $.latency > 50 }', True),
    ],
)
def test_the_model_of_patterns_reads_the_documented_examples(pattern, expected):
    assert matches(pattern, EVENT) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        "$.a = 1",
        "{ a = 1 }",
        "{ $.a == 1 }",
        "{ $.a = 1 & $.b = 2 }",
        "{ $.a EXISTS }",
        '{ $.a > "1" }',
        '{ $.a = "x }',
        "{ ($.a = 1 }",
        "{}",
    ],
)
def test_the_model_of_patterns_refuses_what_cloudwatch_does(pattern):
    with pytest.raises(BadPattern):
        matches(pattern, EVENT)


def taken(spec, event):
    """What the filters on the event's log group make of it: metric -> value."""
    values = {}
    for each in metric_filters(spec):
        at_home = each.log_group.endswith("/access") is ("integration_status" in event)
        if at_home and matches(each.pattern, json.dumps(event)):
            values[each.metric] = selected(each.value, event) if each.value.startswith("$") else float(each.value)
    return values


@pytest.mark.parametrize("spec", [digits(), rich()], ids=lambda spec: spec.model.name)
def test_every_filter_is_one_that_cloudwatch_takes(spec):
    for each in metric_filters(spec):
        compiled(each.pattern)
        assert len(each.pattern) <= 1024
        assert each.unit in limits.UNITS
        assert len(each.dimensions) <= 3
        assert not set(":*$") & set(each.name + each.namespace + each.metric)


def test_the_report_of_a_cold_start_gives_memory_billed_and_init_time():
    assert taken(digits(), report(cold=True)) == {
        "InitDurationMs": 812.4,
        "MaxMemoryUsedMB": 187,
        "BilledDurationMs": 342,
    }


@pytest.mark.parametrize("status", ["success", "timeout", "error"])
def test_a_warm_report_gives_no_init_time(status):
    assert taken(digits(), report(status)) == {"MaxMemoryUsedMB": 187, "BilledDurationMs": 342}


def test_the_report_of_an_invocation_by_a_queue_is_as_any_other():
    """The local runtime writes what called it; Lambda does not."""
    assert taken(rich(), report(eventSource="aws:sqs")) == {"MaxMemoryUsedMB": 187, "BilledDurationMs": 342}
    assert taken(rich(), report("timeout", eventSource="aws:sqs")) == taken(rich(), report("timeout"))


@pytest.mark.parametrize("final", [True, False])
def test_an_attempt_is_counted_by_its_own_metric_only(final):
    assert taken(rich(), attempt(rich(), final=final)) == {}


def test_an_inference_is_counted_by_its_own_metrics_only():
    assert taken(digits(), inference(digits(), confidence=0.9)) == {}


def test_a_model_that_writes_reports_of_its_own_is_not_counted():
    assert taken(digits(), {**inference(digits()), "record": report(cold=True)["record"]}) == {}


@pytest.mark.parametrize("spec", [digits(), rich()], ids=["http", "rest"])
@pytest.mark.parametrize(
    ("context", "refused"),
    [
        ({"status": 403}, True),
        ({"status": 401}, True),
        ({"status": 400, "error_responseType": "BAD_REQUEST_BODY"}, True),
        ({"status": 413}, True),
        ({"status": 429}, False),  # throttling
        ({"status": 204}, False),  # a preflight request
        ({"status": 504}, False),  # the function was called, and did not answer in time
        ({"status": 200, "integration_status": 200}, False),
        ({"status": 400, "integration_status": 400}, False),  # the model's own answer, recorded as rejected
        ({"status": 502, "integration_status": 200}, False),
    ],
    ids=str,
)
def test_refused_is_what_the_api_answered_without_the_function(spec, context, refused):
    assert taken(spec, access(spec, **context)) == ({"RefusedCount": 1.0} if refused else {})


def test_refusals_are_counted_for_the_models_own_dimensions():
    spec = rich()
    refused = metric_filters(spec)[-1]
    event = access(spec, status=403)
    found = {name: selected(selector, event) for name, selector in refused.dimensions.items()}
    assert found == spec.identity.dimensions


def test_without_an_api_nothing_is_refused(tmp_path):
    found = metric_filters(a_spec(tmp_path, '[api]\ntype = "none"\n'))
    assert [each.metric for each in found] == ["InitDurationMs", "MaxMemoryUsedMB", "BilledDurationMs"]
