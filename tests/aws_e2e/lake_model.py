"""A model with a lake, and lines of it as the SDK writes them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from emulated_model import ARCHITECTURE, PYTHON

from inferwatch.sdk import LineFormat, Transaction
from inferwatch.sdk.ids import transaction_id
from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec

SPEC = f"""
[model]
namespace = "/test/lake"
name = "pricing"

[function]
python = "{PYTHON}"
architecture = "{ARCHITECTURE}"

[features]
rooms = "integer"
kind = "string"
pixels = "number[]?"

[lake]
days = 30
"""


START = 1_795_262_400_000  # 2026-11-21 12:00:00 UTC
LINES = 60


def write_spec(folder: Path) -> MonitorSpec:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "inferwatch.toml").write_text(SPEC)
    return load_spec(folder, environ={})


def lines(spec: MonitorSpec) -> list[bytes]:
    """Lines over two hours: of each status, with features and without, with much that is the user's own."""
    written = LineFormat(spec.compile(), "server-1")
    made = []
    for n in range(LINES):
        status = ("succeeded", "succeeded", "failed", "timeout", "rejected")[n % 5]
        fields: dict[str, Any] = {"request_id": f"r-{n}", "pages": n, "tags": ["a", {"b": None}]}
        if n % 3 == 0:
            fields["features"] = {"rooms": n, "kind": "größer" if n % 2 else "b", "pixels": [0.5, n]}
        if status == "succeeded":
            fields |= {"prediction": {"price": n * 1.5}, "confidence": n % 8 / 8}
        else:
            fields["error"] = {"type": "ValueError", "message": 'no "such"\nhouse'}
        at_ms = START + n * 120_123
        identity = transaction_id(at_ms, hashlib.sha256(b"%d" % n).digest()[:10])
        request = {"city": "Köln", "n": n}
        made.append(written.line(Transaction(identity, at_ms, n + 0.25, status=status, request=request, fields=fields)))
    return made
