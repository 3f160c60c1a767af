"""`inferwatch query`: a question in a predicate's words, asked of any engine."""

from __future__ import annotations

from collections.abc import Iterator

import click
from msgspec.structs import replace

from inferwatch.cli import output
from inferwatch.cli.asking.answers import Form, in_form, may_be_nowhere, print_answer, print_rows
from inferwatch.cli.asking.engines import ENGINES, LOCAL, Engine, Place, engine, on_engine
from inferwatch.cli.asking.words import Words, in_words, node, saved
from inferwatch.cli.clock import now_ms
from inferwatch.query.answer import Answer
from inferwatch.query.fields import COMMON, FEATURES
from inferwatch.query.predicate import Field, Missing
from inferwatch.query.question import Question, Stat
from inferwatch.query.saved import saved_questions
from inferwatch.query.spelling import spelled
from inferwatch.sdk.clock import iso

SAVED = ("name", "where", "by", "stat", "since", "description")


@click.command()
@in_words
@click.option("--name", help="A saved query of the spec, in the place of PREDICATE; other options change it.")
@click.option("--list", "listed", is_flag=True, help="List the saved queries of the spec.")
@click.option("--model", help="A model or a node, as in /abc_corp/claim: all models below it; or a model's folder.")
@on_engine(ENGINES)
@click.option("--explain", is_flag=True, help="Print the question in the words of each engine, and ask none.")
@in_form
def command(
    words: Words,
    name: str | None,
    listed: bool,
    model: str | None,
    place: Place,
    explain: bool,
    form: Form,
) -> None:
    """Find records by PREDICATE, as in "elapse >= 3000 AND status IN ('failed', 'timeout')", or count them.

    Without PREDICATE all records of the time are meant. With --by or --stat the answer has groups, else records.
    """
    if listed:
        _list(place, form)
        return
    environment = place.environment
    if name is not None:
        if words.where is not None:
            raise click.UsageError("--name stands in the place of PREDICATE; both are one too many")
        found = saved(place.spec(), name)
        words, model, environment = words.over(found), model or found.node, found.environment
    now = now_ms()
    question = words.question(now, node=node(model, environment), environment=environment)
    if explain:
        from inferwatch.cli.asking.explain import explained, print_explained

        print_explained(explained(question, place.spec_if_any()), as_json=form == "json")
        return
    with engine(place) as at:
        if (known := at.known(question)) is not None:
            words.question(now, known=known)
        answer = at.ask(question)
        print_answer(question, answer, form)
        for note in _notes(question, answer, at, place):
            output.note(note)


def _list(place: Place, form: Form) -> None:
    spec = place.spec()
    found = saved_questions(spec)
    rows = [
        (each.name, each.where, ", ".join(each.by), ", ".join(each.stat), query.since, each.description)
        for each, query in zip(found, spec.queries, strict=True)
    ]
    if form != "table":
        print_rows(Answer(columns=SAVED, rows=[dict(zip(SAVED, row, strict=True)) for row in rows]), form)
    elif rows:
        output.table(SAVED, rows)
    else:
        output.note(f"{spec.file} has no [[query]]")


def _notes(question: Question, answer: Answer, at: Engine, place: Place) -> Iterator[str]:
    yield from answer.notes
    if not answer.rows:
        of = question.node or ("the model" if place.on_aws else "any model")
        of += f" in {question.environment}" if question.environment else ""
        met = " meets it" if question.where is not None else ""
        yield f"no record of {of} from {iso(question.start_ms)} to {iso(question.end_ms)}{met}"
        yield from _nowhere(question, at, place)
    elif len(answer.rows) == question.limit:
        yield f"there may be more rows than {question.limit}; --limit shows them"


def _nowhere(question: Question, at: Engine, place: Place) -> Iterator[str]:
    """Of the fields that the question names, those that no record of its time has. On AWS each look is billed."""
    own = [field for field in dict.fromkeys(question.fields) if may_be_nowhere(field)]
    if place.name != LOCAL:
        named = ", ".join(map(spelled, own))
        if own:
            yield f"is it spelled as in the records? {named}"
        return
    for field in own:
        if not _records_with(field, question, at):
            meant = Field((FEATURES, *field.path))
            is_feature = field.root not in COMMON and _records_with(meant, question, at)
            hint = f"; did you mean {spelled(meant)}?" if is_feature else ""
            yield f"no record of that time has a field {spelled(field)}{hint}"


def _records_with(field: Field, question: Question, at: Engine) -> int:
    count = Stat("count", None, None, "count")
    there = Missing(field, negated=True)
    (row,) = at.ask(replace(question, where=there, by=(), stats=(count,), order=(), limit=1)).rows
    return int(row["count"])
