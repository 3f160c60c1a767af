"""All rollups as rows of one table, for SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, Final

import orjson

from inferwatch.store.rollups import rollup

COLUMNS: Final[dict[str, str]] = {
    "metric_namespace": "VARCHAR",
    "metric": "VARCHAR",
    "dimensions": "VARCHAR",
    "unit": "VARCHAR",
    "start_at": "BIGINT",
    "period_seconds": "BIGINT",
    "count": "BIGINT",
    "sum": "DOUBLE",
    "min": "DOUBLE",
    "max": "DOUBLE",
    "p50": "DOUBLE",
    "p90": "DOUBLE",
    "p99": "DOUBLE",
}
"""dimensions: a JSON object; start_at: epoch milliseconds. Each value is in the rows of every period that is kept, so
one asks for one `period_seconds`."""

_PERCENTILES: Final = ("p50", "p90", "p99")
_ROWS: Final = """
SELECT series.id, span, start, count, total, minimum, maximum, histogram
FROM rollup JOIN series ON series.id = rollup.series
"""


def rows(connection: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    """Every rollup, its cells as in COLUMNS, within the caller's snapshot."""
    series = {
        number: (namespace, metric, orjson.dumps(dict(orjson.loads(pairs))).decode(), unit)
        for number, namespace, metric, pairs, unit in connection.execute(
            "SELECT id, namespace, metric, dimensions, unit FROM series"
        )
    }
    for number, span, start, *values in connection.execute(_ROWS):
        count, total, minimum, maximum, _ = values
        if minimum == maximum:  # as of every metric that counts; a histogram costs more to read than all else
            percentiles = (minimum,) * len(_PERCENTILES)
        else:
            aggregate = rollup.decoded(*values)
            percentiles = tuple(aggregate.statistic(name) for name in _PERCENTILES)
        yield (*series[number], start, span, count, total, minimum, maximum, *percentiles)
