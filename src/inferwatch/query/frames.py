"""An answer as a table of Arrow, pandas or Polars, each where the user has it installed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from inferwatch.errors import MissingExtraError
from inferwatch.query.answer import Answer
from inferwatch.query.table import columns

if TYPE_CHECKING:
    import polars as pl


def to_arrow(answer: Answer) -> Any:
    """A `pyarrow.Table`. Raises MissingExtraError."""
    arrow = _module("pyarrow", "to_arrow()")
    types = {
        "time": arrow.timestamp("ms", tz="UTC"),
        "integer": arrow.int64(),
        "number": arrow.float64(),
        "boolean": arrow.bool_(),
        "text": arrow.string(),
    }
    return arrow.table(
        [arrow.array(column.values, types[column.kind]) for column in columns(answer)], names=list(answer.columns)
    )


def to_pandas(answer: Answer) -> Any:
    """A `pandas.DataFrame`. Raises MissingExtraError."""
    pandas = _module("pandas", "to_pandas()")
    types = {"integer": "Int64", "number": "float64", "boolean": "boolean", "text": "string"}
    made = {
        column.name: pandas.to_datetime(pandas.array(column.values, dtype="Int64"), unit="ms", utc=True)
        if column.kind == "time"
        else pandas.array(column.values, dtype=types[column.kind])
        for column in columns(answer)
    }
    return pandas.DataFrame(made, columns=list(answer.columns))


def to_polars(answer: Answer) -> pl.DataFrame:
    """Raises MissingExtraError."""
    polars = _module("polars", "to_polars()")
    types = {
        "time": polars.Int64,
        "integer": polars.Int64,
        "number": polars.Float64,
        "boolean": polars.Boolean,
        "text": polars.String,
    }
    made = []
    for column in columns(answer):
        series = polars.Series(column.name, column.values, dtype=types[column.kind])
        made.append(series.cast(polars.Datetime("ms", "UTC")) if column.kind == "time" else series)
    frame: pl.DataFrame = polars.DataFrame(made)
    return frame


def _module(name: str, feature: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise MissingExtraError("", feature, package=name) from None
