"""Alarm scenarios as text: tests/scenarios/*.toml, each a series, an alarm, and every transition it must make.

values: `0.9x12 _x3 0.4` is twelve cells of 0.9, three without data, and one of 0.4; cell: seconds a cell lasts;
also: further alarms over the same series; composite_alarm: over the states of the others. Where there is more than
one alarm, each transition names its own. Times are `MINUTES:SECONDS` since noon, when the series begins and the
schedule starts.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import pytest
from alarm_series import NOON, Watched

from inferwatch.alarms.values import State
from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.composite_alarm import CompositeAlarmSpec

SCENARIOS = sorted((Path(__file__).parents[1] / "scenarios").glob("*.toml"))


class Expected(msgspec.Struct, forbid_unknown_fields=True):
    at: str
    state: State
    alarm: str = ""


class Scenario(msgspec.Struct, forbid_unknown_fields=True):
    about: str
    alarm: AlarmSpec
    cell: int
    values: str
    transition: list[Expected]
    also: tuple[AlarmSpec, ...] = ()
    composite_alarm: tuple[CompositeAlarmSpec, ...] = ()


def cells(text: str) -> list[float | None]:
    found: list[float | None] = []
    for word in text.split():
        value, _, times = word.partition("x")
        found += [None if value == "_" else float(value)] * int(times or 1)
    return found


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_scenario(file: Path) -> None:
    scenario = msgspec.convert(tomllib.loads(file.read_text()), Scenario)
    values = cells(scenario.values)
    alarms = [scenario.alarm, *scenario.also]
    watched = Watched(alarms, scenario.cell, scenario.composite_alarm)
    watched.put(NOON, values)
    watched.run(NOON + 5000, NOON + (len(values) * scenario.cell + 6) * 1000, 5000)
    found = [(minutes(t.at_ms), t.alarm, t.state) for t in watched.history]
    assert found == [(t.at, t.alarm or scenario.alarm.name, t.state) for t in scenario.transition]


def minutes(at_ms: int) -> str:
    return f"{(at_ms - NOON) // 60_000}:{(at_ms - NOON) // 1000 % 60:02}"


def test_there_are_scenarios() -> None:
    assert SCENARIOS
