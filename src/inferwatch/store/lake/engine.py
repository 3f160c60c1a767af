"""DuckDB, as the lake uses it: in memory, over Parquet files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from inferwatch.errors import MissingExtraError

T = TypeVar("T")

_AGAIN_S = 0.05


class EngineError(Exception):
    """DuckDB could not do it: a damaged file, a full disk. The engine that raised it must not be used again."""


class OutOfMemory(EngineError):
    """It needs more memory than it is given."""


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
        self._out_of_memory = duckdb.OutOfMemoryException
        self._connection = duckdb.connect(
            config={
                "memory_limit": "512MB",
                "threads": 2,
                "temp_directory": str(spill) if spill else "",
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "python_enable_replacements": False,  # no name in a statement is a variable of this program
            }
        )
        # A progress bar would stand among the rows, on standard output.
        settings = ("SET enable_progress_bar = false", "SET TimeZone = 'UTC'")
        for setting in (*settings, "LOAD parquet", "SET parquet_metadata_cache = true"):
            self._connection.execute(setting)

    def rows(self, sql: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run a statement with its values bound, and return its rows by column name."""
        cells = self.cells(sql, values)
        names = [column[0] for column in self._connection.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cells]

    def cells(self, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The same, each row as the cells in their order."""
        try:
            return _hearing(lambda: self._connection.execute(sql, dict(values)).fetchall(), self.interrupt)
        except self._out_of_memory as error:
            raise OutOfMemory(str(error)) from error
        except self._error as error:
            raise EngineError(str(error)) from error

    def interrupt(self) -> None:
        """End what runs, from another thread; it raises EngineError there."""
        self._connection.interrupt()

    def close(self) -> None:
        self._connection.close()


def _hearing(run: Callable[[], T], interrupt: Callable[[], None]) -> T:
    """Run it in a thread of its own where this is the main one, which DuckDB would keep from hearing Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        return run()
    outcome: Future[T] = Future()
    given_up = threading.Event()

    def work() -> None:
        if given_up.is_set():
            return
        try:
            outcome.set_result(run())
        except BaseException as error:
            outcome.set_exception(error)

    thread = threading.Thread(target=work)
    try:
        thread.start()
        return outcome.result()
    except KeyboardInterrupt:
        given_up.set()  # it may come before the thread runs
        while thread.is_alive():  # nor has DuckDB always begun, and what has not is not interrupted
            interrupt()
            thread.join(_AGAIN_S)
        raise
