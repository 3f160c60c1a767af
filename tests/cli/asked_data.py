"""A data folder whose records are always the same: two models below one node, two requesters."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import orjson

from inferwatch.sdk import LineFormat, Transaction
from inferwatch.sdk.ids import transaction_id
from inferwatch.sdk.streams import stream_file
from inferwatch.spec import load_spec
from inferwatch.store import Store

NOW = 1_795_262_400_000  # 2026-11-21 12:00:00 UTC
MINUTE = 60_000
SPEC = """
[model]
namespace = "/test/claim"
name = "{}"
confidence_scale = 1

[features]
age = "number"

[lake]

[[query]]
name = "Slow"
description = "Slow answers by status"
where = "elapse >= 300"
since = "7d"
by = ["status"]
stat = ["count", "max:elapse"]
order_by = ["-count"]
"""
BAD_QUERY = '\n[[query]]\nname = "Bad"\nwhere = "elapse >= \'slow\'"\n'
LINES = 6


def write_model(folder: Path, name: str = "doc", more: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "inferwatch.toml").write_text(SPEC.format(name) + more)
    return folder


def identity(model: str, number: int) -> str:
    return transaction_id(started(number), hashlib.sha256(f"{model}{number}".encode()).digest()[:10])


def started(number: int) -> int:
    """The last began five minutes ago, each other one ten minutes before the next."""
    return NOW - 5 * MINUTE - (LINES - 1 - number) * 10 * MINUTE


def lines(folder: Path, model: str) -> list[bytes]:
    written = LineFormat(load_spec(folder, environ={}).compile(), "server-1")
    made = []
    for n in range(LINES):
        status = ("succeeded", "failed", "succeeded")[n % 3]
        fields: dict[str, Any] = {
            "features": {"age": 40 + n},
            "requester": {"principal": f"arn:aws:iam::123456789012:role/{'even' if n % 2 == 0 else 'odd'}"},
            "pages": n,
            "note": ("", "=1+1", 'a "b", c', " d", None, "e\nf\x1b[31m")[n],
        }
        if status == "succeeded":
            fields |= {"prediction": {"label": "car"} if n == 3 else "car", "confidence": n / 8}
        else:
            fields["error"] = {"type": "ValueError", "message": "no pages"}
        elapse = 100.5 * (n + 1)
        transaction = Transaction(
            identity(model, n), started(n), elapse, status=status, request={"n": n}, fields=fields
        )
        made.append(written.line(transaction))
    return made


def write_data(folder: Path, models: Path, *names: str) -> Path:
    """The records of models of these names, `doc` alone by default."""
    for name in names or ("doc",):
        spec = load_spec(write_model(models / name, name), environ={})
        file = stream_file(folder, spec.identity.log_group, "2026/11/21/[1]a")
        file.parent.mkdir(parents=True)
        file.write_bytes(b"".join(lines(models / name, name)))
    with Store.open(folder, writer=True) as store:
        store.ingest(NOW)
    return folder


def record(line: bytes) -> dict[str, Any]:
    """The record of a line, as readers get it."""
    document: dict[str, Any] = orjson.loads(line)
    del document["_aws"]
    return document
