"""What the platform says around an invocation: the `record` of each `platform.*` line, as Lambda's telemetry has it.

https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
"""

from __future__ import annotations

import math
from typing import Any, Literal

from inferwatch.local.invocation import Failure, Invocation
from inferwatch.local.launch import Launch
from inferwatch.serving.event import QUEUE_SOURCE

_INIT = {"initializationType": "on-demand", "phase": "init"}


def init_start(launch: Launch) -> dict[str, Any]:
    """The first line of a stream; beyond Lambda's members, the compiled spec: what the stream's lines mean."""
    names = {"functionName": launch.function_name, "functionVersion": launch.version}
    return {**_INIT, **names, "inferwatch": launch.compiled}


def init_report(
    status: Literal["success", "error", "timeout"], failure: Failure | None, init_ms: float
) -> dict[str, Any]:
    return {**_INIT, "status": status, **_error_type(failure), "metrics": {"durationMs": round(init_ms, 3)}}


def start(launch: Launch, request_id: str, *, queued: bool) -> dict[str, Any]:
    return {"requestId": request_id, "version": launch.version, **_event_source(queued)}


def report(
    launch: Launch, invocation: Invocation, *, duration_ms: float, init_ms: float | None, peak_mb: int, queued: bool
) -> dict[str, Any]:
    """init_ms: of the environment's first invocation only, which is billed for it; None for the others."""
    metrics: dict[str, Any] = {
        "durationMs": round(duration_ms, 3),
        "billedDurationMs": math.ceil(duration_ms + (init_ms or 0.0)),
        "memorySizeMB": launch.spec.function.memory,
        "maxMemoryUsedMB": peak_mb,
    }
    if init_ms is not None:
        metrics["initDurationMs"] = round(init_ms, 3)
    said = {"requestId": invocation.request_id, "status": invocation.status}
    return {**said, **_error_type(invocation.failure), "metrics": metrics, **_event_source(queued)}


def _event_source(queued: bool) -> dict[str, str]:
    """Beyond Lambda's members, for a queue's invocations: if it is killed, its messages come back."""
    return {"eventSource": QUEUE_SOURCE} if queued else {}


def _error_type(failure: Failure | None) -> dict[str, str]:
    return {} if failure is None else {"errorType": failure.kind}
