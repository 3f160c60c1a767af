"""The alarms of one model in CloudWatch, by the names that the spec gives them: how they stand, and their history."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from inferwatch.alarms.values import AlarmState, Transition
from inferwatch.aws.alarms import deployed as deployed_alarms
from inferwatch.aws.alarms.deployed import DeployedAlarm
from inferwatch.aws.alarms.history import Item, delivery, transition
from inferwatch.aws.explained import explained
from inferwatch.aws.site import Site
from inferwatch.aws.timestamp import milliseconds
from inferwatch.errors import QueryError
from inferwatch.spec.fault import suggestion
from inferwatch.store.outbox import Entry


class CloudWatchAlarms:
    """Metric alarms, composite alarms, and the one over all of them. For any thread; every method raises AwsError."""

    def __init__(self, site: Site) -> None:
        spec = site.spec
        declared = [*(alarm.name for alarm in spec.alarms), *(alarm.name for alarm in spec.composite_alarms)]
        health = site.names.health_alarm
        self._spec = spec
        self._own = {site.names.alarm(name): name for name in declared}
        self._own[health] = health.removeprefix(site.names.alarm(""))
        self._cloudwatch = site.session.client("cloudwatch")

    def states(self) -> dict[str, AlarmState]:
        """How each alarm stands, in the spec's order, without those that are not deployed."""
        found = deployed_alarms.find(self._cloudwatch, self._own)
        return {self._own[name]: as_state(self._own[name], alarm) for name, alarm in found.items()}

    def history(self, alarm: str | None, limit: int) -> list[Transition]:
        """Transitions of the alarm that the spec calls so, or of all, newest first; CloudWatch keeps them for 30 days.

        Raises QueryError where the spec has no such alarm.
        """
        if alarm is not None and alarm not in self._own.values():
            known = list(self._own.values())
            raise QueryError(f"the spec has no alarm {alarm!r}; it has {', '.join(known)}{suggestion(alarm, known)}")
        wanted = [name for name, called in self._own.items() if alarm in (None, called)]
        found = [change for name in wanted for change in islice(self._changes(name), limit)]
        return sorted(found, key=lambda change: -change.at_ms)[:limit]

    def deliveries(self, limit: int) -> list[Entry]:
        """What the alarms sent away, newest first: one for each action that a change of state has run."""
        found: list[Entry] = []
        for name in self._own:
            actions = list(islice(self._items(name, "Action"), limit))
            changes = list(islice(self._changes(name), 2 * limit)) if actions else []
            found += filter(None, (delivery(self._spec, item, changes) for item in actions))
        return sorted(found, key=lambda entry: -(entry.finished_ms or 0))[:limit]

    def _changes(self, name: str) -> Iterator[Transition]:
        for item in self._items(name, "StateUpdate"):
            change = transition(self._own[name], item)
            if change is not None:
                yield change

    def _items(self, name: str, kind: str) -> Iterator[Item]:
        """Of one alarm's history, newest first."""
        pages = self._cloudwatch.get_paginator("describe_alarm_history").paginate(
            AlarmName=name,
            AlarmTypes=deployed_alarms.KINDS,
            HistoryItemType=kind,
            ScanBy="TimestampDescending",
            PaginationConfig={"PageSize": 100},
        )
        with explained(f"reading the history of {name}"):
            for page in pages:
                yield from page["AlarmHistoryItems"]


def as_state(name: str, alarm: DeployedAlarm) -> AlarmState:
    """How an alarm stands that DescribeAlarms has told of. name: the spec's."""
    updated_ms = milliseconds(alarm["StateUpdatedTimestamp"])
    changed = alarm.get("StateTransitionedTimestamp")
    return AlarmState(
        alarm=name,
        state=alarm["StateValue"],
        reason=alarm.get("StateReason", ""),
        since_ms=milliseconds(changed) if changed else updated_ms,
        evaluated_ms=updated_ms,
    )
