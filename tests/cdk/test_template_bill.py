"""What `inferwatch cost` counts of a spec is what its template makes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from intrinsics import Template
from synthesis import SPECS, Synthesized

from inferwatch.cloudwatch.bill.usage import Usage, usage
from inferwatch.spec import load_spec

pytestmark = pytest.mark.xdist_group("synth")

MODELS = {
    "digits": (SPECS.parents[2] / "examples" / "digits", "dev"),
    **{
        name: (SPECS / name, environment)
        for name, environment in (("rich", "prod"), ("bare", "dev"), ("parts", "prod"))
    },
}


def counted(name: str) -> Usage:
    folder, environment = MODELS[name]
    nothing = Decimal(0)
    spec = load_spec(folder, environment, {})
    return usage(spec, requests=0, billed_ms=nothing, log_kb=nothing, image_gb=nothing, notifications=0)


def made(template: Template, kind: str) -> Iterator[dict[str, Any]]:
    return (each.get("Properties", {}) for each in template["Resources"].values() if each["Type"] == kind)


def watched(alarm: dict[str, Any]) -> Iterator[int]:
    """The period of every metric that an alarm watches."""
    parts = [part["MetricStat"] for part in alarm.get("Metrics", ()) if "MetricStat" in part]
    return (part["Period"] for part in parts or [alarm])


@pytest.mark.parametrize("name", MODELS)
def test_alarms_dashboards_and_keys(synthesized: Synthesized, name: str) -> None:
    template, expected = synthesized.templates[name], counted(name)
    periods = [period for alarm in made(template, "AWS::CloudWatch::Alarm") for period in watched(alarm)]
    assert len([period for period in periods if period >= 60]) == expected.alarms
    assert len([period for period in periods if period < 60]) == expected.high_resolution_alarms
    assert len(list(made(template, "AWS::CloudWatch::CompositeAlarm"))) == expected.composite_alarms
    assert len(list(made(template, "AWS::CloudWatch::Dashboard"))) == expected.dashboards
    assert len(list(made(template, "AWS::KMS::Key"))) == expected.keys


@pytest.mark.parametrize("name", MODELS)
def test_queues_tables_and_streams(synthesized: Synthesized, name: str) -> None:
    template, expected = synthesized.templates[name], counted(name)
    assert bool(list(made(template, "AWS::Lambda::EventSourceMapping"))) is expected.queue
    assert bool(list(made(template, "AWS::DynamoDB::Table"))) is bool(expected.history_days)
    assert bool(list(made(template, "AWS::KinesisFirehose::DeliveryStream"))) is (expected.lake is not None)
