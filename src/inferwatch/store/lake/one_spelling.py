"""Columns of features as DuckDB has them: their names know no case.

Where files and rows spell a name differently, as `feature_Age` and `feature_age`, one spelling has the column, and the
features of the others are read as if they stood in `properties`, where names are what they are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from inferwatch.lake import feature_columns
from inferwatch.lake.feature_columns import CATEGORY, EXACT, NUMBER

_COLUMNS: Final = """
SELECT file_name, list(name) FROM parquet_schema($files)
WHERE starts_with(name, $number) OR starts_with(name, $category) GROUP BY file_name
"""

Columns = frozenset[str]
Run = Callable[[str, Mapping[str, Any]], Iterable[Sequence[Any]]]


def of_files(run: Run, paths: Sequence[str]) -> list[Columns]:
    """The columns of features that each file has."""
    rows = run(_COLUMNS, {"files": list(paths), "number": NUMBER, "category": CATEGORY})
    found = {path: Columns(names) for path, names in rows}
    return [found.get(path, Columns()) for path in paths]


def chosen(each: Iterable[Columns]) -> Columns:
    """One spelling of each column: that of most files."""
    spellings: dict[bytes, Counter[str]] = defaultdict(Counter)
    for columns in each:
        for column in columns:
            spellings[_key(column)][column] += 1
    return Columns(min(of, key=lambda column: (-of[column], column)) for of in spellings.values())


def agreed(files: Iterable[Columns], rows: Sequence[dict[str, Any]]) -> Columns:
    """One spelling of each column that files and rows have. What rows have in others goes into their `properties`."""
    of_files = list(files)
    of_rows = [Columns(filter(feature_columns.is_feature, row)) for row in rows]
    spelled = chosen([*of_files, *of_rows])
    for row, has in zip(rows, of_rows, strict=True):
        for column in others(has, spelled):
            feature_columns.fold(row, column)
    return spelled & Columns(feature_columns.columns_of(rows)).union(*of_files)


def others(columns: Columns, spelled: Columns) -> Columns:
    """Those of `columns` that are spelled otherwise there."""
    keys = {_key(column) for column in spelled}
    return Columns(column for column in columns - spelled if _key(column) in keys)


def among(columns: Columns, names: Columns) -> Columns:
    """Those that are called by one of these names, whatever their case."""
    keys = {_key(name) for name in names}
    return Columns(column for column in columns if _key(column) in keys)


def selected(relation: str, foreign: Columns) -> str:
    """A SELECT of what stands behind FROM, in which these columns have gone into `properties`."""
    properties = "properties"
    for column in sorted(foreign):
        name, quoted = _text(feature_columns.name_of(column)), '"' + column.replace('"', '""') + '"'
        feature = f"json_object('features', json_object({name}, {_value(column, quoted)}))"
        merged = f"CAST(json_merge_patch(coalesce({properties}, '{{}}'), {feature}) AS VARCHAR)"
        properties = f"CASE WHEN {quoted} IS NULL THEN {properties} ELSE {merged} END"
    gone = ", ".join('"' + column.replace('"', '""') + '"' for column in sorted(foreign))
    return f"SELECT * EXCLUDE ({gone}) REPLACE ({properties} AS properties) FROM {relation}"  # noqa: S608


def _value(column: str, quoted: str) -> str:
    """A cell as JSON; an integer where it is one, as the record had it."""
    if column.startswith(CATEGORY):
        return f"to_json({quoted})"
    whole = f"{quoted} = floor({quoted}) AND abs({quoted}) <= {EXACT}"
    return f"CASE WHEN {whole} THEN to_json(CAST({quoted} AS BIGINT)) ELSE to_json({quoted}) END"


def _key(column: str) -> bytes:
    """What two spellings of one name have in common: DuckDB folds ASCII letters alone."""
    return column.encode().lower()


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
