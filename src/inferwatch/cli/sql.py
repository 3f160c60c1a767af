"""`inferwatch sql`: a SELECT over everything that is recorded, for what a predicate cannot say."""

from __future__ import annotations

import sys

import click

from inferwatch.cli import output
from inferwatch.cli.asking.answers import Form, in_form, print_rows
from inferwatch.cli.asking.engines import ATHENA, LOCAL, Place, on_engine
from inferwatch.cli.clock import patience
from inferwatch.query.answer import Answer
from inferwatch.query.question import ROWS_MAX
from inferwatch.store import Store


@click.command()
@click.argument("select")
@on_engine((LOCAL, ATHENA))
@click.option("--limit", type=click.IntRange(1, ROWS_MAX), default=1000, show_default=True, help="How many rows.")
@in_form
def command(select: str, place: Place, limit: int, form: Form) -> None:
    """Answer one SELECT over the views `transactions` (also called `model_monitoring_logs`) and `rollups`.

    It reads and changes nothing. `-` takes the statement from standard input. Here the SQL is DuckDB's; with
    --engine athena it is Athena's, over the tables of the model's database.
    """
    if select == "-":
        select = sys.stdin.read()
    answer = _on_aws(place, select, limit) if place.on_aws else _here(place, select, limit)
    print_rows(answer, form)
    for note in answer.notes:
        output.note(note)
    if not answer.rows:
        output.note("the answer has no rows")


def _here(place: Place, select: str, limit: int) -> Answer:
    with Store.open(place.data, writer=False) as store:
        return store.sql(select, limit)


def _on_aws(place: Place, select: str, limit: int) -> Answer:
    from inferwatch.aws.reading.athena_sql import ask

    return ask(place.deployed().site(), patience(), select, limit)
