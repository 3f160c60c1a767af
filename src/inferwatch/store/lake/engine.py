"""DuckDB, as the lake uses it: in memory, over Parquet files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inferwatch.errors import MissingExtraError


class EngineError(Exception):
    """DuckDB could not do it: a damaged file, a full disk. The engine that raised it must not be used again."""


class Engine:
    """One DuckDB, for one thread at a time.

    spill: folder for what does not fit into its memory; without one it writes nothing that it is not told to write.
    Raises MissingExtraError where DuckDB is not installed.
    """

    def __init__(self, spill: Path | None = None) -> None:
        try:
            import duckdb
        except ImportError:
            raise MissingExtraError("local", "The lake") from None
        self._error = duckdb.Error
        self._connection = duckdb.connect(
            config={
                "memory_limit": "512MB",
                "threads": 2,
                "temp_directory": str(spill) if spill else "",
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        self._connection.execute("SET TimeZone = 'UTC'")

    def rows(self, sql: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run a statement with its values bound, and return its rows by column name."""
        try:
            result = self._connection.execute(sql, dict(values))
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        except self._error as error:
            raise EngineError(str(error)) from error

    def close(self) -> None:
        self._connection.close()
