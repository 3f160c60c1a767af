"""The JSON Schema (draft 4, API Gateway's) of a request: never stricter than the function's own check."""

from __future__ import annotations

from typing import Any

from inferwatch.spec.feature import FeatureSpec
from inferwatch.spec.monitor_spec import MonitorSpec

DRAFT = "http://json-schema.org/draft-04/schema#"


def request_schema(spec: MonitorSpec) -> dict[str, Any] | None:
    """The schema of a body, or None where nothing can be said of it: no `[features]`, or `parse` makes them."""
    if not spec.features or spec.model.parse is not None:
        return None
    required = [name for name, feature in spec.features.items() if not feature.optional]
    return {
        "$schema": DRAFT,
        "title": f"{spec.model.name} request",
        "type": "object",
        "properties": {name: _schema(feature) for name, feature in spec.features.items()},
        **({"required": required} if required else {}),
    }


def _schema(feature: FeatureSpec) -> dict[str, Any]:
    schema = _item(feature)
    if feature.length is not None:
        exactly = {"minItems": feature.length, "maxItems": feature.length} if feature.length >= 0 else {}
        schema = {"type": "array", "items": schema, **exactly}
    if feature.optional:
        return {"anyOf": [{"type": "null"}, schema]}
    return schema


def _item(feature: FeatureSpec) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": feature.type}
    if feature.min is not None:
        schema["minimum"] = feature.min
    if feature.max is not None:
        schema["maximum"] = feature.max
    if feature.values is not None and feature.type != "number":
        # Of numbers, 1 and 1.0 are one value to the function and two to validators that compare as Java does.
        schema["enum"] = [int(value) if feature.type == "integer" else value for value in feature.values]
    return schema
