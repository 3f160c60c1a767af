"""The store on one machine: streams of lines, rollups, the lake, and the catalog that holds them together.

Lazy, since who only reads or shapes a stream's lines needs neither SQLite nor DuckDB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inferwatch.store.store import Store

__all__ = ["Store"]


def __getattr__(name: str) -> Any:
    if name == "Store":
        from inferwatch.store.store import Store

        return Store
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
