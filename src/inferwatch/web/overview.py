"""All models below a node of the organisation, and how each stands."""

from __future__ import annotations

from typing import Any

from inferwatch.errors import QueryError
from inferwatch.web.model_health import HOURS, SPARK_PERIOD, ModelHealth
from inferwatch.web.sources import Sources


def overview_view(sources: Sources, node: str) -> dict[str, Any]:
    """node: `/` for all. Models are in the order of their nodes, then of their names and environments."""
    if sources.overview is None:
        raise QueryError("this page knows of one model only")
    below = node.rstrip("/") + "/"
    models = [health for health in sources.overview() if f"{health.log_group}/".startswith(below)]
    models.sort(key=lambda health: (health.node.split("/"), health.log_group, health.environment))
    return {
        "now": sources.now_ms(),
        "node": node,
        "billed": sources.billed,
        "hours": HOURS,
        "period": SPARK_PERIOD,
        "models": [_model(health) for health in models],
    }


def _model(health: ModelHealth) -> dict[str, Any]:
    return {
        "log_group": health.log_group,
        "node": health.node,
        "model_name": health.log_group.rpartition("/")[2],
        "environment": health.environment,
        "state": health.state,
        "in_alarm": health.loud,
        "alarms": len(health.alarms),
        "invocations": health.invocations,
        "error_rate": health.error_rate,
        "p90": health.p90,
        "spark": health.spark,
        "last": health.last_ms,
        "model_version": health.version,
        "deployment_id": health.deployment,
    }
