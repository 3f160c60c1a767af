"""A question in the words of all five engines, without asking any."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import click
import msgspec

from inferwatch.cli import output
from inferwatch.cloudwatch.lake_source import declared, source
from inferwatch.errors import DialectError
from inferwatch.query.dialects import athena, duckdb, logs_insights, opensearch, spark
from inferwatch.query.question import Question, Source, Text
from inferwatch.spec.monitor_spec import MonitorSpec

TABLE = "transactions"


class Explained(msgspec.Struct, frozen=True):
    """What an engine would be asked, or why it cannot be: one of the two is there."""

    engine: str
    text: Text | None
    refused: str | None


def explained(question: Question, spec: MonitorSpec | None) -> Iterator[Explained]:
    """The question for each engine. spec: whose lake Athena would ask, and whose features have columns.

    Spark is asked about a view of the files: Athena works the table's days out itself, and no other engine knows them.
    """
    features = declared(spec).features if spec is not None else frozenset[str]()
    emitted: dict[str, Callable[[], Text]] = {
        "local (DuckDB)": lambda: duckdb.emit(question, Source(relation=TABLE, columns=features)),
        "athena": lambda: athena.emit(question, _lake(spec)),
        "spark": lambda: spark.emit(question, Source(relation=TABLE, columns=features, by_day=True, once=False)),
        "logs-insights": lambda: logs_insights.emit(question),
        "opensearch": lambda: opensearch.emit(question),
    }
    for engine, emit in emitted.items():
        try:
            yield Explained(engine, emit(), None)
        except DialectError as error:
            yield Explained(engine, None, error.problem)


def print_explained(found: Iterator[Explained], *, as_json: bool) -> None:
    """Each text under its engine's name, with the values that are bound in it and what is less exact."""
    if as_json:
        output.json_lines(map(_members, found))
        return
    for number, one in enumerate(found):
        if number:
            click.echo()
        click.echo(click.style(f"## {one.engine}", bold=True))
        if one.text is None:
            click.echo(f"refused: {one.refused}")
            continue
        click.echo(one.text.text)
        for name, value in one.text.values.items():
            click.echo(f"-- ${name} = {value!r}")
        for note in one.text.notes:
            click.echo(f"-- {note}")


def _members(one: Explained) -> dict[str, Any]:
    if one.text is None:
        return {"engine": one.engine, "refused": one.refused}
    return {"engine": one.engine, **msgspec.to_builtins(one.text)}


def _lake(spec: MonitorSpec | None) -> Source:
    if spec is None:
        return Source(relation=TABLE, by_day=True, once=False)
    return source([declared(spec)])
