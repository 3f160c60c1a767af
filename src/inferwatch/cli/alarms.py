"""`inferwatch alarms`: the alarms of a data folder, or of a model on AWS, and their history."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from inferwatch.alarms.values import ALARM, INSUFFICIENT_DATA, OK, AlarmState, Transition
from inferwatch.cli import exit_codes, options, output
from inferwatch.cli.deployed import Deployed, on_aws
from inferwatch.cli.scope import members, scope
from inferwatch.errors import QueryError
from inferwatch.spec.fault import suggestion
from inferwatch.store import Store

STYLES: dict[str, str] = {ALARM: "bold red", OK: "green", INSUFFICIENT_DATA: "yellow"}


@click.group()
def command() -> None:
    """List the alarms and their history."""


@command.command("list")
@options.data
@on_aws
@options.as_json
def list_alarms(data: Path, deployed: Deployed | None, as_json: bool) -> None:
    """Every alarm and its state. Ends with exit code 3 if one of them is in ALARM."""
    found = _states_on_aws(deployed) if deployed else _states_of(data)
    if as_json:
        output.json_lines({**members(scope), **msgspec.to_builtins(state)} for scope, state in found)
    elif not found and deployed:
        output.note("no alarm of this model is on AWS; `inferwatch deploy` makes them")
    elif not found:
        output.note(f"no alarm of {data} has been evaluated yet")
    else:
        output.table(("Alarm", "State", "Since", "Model", "Reason"), [_row(*pair) for pair in found], STYLES)
    if any(state.state == ALARM for _, state in found):
        sys.exit(exit_codes.IN_ALARM)


@command.command()
@click.argument("alarm", required=False)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@options.data
@on_aws
@options.as_json
def history(alarm: str | None, limit: int, data: Path, deployed: Deployed | None, as_json: bool) -> None:
    """Transitions of ALARM, or of all alarms, newest first. AWS keeps them for 30 days."""
    found = _history_on_aws(deployed, alarm, limit) if deployed else _history_of(data, alarm, limit)
    if as_json:
        output.json_lines({**members(scope), **msgspec.to_builtins(change)} for scope, change in found)
    elif not found:
        output.note(f"no transition yet {'on AWS' if deployed else f'in {data}'}")
    else:
        output.table(("At", "State", "Before", "Alarm", "Model", "Reason"), [_change(*pair) for pair in found], STYLES)


def _states_of(data: Path) -> list[tuple[str, AlarmState]]:
    with Store.open(data, writer=False) as store:
        return [(scope, state) for scope in store.scopes() for state in store.alarm_log(scope).states().values()]


def _states_on_aws(deployed: Deployed) -> list[tuple[str, AlarmState]]:
    from inferwatch.aws.alarms.states import CloudWatchAlarms

    site = deployed.site()
    return [(scope(site.spec), state) for state in CloudWatchAlarms(site).states().values()]


def _history_of(data: Path, alarm: str | None, limit: int) -> list[tuple[str, Transition]]:
    with Store.open(data, writer=False) as store:
        logs = [(scope, store.alarm_log(scope)) for scope in store.scopes()]
        known = sorted({name for _, log in logs for name in log.states()})
        if alarm is not None and alarm not in known:
            has = ", ".join(known) or "none"
            raise QueryError(f"{data} has no alarm {alarm!r}; it has {has}{suggestion(alarm, known)}")
        found = [(scope, change) for scope, log in logs for change in log.history(alarm, limit)]
    return sorted(found, key=lambda pair: -pair[1].at_ms)[:limit]


def _history_on_aws(deployed: Deployed, alarm: str | None, limit: int) -> list[tuple[str, Transition]]:
    from inferwatch.aws.alarms.states import CloudWatchAlarms

    site = deployed.site()
    return [(scope(site.spec), change) for change in CloudWatchAlarms(site).history(alarm, limit)]


def _row(scope: str, state: AlarmState) -> tuple[str, ...]:
    return (state.alarm, state.state, output.moment(state.since_ms), scope, state.reason)


def _change(scope: str, change: Transition) -> tuple[str, ...]:
    return (output.moment(change.at_ms), change.state, change.previous, change.alarm, scope, change.reason)
