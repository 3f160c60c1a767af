"""What does not change while the page is open: the model, its dashboard, and how to send it a request."""

from __future__ import annotations

import shlex
from typing import Any

import msgspec
import orjson

from inferwatch.spec import record
from inferwatch.spec.charts import charts, tiles, widget_id
from inferwatch.spec.dashboard import AWS_ONLY
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.sample import sample
from inferwatch.web.sources import Sources


def model_view(sources: Sources, gateway_url: str | None) -> dict[str, Any]:
    """gateway_url: where the model answers, for the sample request; None where no gateway runs beside the page."""
    spec = sources.spec
    identity = spec.identity
    return {
        "now": sources.now_ms(),
        "namespace": identity.namespace,
        "model_name": identity.model_name,
        "model_version": identity.model_version,
        "deployment_id": identity.deployment_id,
        "environment": identity.environment,
        "log_group": identity.log_group,
        "title": spec.dashboard.title,
        "description": spec.dashboard.description,
        "confidence_scale": spec.model.confidence_scale,
        "memory": spec.function.memory,
        "timeout": spec.function.timeout,
        "billed": sources.billed,
        "overview": sources.overview is not None,
        "declared": sources.declared,
        "statuses": list(record.STATUSES),
        "widgets": [
            {"id": widget_id(index), "type": w.type, "title": w.title, "width": w.width, "height": w.height}
            for index, w in enumerate(spec.dashboard.widget)
            if w.type not in AWS_ONLY
        ],
        "tiles": [{"id": tile.id, "label": tile.label} for tile in tiles(spec)],
        "charts": msgspec.to_builtins(charts(spec)),
        "units": {**record.BUILT_IN_UNITS, **{metric.name: metric.unit for metric in spec.metrics}},
        "sample_request": sample_request(spec, gateway_url) if gateway_url else None,
    }


def sample_request(spec: MonitorSpec, gateway_url: str) -> str:
    """A curl command that a shell takes as it stands, with a body that the declared features accept."""
    url = gateway_url.rstrip("/") + "/predict"
    return f"curl {shlex.quote(url)} -d {shlex.quote(orjson.dumps(sample(spec.features)).decode())}"
