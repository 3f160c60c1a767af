"""Which fields of their own the newest records have, by name: what a predicate may name without a mistake."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from inferwatch.lake.columns import KINDS
from inferwatch.store.lake import lake
from inferwatch.store.lake.lake import LakeFile
from inferwatch.store.lake.sources import Sources

ABOUT: Final = 1000
"""So many records are looked at, shared by the models."""

_MODELS_MAX: Final = 50
_LEAST: Final = 50
_KEYS: Final = "SELECT DISTINCT unnest(json_keys(properties)) FROM ({newest})"
_NEWEST: Final = """(
    SELECT properties FROM read_parquet([$file{place}])
    WHERE start_at >= make_timestamptz($start) AND start_at < make_timestamptz($end)
    ORDER BY start_at DESC LIMIT {rows}
)"""

Run = Callable[[str, Mapping[str, Any]], list[tuple[Any, ...]]]


def own_fields(run: Run, data: Path, found: Sources, start_ms: int, end_ms: int) -> frozenset[str]:
    """Of the tail's rows, and of each model's newest file those that started last in [start_ms, end_ms)."""
    rows = sorted(found.tail, key=lambda row: row["start_at"])[-ABOUT:]
    names = {name for row in rows for name in orjson.loads(row.get("properties") or "{}")}
    if files := _newest(found.files):
        each = max(_LEAST, ABOUT // len(files))
        newest = " UNION ALL ".join(_NEWEST.format(place=place, rows=each) for place in range(len(files)))
        paths = {f"file{place}": path for place, path in enumerate(lake.paths(data, files))}
        values = {**paths, "start": start_ms * 1000, "end": end_ms * 1000}
        names.update(name for (name,) in run(_KEYS.format(newest=newest), values))
    return frozenset(names - KINDS.keys())


def _newest(files: Sequence[LakeFile]) -> list[LakeFile]:
    """Each model's newest file, of the models that were asked last."""
    newest = {file.log_group: file for file in sorted(files, key=lambda file: file.max_ms)}
    return sorted(newest.values(), key=lambda file: file.max_ms)[-_MODELS_MAX:]
