"""What the alarm tests share: alarms, datapoints from pictures such as `0-X-X`, and a schedule over made-up time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from inferwatch.alarms.schedule import Schedule
from inferwatch.alarms.values import AlarmState, Datapoint, Notification, Transition
from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.composite_alarm import CompositeAlarmSpec

NOON = 1_795_262_400_000  # 2026-11-21 12:00:00 UTC
MINUTE = 60_000


def an_alarm(**changes: Any) -> AlarmSpec:
    """Average of LatencyMs greater than 1, one period of a minute."""
    return AlarmSpec(
        **{"name": "slow", "metric": "LatencyMs", "comparison": "GreaterThanThreshold", "threshold": 1.0, **changes}
    )


def drawn(picture: str, period: int = 60, end_ms: int = NOON) -> list[Datapoint]:
    """X: breaching (2.0), 0: healthy (0.0), -: missing; oldest first, the last period ends at end_ms."""
    start_ms = end_ms - len(picture) * period * 1000
    return [
        Datapoint(start_ms + i * period * 1000, {"X": 2.0, "0": 0.0}[mark])
        for i, mark in enumerate(picture)
        if mark != "-"
    ]


class Watched:
    """A schedule over a metric kept as cells of `cell` seconds, with its store in memory."""

    def __init__(
        self, alarms: Sequence[AlarmSpec], cell: int = 10, composites: Sequence[CompositeAlarmSpec] = ()
    ) -> None:
        self.cell_ms = cell * 1000
        self.cells: dict[int, float] = {}
        self.states: dict[str, AlarmState] = {}
        self.history: list[Transition] = []
        self.outbox: list[Notification] = []
        self.asked: list[tuple[str, int, int]] = []
        self.errors: list[tuple[str, str]] = []
        self.broken: set[str] = set()
        self.alarms = alarms
        self.composites = composites
        self.restart()

    def restart(self) -> None:
        self.schedule = Schedule(
            self.alarms,
            datapoints=self.datapoints,
            load=lambda: dict(self.states),
            commit=self.commit,
            notifications=lambda transition, states: [],
            report=lambda alarm, error: self.errors.append((alarm.name, str(error))),
            composites=self.composites,
        )

    def put(self, start_ms: int, values: Iterable[float | None]) -> None:
        for i, value in enumerate(values):
            if value is not None:
                self.cells[start_ms + i * self.cell_ms] = value

    def datapoints(self, alarm: AlarmSpec, start_ms: int, end_ms: int) -> list[Datapoint]:
        self.asked.append((alarm.name, start_ms, end_ms))
        if alarm.name in self.broken:
            raise ValueError("the rollups cannot be read")
        points = []
        for begin in range(start_ms, end_ms, alarm.period * 1000):
            inside = range(begin, begin + alarm.period * 1000, self.cell_ms)
            values = [self.cells[at] for at in inside if at in self.cells]
            if values:
                value = {"Sum": sum(values), "Maximum": max(values)}.get(alarm.statistic, sum(values) / len(values))
                points.append(Datapoint(begin, value, len(values)))
        return points

    def commit(
        self, states: Sequence[AlarmState], transitions: Sequence[Transition], notifications: Sequence[Notification]
    ) -> None:
        self.states |= {state.alarm: state for state in states}
        self.history += transitions
        self.outbox += notifications

    def run(self, start_ms: int, end_ms: int, step_ms: int = 1000) -> list[Transition]:
        """Step through [start_ms, end_ms), as a process does that is never late."""
        return [t for now_ms in range(start_ms, end_ms, step_ms) for t in self.schedule.step(now_ms)]
