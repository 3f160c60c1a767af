"""How results are printed: a table for people, JSON lines for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import click
import orjson

from inferwatch.sdk.encode import encoded

UNFOLDED_WIDTH = 10_000
VERDICT_STYLES = {"ok": "green", "warning": "yellow", "not yet": "yellow", "wrong": "red"}


def json_lines(rows: Iterable[Any]) -> None:
    """One JSON value a line on standard output."""
    for row in rows:
        try:
            line = orjson.dumps(row, option=orjson.OPT_NON_STR_KEYS)
        except TypeError:  # a record may nest deeper than orjson writes
            line = encoded(row)
        click.echo(line)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], styles: Mapping[str, str] | None = None) -> None:
    """A table on standard output; `styles` colours cells that hold just that text.

    In a terminal it takes the terminal's width and folds cells; in a pipe or file each row stays one line.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell, style=(styles or {}).get(cell, "")) for cell in row))
    terminal = sys.stdout is not None and sys.stdout.isatty()
    console = Console(file=sys.stdout, width=None if terminal else UNFOLDED_WIDTH)
    if terminal:
        console.print(drawn)
        return
    with console.capture() as captured:
        console.print(drawn)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def note(text: str) -> None:
    """A line for the person at the terminal, on standard error. Where nobody reads it any more, work goes on."""
    with suppress(OSError):
        click.echo(text, err=True)


def moment(ms: int) -> str:
    """Epoch milliseconds as `2026-11-21 09:30:00Z`."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def line(text: str, most: int) -> str:
    """Its beginning on one line, without what would steer a terminal: anybody may have sent it."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    return plain if len(plain) <= most else plain[: most - 1] + "…"
