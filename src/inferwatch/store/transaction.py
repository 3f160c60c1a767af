"""One transaction of the catalog, and what to do where the catalog is damaged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from inferwatch.errors import StoreError

REMEDY = (
    "end what uses the data folder and move catalog.sqlite away: the metrics of 14 days and all records are then"
    " made anew from the stream files; the history of the alarms and the registry are lost"
)
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing of what the block writes. Raises StoreError where the catalog cannot be written.

    It takes the write lock at once, so a block that reads first and then writes cannot be overtaken.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    except sqlite3.Error as error:
        raise StoreError(
            f"The catalog could not be written ({error}); nothing of this step was kept.{_remedy(error)}"
        ) from error


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """All that the block reads is of one moment. Raises StoreError where the catalog cannot be read."""
    try:
        connection.execute("BEGIN")
        try:
            yield
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise StoreError(f"The catalog could not be read ({error}).{_remedy(error)}") from error


def _remedy(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")  # the module's own errors have none
    return f" It is damaged: {REMEDY}." if name.startswith(_DAMAGED) else ""
