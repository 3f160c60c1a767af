"""A line of embedded metrics that is no inference: what the parts around the function measure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from inferwatch.spec import record


def metrics_line(compiled: Mapping[str, Any], kind: str, values: Mapping[str, float], now_ms: int) -> bytes:
    """The line, with the default dimensions. kind: its `type`; values: built-in metrics by name."""
    directive = {
        "Namespace": compiled["metric_namespace"],
        "Dimensions": [list(record.DIMENSIONS)],
        "Metrics": [_definition(compiled, name) for name in values],
    }
    return orjson.dumps(
        {
            "_aws": {"Timestamp": now_ms, "CloudWatchMetrics": [directive]},
            "v": record.LINE_VERSION,
            "namespace": compiled["namespace"],
            "type": kind,
            **{name: compiled[name] for name in record.DIMENSIONS},
            **values,
        }
    )


def _definition(compiled: Mapping[str, Any], name: str) -> dict[str, Any]:
    definition: dict[str, Any] = {"Name": name, "Unit": record.BUILT_IN_UNITS[name]}
    if name in compiled["high_resolution"]:
        definition["StorageResolution"] = 1
    return definition
