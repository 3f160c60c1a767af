"""The specs that these tests work on, and the golden files of two of them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import msgspec

from inferwatch.cloudwatch.access_log import access_log_format
from inferwatch.cloudwatch.alarms import alarm_properties
from inferwatch.cloudwatch.composites import composite_properties, health_properties
from inferwatch.cloudwatch.dashboard.dashboard import dashboard_body
from inferwatch.cloudwatch.filters import metric_filters
from inferwatch.cloudwatch.queries import saved_queries
from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
REGION, ACCOUNT = "eu-central-1", "123456789012"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
SMALLEST = """
[model]
namespace = "/abc_corp/claim"
name = "doc_classification"
"""


def digits() -> MonitorSpec:
    """The example that comes with InferWatch."""
    return load_spec(HERE.parents[1] / "examples" / "digits", environ={})


def rich() -> MonitorSpec:
    """One that uses what a spec can."""
    return load_spec(HERE / "rich", "prod", environ={})


def a_spec(folder: Path, text: str, environment: str | None = None) -> MonitorSpec:
    """`text` as a spec, after the smallest one unless it has a model of its own."""
    file = folder / "inferwatch.toml"
    file.write_text(text if "[model]" in text else SMALLEST + text)
    return load_spec(file, environment, environ={})


def derived(spec: MonitorSpec) -> dict[str, Any]:
    """Everything that is worked out from a spec, as JSON values, by the golden file that it stands in."""
    parts = {
        "alarms": [alarm_properties(spec, alarm, actions=[TOPIC]) for alarm in spec.alarms],
        "composites": [composite_properties(spec, alarm, actions=[TOPIC]) for alarm in spec.composite_alarms]
        + [health_properties(spec)],
        "dashboard": dashboard_body(spec, REGION, ACCOUNT),
        "queries": msgspec.to_builtins(saved_queries(spec)),
        "filters": msgspec.to_builtins(metric_filters(spec)),
        "access_log": access_log_format(spec),
    }
    return {name: json.loads(json.dumps(part)) for name, part in parts.items()}


def golden(name: str, value: Any) -> Any:
    """What the golden file holds. With GOLDEN=write in the environment, it is written first."""
    file = GOLDEN / f"{name}.json"
    if os.environ.get("GOLDEN") == "write":
        file.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")
    return json.loads(file.read_text())
