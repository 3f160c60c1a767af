"""What SQL reads of lakes in S3: the table of one model, or one relation over those of several."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from inferwatch.cloudwatch.names import LAKE_TABLE, names
from inferwatch.lake import feature_columns, layout
from inferwatch.lake.columns import GLUE_COLUMNS
from inferwatch.query.question import Source
from inferwatch.spec.monitor_spec import MonitorSpec


class Lake(msgspec.Struct, frozen=True):
    """One model's: Glue's database, and the columns of features that its table has."""

    database: str
    features: frozenset[str]


def declared(spec: MonitorSpec) -> Lake:
    """The lake of a spec's model, with the columns that the spec declares."""
    return Lake(names(spec).lake_database, frozenset(feature_columns.declared(spec.features)))


def source(lakes: Sequence[Lake]) -> Source:
    """What stands behind FROM: one table, or all that have any of them, each with every column that any of them has."""
    columns = frozenset[str]().union(*(lake.features for lake in lakes))
    if len(lakes) == 1:
        relation = _table(lakes[0])
    else:
        relation = f"({' UNION ALL '.join(_select(lake, sorted(columns)) for lake in lakes)})"
    return Source(relation=relation, columns=columns, by_day=True, once=False)


def _select(lake: Lake, features: Sequence[str]) -> str:
    own = [_quoted(name) if name in lake.features else _nothing(name) for name in features]
    columns = [*(_quoted(name) for name in (*GLUE_COLUMNS, layout.DAY)), *own]
    return f"SELECT {', '.join(columns)} FROM {_table(lake)}"  # noqa: S608, names alone, each quoted


def _nothing(feature: str) -> str:
    kind = "varchar" if feature.startswith(feature_columns.CATEGORY) else "double"
    return f"CAST(NULL AS {kind}) AS {_quoted(feature)}"


def _table(lake: Lake) -> str:
    return f"{_quoted(lake.database)}.{_quoted(LAKE_TABLE)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
