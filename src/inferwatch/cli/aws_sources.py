"""What the page reads, out of CloudWatch."""

from __future__ import annotations

from collections.abc import Sequence

from inferwatch.alarms.values import AlarmState, Transition
from inferwatch.aws.alarms.states import CloudWatchAlarms
from inferwatch.aws.patience import Patience
from inferwatch.aws.reading.memo import Memo
from inferwatch.aws.reading.metrics import CloudWatchMetricSource
from inferwatch.aws.reading.remembering import RememberingMetricSource
from inferwatch.aws.site import Site
from inferwatch.spec.period import MINUTE
from inferwatch.store.outbox import Entry
from inferwatch.web import Sources

FINEST = MINUTE
"""Of most metrics; only those that an alarm watches by less have shorter periods."""

LATE_MS = 2 * 60_000
"""Embedded metrics are there one to two minutes after their line."""

NEWEST = 100
"""So many changes and deliveries of each alarm are read: one page of its history."""


def aws_sources(site: Site, refresh_ms: int, patience: Patience) -> Sources:
    """Sources for `page_app`. refresh_ms: how long an answer of AWS's is good, since each question is billed."""
    now_ms = patience.now_ms
    alarms = CloudWatchAlarms(site)
    states: Memo[dict[str, AlarmState]] = Memo(now_ms, refresh_ms, 1)
    histories: Memo[list[Transition]] = Memo(now_ms, refresh_ms, NEWEST)
    deliveries: Memo[list[Entry]] = Memo(now_ms, refresh_ms, 1)
    source = CloudWatchMetricSource(site, patience)

    def alarm_history(alarm: str | None, limit: int) -> Sequence[Transition]:
        return histories.of(alarm, lambda: alarms.history(alarm, NEWEST))[:limit]

    def notifications(limit: int) -> Sequence[Entry]:
        return deliveries.of("", lambda: alarms.deliveries(NEWEST))[:limit]

    return Sources(
        spec=site.spec,
        metrics=RememberingMetricSource(source, now_ms, refresh_ms),
        alarm_states=lambda: states.of("", alarms.states),
        alarm_history=alarm_history,
        notifications=notifications,
        health=dict,
        now_ms=now_ms,
        finest=FINEST,
        late_ms=LATE_MS,
    )
