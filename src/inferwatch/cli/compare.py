"""`inferwatch compare`: two versions of a model side by side."""

from __future__ import annotations

import click

from inferwatch.cli import options, output
from inferwatch.cli.asking import words
from inferwatch.cli.asking.engines import ATHENA, LOCAL, LOGS_INSIGHTS, Engine, Place, engine, on_engine
from inferwatch.cli.clock import now_ms
from inferwatch.errors import QueryError
from inferwatch.query.comparison import Comparison, Measure, as_json, compare
from inferwatch.query.intervals import Estimate
from inferwatch.query.wording import question
from inferwatch.sdk.clock import iso

STYLES = {"too little data": "yellow"}


@click.command()
@click.argument("first")
@click.argument("second")
@options.since("24h")
@words.start
@words.end
@click.option("--model", help="Whose versions: /abc_corp/claim/doc, or its folder. [default: the only one]")
@on_engine((LOCAL, ATHENA, LOGS_INSIGHTS))
@options.as_json
def command(
    first: str,
    second: str,
    since: int,
    start: int | None,
    end: int | None,
    model: str | None,
    place: Place,
    as_json: bool,
) -> None:
    """Compare version FIRST with SECOND: traffic, latency, errors and confidence, with 95 % confidence intervals.

    Where the records are too few to tell, that is said. Rejected requests count as traffic only.
    """
    end_ms = now_ms() if end is None else end
    start_ms = end_ms - since if start is None else start
    if start_ms >= end_ms:
        raise click.UsageError("--start is not before --end, or lies ahead")
    of = _model(place, model)
    with engine(place) as at:
        found = compare(at.ask, first, second, start_ms=start_ms, end_ms=end_ms, node=of, environment=place.environment)
        _print(found, as_json)
        if place.name == LOCAL:  # On AWS another look is billed.
            _say_absent(found, at, of, place.environment)


def _model(place: Place, given: str | None) -> str | None:
    """Whose versions: as given, else that of the spec here, else the only one of the data folder."""
    if given is not None or place.on_aws:
        return words.node(given, place.environment)
    if (spec := place.spec_if_any()) is not None:
        return spec.identity.log_group
    from inferwatch.store import Store

    with Store.open(place.data, writer=False) as store:
        found = store.log_groups("/")
    if len(found) > 1:
        raise QueryError(f"{place.data} holds {len(found)} models: say which with --model: {', '.join(found)}")
    return found[0] if found else None


def _say_absent(found: Comparison, at: Engine, node: str | None, environment: str | None) -> None:
    """Of a version without records, which it may have been mistaken for."""
    absent = [side.version for side in (found.first, found.second) if not side.records]
    if not absent:
        return
    rows = at.ask(
        question(
            start_ms=found.start_ms, end_ms=found.end_ms, by=("model_version",), node=node, environment=environment
        )
    ).rows
    there = ", ".join(str(row["model_version"]) for row in rows if row["model_version"] is not None)
    others = f"the versions of that time are {there}" if there else "no version has any"
    output.note(f"no record of version {' or '.join(absent)}; {others}")


def _print(found: Comparison, as_json_: bool) -> None:
    if as_json_:
        output.json_lines([as_json(found)])
        return
    columns = ("", f"version {found.first.version}", f"version {found.second.version}", "")
    output.table(columns, [_row(measure) for measure in found.measures], STYLES)
    output.note(
        f"from {iso(found.start_ms)} to {iso(found.end_ms)}; in brackets {found.level:.0%} confidence intervals"
    )
    for note in found.notes:
        output.note(note)


def _row(measure: Measure) -> tuple[str, str, str, str]:
    label = f"{measure.label}, {measure.unit}" if measure.unit else measure.label
    return label, _cell(measure.first), _cell(measure.second), measure.says


def _cell(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    value, low, high = (f"{number:.4g}" for number in (estimate.value, estimate.low, estimate.high))
    return f"{value} ({low} to {high})"
