"""An answer as a table for people, as JSON lines, or as CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, Literal

import click

from inferwatch.cli import options, output
from inferwatch.cli.asking.csv import csv_lines
from inferwatch.lake.columns import KINDS
from inferwatch.query.answer import Answer
from inferwatch.query.fields import METRICS
from inferwatch.query.meets import value
from inferwatch.query.predicate import Field
from inferwatch.query.question import Question
from inferwatch.query.spelling import spelled
from inferwatch.sdk.encode import encoded

Form = Literal["table", "json", "csv"]

STYLES = {"failed": "red", "timeout": "red", "rejected": "yellow", "succeeded": "green"}
FIRST = ("start_at", "status", "elapse")
WHERE_GIVEN = ("confidence", "prediction")
LAST = "transaction_id"
CELL_WIDTH = 80
WHOLE = 1000
"""An id is not cut: it is what one asks with next."""


def in_form(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--json` and `--csv`: the command is given `form`."""

    @options.as_json
    @click.option("--csv", "as_csv", is_flag=True, help="CSV, with a header.")
    @wraps(command)
    def with_form(*, as_json: bool, as_csv: bool, **given: Any) -> Any:
        if as_json and as_csv:
            raise click.UsageError("--json and --csv: which of the two?")
        chosen: Form = "json" if as_json else "csv" if as_csv else "table"
        return command(form=chosen, **given)

    return with_form


def print_answer(question: Question, answer: Answer, form: Form) -> None:
    """The rows on standard output."""
    if form == "json":
        output.json_lines(answer.rows)
    elif form == "csv":
        columns = answer.columns if question.aggregates else _members(answer.rows)
        print_csv(columns, answer.rows)
    elif answer.rows:
        table = _groups(answer) if question.aggregates else _records(question, answer.rows)
        output.table(*table, STYLES)


def print_rows(answer: Answer, form: Form) -> None:
    """Rows of any columns, as SQL answers with them."""
    if form == "json":
        output.json_lines(answer.rows)
    elif form == "csv":
        print_csv(answer.columns, answer.rows)
    elif answer.rows:
        output.table(*_groups(answer), STYLES)


def print_csv(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    for line in csv_lines(columns, rows):
        click.echo(line.encode(), nl=False)


def cell(value: Any) -> str:
    """A value on one line, without what would steer a terminal; `-` for none."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.0f}"
    return output.line(value if isinstance(value, str) else encoded(value).decode(), CELL_WIDTH)


def may_be_nowhere(field: Field) -> bool:
    """Whether it is no field that every record may have: one of one's own, a feature, a member below a core field."""
    return len(field.path) > 1 or (field.root not in KINDS and field.root not in METRICS)


def _groups(answer: Answer) -> tuple[Sequence[str], list[list[str]]]:
    return answer.columns, [[cell(row.get(column)) for column in answer.columns] for row in answer.rows]


def _records(question: Question, rows: Sequence[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """What one looks at first, what the question names, and which transaction it is."""
    models = {_model(row) for row in rows}
    given = [name for name in WHERE_GIVEN if any(row.get(name) is not None for row in rows)]
    shown = [Field((name,)) for name in (*FIRST, *given)]
    shown += [field for field in question.fields if field.path != (LAST,)]
    shown = list(dict.fromkeys(shown))
    columns = [spelled(field) for field in shown] + (["model"] if len(models) > 1 else []) + [LAST]
    return columns, [
        [
            *(cell(value(field, row)) for field in shown),
            *([cell(_model(row))] if len(models) > 1 else []),
            output.line(str(row.get(LAST)), WHOLE),
        ]
        for row in rows
    ]


def _model(row: dict[str, Any]) -> str:
    return f"{row.get('namespace', '')}/{row.get('model_name', '')}"


def _members(rows: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """Every core field, then those of one's own that some record has."""
    own = dict.fromkeys(name for row in rows for name in row)
    return tuple(dict.fromkeys((*KINDS, *own)))
