"""How results are printed: a table for people, JSON lines for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click
import orjson


def json_lines(rows: Iterable[Any]) -> None:
    """One JSON value a line on standard output."""
    for row in rows:
        click.echo(orjson.dumps(row, option=orjson.OPT_NON_STR_KEYS))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], styles: Mapping[str, str] | None = None) -> None:
    """A table on standard output; `styles` colours cells that hold just that text."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell, style=(styles or {}).get(cell, "")) for cell in row))
    Console(file=sys.stdout, soft_wrap=False).print(drawn)


def note(text: str) -> None:
    """A line for the person at the terminal, on standard error."""
    click.echo(text, err=True)


def moment(ms: int) -> str:
    """Epoch milliseconds as `2026-11-21 09:30:00Z`."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
