"""How one model stands, among the others of an organisation."""

from __future__ import annotations

import msgspec

from inferwatch.alarms.values import ALARM, INSUFFICIENT_DATA, OK, State

SPARK_PERIODS = 36
SPARK_PERIOD = 300
HOURS = SPARK_PERIODS * SPARK_PERIOD // 3600
"""Figures of the overview are of the last so many hours."""


class ModelHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One model in one environment. Figures are of the last three hours.

    alarms: the state of each, by name; invocations: None where there were none; error_rate: of 1, None without
    invocations; p90: of the latency, in ms; spark: invocations for each five minutes, oldest first, None for a gap;
    last_ms: start of its newest record, or of the period that it is in; version, deployment: what is current.
    """

    log_group: str
    environment: str
    alarms: dict[str, State] = {}
    invocations: float | None = None
    error_rate: float | None = None
    p90: float | None = None
    spark: tuple[float | None, ...] = ()
    last_ms: int | None = None
    version: int | str | None = None
    deployment: int | str | None = None

    @property
    def node(self) -> str:
        """Of the organisation: `/abc_corp/claim`."""
        return self.log_group.rpartition("/")[0] or "/"

    @property
    def state(self) -> State | None:
        """The worst of its alarms, None where it has none."""
        states = set(self.alarms.values())
        return next((state for state in (ALARM, INSUFFICIENT_DATA, OK) if state in states), None)

    @property
    def loud(self) -> list[str]:
        """The names of the alarms that are in ALARM."""
        return sorted(name for name, state in self.alarms.items() if state == ALARM)
