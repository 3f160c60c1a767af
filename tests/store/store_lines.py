"""Lines and folders for the store's tests: made by the SDK itself wherever it makes them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import orjson

from inferwatch.ports import RecordQuery
from inferwatch.sdk import LineFormat, Transaction
from inferwatch.sdk.clock import iso
from inferwatch.sdk.ids import transaction_id
from inferwatch.sdk.streams import stream_file

NOW = 1_763_716_320_000  # 2025-11-21T09:12:00Z, a full minute
GROUP = "/abc_corp/claim/doc"
NAMESPACE = "abc_corp/claim"
DIMENSIONS = {"model_name": "doc", "environment": "prod"}
EVER = RecordQuery(start_ms=0, end_ms=NOW * 2, limit=100_000)

IDENTITY: dict[str, Any] = {
    "namespace": "/abc_corp/claim",
    "model_name": "doc",
    "model_version": 3,
    "deployment_id": 1,
    "environment": "prod",
    "metric_namespace": NAMESPACE,
    "log_group": GROUP,
    "confidence_scale": 1,
    "metrics": [],
    "high_resolution": [],
    "timeout": 10.0,
}
_formats = {name: LineFormat({**IDENTITY, "environment": name}, "server") for name in ("dev", "prod")}


def line(
    number: int, start_ms: int = NOW - 60_000, *, elapse: float = 20.0, status: str = "succeeded", **more: Any
) -> bytes:
    """The line of transaction `number`; the same number and start always give the same id.

    more: environment (by default `prod`), request, and further fields.
    """
    entropy = hashlib.sha256(b"%d" % number).digest()[:10]
    request = more.pop("request", {"number": number})
    return _formats[more.pop("environment", "prod")].line(
        Transaction(transaction_id(start_ms, entropy), start_ms, elapse, status=status, request=request, fields=more)
    )


def record(line_: bytes) -> dict[str, Any]:
    """The record of a line, as the store gives it back."""
    document: dict[str, Any] = orjson.loads(line_)
    del document["_aws"]
    return document


def platform(kind: str, at_ms: int = NOW - 60_000, **record_: Any) -> bytes:
    return orjson.dumps({"time": iso(at_ms), "type": f"platform.{kind}", "record": record_}) + b"\n"


def init_start(**identity: Any) -> bytes:
    return platform("initStart", inferwatch=IDENTITY | identity)


def report(request_id: str, status: str = "success", at_ms: int = NOW - 50_000, **more: Any) -> bytes:
    metrics = {"durationMs": 10_000, "billedDurationMs": 10_000, "memorySizeMB": 512, "maxMemoryUsedMB": 80}
    return platform(
        "report", at_ms, requestId=request_id, status=status, metrics=metrics | more.pop("metrics", {}), **more
    )


def append(data: Path, lines: bytes, stream: str = "s/1", group: str = GROUP) -> Path:
    """Append to a stream file, as its writer would."""
    path = stream_file(data, group, stream)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(lines)
    return path
