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


def source(lakes: Sequence[Lake], *, quote: str = '"') -> Source:
    """What stands behind FROM: one table, or all that have any of them, each with every column that any of them has.

    quote: the sign around names, which is a backtick in Spark.
    """
    columns = frozenset[str]().union(*(lake.features for lake in lakes))
    if len(lakes) == 1:
        relation = _table(lakes[0], quote)
    else:
        relation = f"({' UNION ALL '.join(_select(lake, sorted(columns), quote) for lake in lakes)})"
    return Source(relation=relation, columns=columns, by_day=True, once=False)


def _select(lake: Lake, features: Sequence[str], quote: str) -> str:
    own = [_quoted(name, quote) if name in lake.features else _nothing(name, quote) for name in features]
    columns = [*(_quoted(name, quote) for name in (*GLUE_COLUMNS, layout.DAY)), *own]
    return f"SELECT {', '.join(columns)} FROM {_table(lake, quote)}"  # noqa: S608, names alone, each quoted


def _nothing(feature: str, quote: str) -> str:
    text = "string" if quote == "`" else "varchar"  # Spark's own asks for a length
    kind = text if feature.startswith(feature_columns.CATEGORY) else "double"
    return f"CAST(NULL AS {kind}) AS {_quoted(feature, quote)}"


def _table(lake: Lake, quote: str) -> str:
    return f"{_quoted(lake.database, quote)}.{_quoted(LAKE_TABLE, quote)}"


def _quoted(name: str, quote: str) -> str:
    return quote + name.replace(quote, quote * 2) + quote
