"""When each alarm is evaluated, and what follows. Time, data and storage are injected, so it can be replayed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import msgspec

from inferwatch.alarms import composite, reason
from inferwatch.alarms.evaluate import evaluate
from inferwatch.alarms.timing import boundary, composite_boundary, evaluation_range
from inferwatch.alarms.values import INSUFFICIENT_DATA, AlarmState, Datapoint, Notification, Transition
from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.composite_alarm import CompositeAlarmSpec

Datapoints = Callable[[AlarmSpec, int, int], Sequence[Datapoint]]
"""The alarm's metric, one datapoint a period, in [start_ms, end_ms)."""
Load = Callable[[], Mapping[str, AlarmState]]
Commit = Callable[[Sequence[AlarmState], Sequence[Transition], Sequence[Notification]], None]
"""Stores all three or none."""
Notifications = Callable[[Transition, Mapping[str, AlarmState]], Sequence[Notification]]
"""What to tell of a transition; the second argument is how every alarm stands after it."""
Report = Callable[[AlarmSpec | CompositeAlarmSpec, Exception], None]

# What happened just before a boundary is still on its way from the log line to the rollup.
SETTLE_MS = 2_000


class _Round:
    """What one step finds. known: how every alarm stands, by its name."""

    def __init__(self, known: Mapping[str, AlarmState]) -> None:
        self.known = dict(known)
        self.states: list[AlarmState] = []
        self.transitions: list[Transition] = []
        self.notifications: list[Notification] = []


class Schedule:
    """Evaluates each alarm once for each of its boundaries, and after them the composite alarms over them.

    report: told of an alarm that could not be evaluated, once a boundary. Such an alarm keeps its state and
    its `evaluated_ms`, which is how one sees that it stands still; the next step tries again.
    """

    def __init__(
        self,
        alarms: Sequence[AlarmSpec],
        *,
        datapoints: Datapoints,
        load: Load,
        commit: Commit,
        notifications: Notifications,
        report: Report,
        composites: Sequence[CompositeAlarmSpec] = (),
        settle_ms: int = SETTLE_MS,
    ) -> None:
        self._alarms = alarms
        self._composites = composite.composites(composites)
        self._datapoints = datapoints
        self._load = load
        self._commit = commit
        self._notifications = notifications
        self._report = report
        self._settle_ms = settle_ms
        self._set_back: dict[str, int] = {}
        self._reported: dict[str, int] = {}

    def step(self, now_ms: int) -> list[Transition]:
        """Evaluate every alarm that is due, commit what changed, and return the transitions.

        Call it about once a second. Of the boundaries that were missed (the process slept, or the clock was
        set forward) only the newest is evaluated. Whatever `load` and `commit` raise passes through.
        """
        round_ = _Round(self._load())
        for alarm in self._alarms:
            at_ms = boundary(alarm, now_ms - self._settle_ms)
            old = round_.known.get(alarm.name) or _created(alarm, at_ms)
            if self._is_due(alarm, old, at_ms):
                self._judge(round_, alarm, at_ms, partial(self._evaluated, alarm, old, at_ms))
        at_ms = composite_boundary(now_ms - self._settle_ms)
        for each in self._composites:
            changed = {transition.alarm for transition in round_.transitions}
            self._judge(round_, each.alarm, at_ms, partial(composite.evaluate, each, round_.known, changed, at_ms))
        if round_.states:
            self._commit(round_.states, round_.transitions, round_.notifications)
        return round_.transitions

    def _judge(
        self,
        round_: _Round,
        alarm: AlarmSpec | CompositeAlarmSpec,
        at_ms: int,
        evaluated: Callable[[], tuple[AlarmState, Transition | None]],
    ) -> None:
        try:
            state, transition = evaluated()
            known = {**round_.known, alarm.name: state}
            messages = self._notifications(transition, known) if transition else ()
        except Exception as error:  # one alarm must not stop the others
            self._report_once(alarm, at_ms, error)
            return
        if state == round_.known.get(alarm.name):
            return
        round_.known = known
        round_.states.append(state)
        round_.transitions += [transition] if transition else []
        round_.notifications += messages

    def _is_due(self, alarm: AlarmSpec, state: AlarmState, at_ms: int) -> bool:
        """Whether the boundary is a new one.

        Where the clock was set back, the time between is lived twice, and its first pass was judged already.
        So the alarm rests until that time is over, or until its whole range lies after the jump.
        """
        if at_ms >= state.evaluated_ms:
            self._set_back.pop(alarm.name, None)
            return at_ms > state.evaluated_ms
        jumped_ms = self._set_back[alarm.name] = min(at_ms, self._set_back.get(alarm.name, at_ms))
        return evaluation_range(alarm, at_ms)[0] >= jumped_ms

    def _evaluated(self, alarm: AlarmSpec, old: AlarmState, at_ms: int) -> tuple[AlarmState, Transition | None]:
        datapoints = self._datapoints(alarm, *evaluation_range(alarm, at_ms))
        result = evaluate(alarm, datapoints, at_ms, old.state)
        changes: dict[str, object] = {"reason": result.reason, "evaluated_ms": at_ms}
        if result.state == old.state:
            return msgspec.structs.replace(old, **changes), None
        transition = Transition(
            alarm=alarm.name,
            previous=old.state,
            state=result.state,
            reason=result.reason,
            at_ms=at_ms,
            value=result.datapoints[-1].value if result.datapoints else None,
        )
        return msgspec.structs.replace(old, state=result.state, since_ms=at_ms, **changes), transition

    def _report_once(self, alarm: AlarmSpec | CompositeAlarmSpec, at_ms: int, error: Exception) -> None:
        if self._reported.get(alarm.name) != at_ms:
            self._reported[alarm.name] = at_ms
            self._report(alarm, error)


def _created(alarm: AlarmSpec, at_ms: int) -> AlarmState:
    """As CloudWatch creates an alarm. It counts as never evaluated, so its first boundary is due."""
    return AlarmState(
        alarm=alarm.name, state=INSUFFICIENT_DATA, reason=reason.INITIAL, since_ms=at_ms, evaluated_ms=at_ms - 1
    )
