"""`inferwatch alarms`: the alarms of a data folder and their history."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import click
import msgspec

from inferwatch.alarms.values import ALARM, AlarmState, Transition
from inferwatch.cli import options, output
from inferwatch.cli.commands import EXIT_IN_ALARM
from inferwatch.store import catalog
from inferwatch.store.alarm_log import AlarmLog, scopes

STYLES = {"ALARM": "bold red", "OK": "green", "INSUFFICIENT_DATA": "yellow"}


@click.group()
def command() -> None:
    """List the alarms and their history."""


@command.command("list")
@options.data
@options.as_json
def list_alarms(data: Path, as_json: bool) -> None:
    """Every alarm and its state. Ends with exit code 3 if one of them is in ALARM."""
    with closing(catalog.connect(data, read_only=True)) as connection:
        found = [(scope, s) for scope in scopes(connection) for s in AlarmLog(connection, scope).states().values()]
    if as_json:
        output.json_lines({**_model(scope), **msgspec.to_builtins(state)} for scope, state in found)
    elif not found:
        output.note(f"no alarm of {data} has been evaluated yet")
    else:
        output.table(("Alarm", "State", "Since", "Model", "Reason"), [_row(*pair) for pair in found], STYLES)
    if any(state.state == ALARM for _, state in found):
        sys.exit(EXIT_IN_ALARM)


@command.command()
@click.argument("alarm", required=False)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@options.data
@options.as_json
def history(alarm: str | None, limit: int, data: Path, as_json: bool) -> None:
    """Transitions of ALARM, or of all alarms, newest first."""
    with closing(catalog.connect(data, read_only=True)) as connection:
        found = [(scope, t) for scope in scopes(connection) for t in AlarmLog(connection, scope).history(alarm, limit)]
    found = sorted(found, key=lambda pair: -pair[1].at_ms)[:limit]
    if as_json:
        output.json_lines({**_model(scope), **msgspec.to_builtins(transition)} for scope, transition in found)
    elif not found:
        output.note(f"no transition{f' of {alarm}' if alarm else ''} in {data}")
    else:
        output.table(("At", "State", "Before", "Alarm", "Model", "Reason"), [_change(*pair) for pair in found], STYLES)


def _model(scope: str) -> dict[str, str]:
    log_group, _, environment = scope.rpartition(":")
    return {"log_group": log_group, "environment": environment}


def _row(scope: str, state: AlarmState) -> tuple[str, ...]:
    return (state.alarm, state.state, output.moment(state.since_ms), scope, state.reason)


def _change(scope: str, change: Transition) -> tuple[str, ...]:
    return (output.moment(change.at_ms), change.state, change.previous, change.alarm, scope, change.reason)
