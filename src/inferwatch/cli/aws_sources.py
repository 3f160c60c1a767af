"""What the page reads, out of CloudWatch."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from inferwatch.alarms.values import AlarmState, Transition
from inferwatch.aws.alarms.states import CloudWatchAlarms
from inferwatch.aws.patience import Patience
from inferwatch.aws.reading.memo import Memo
from inferwatch.aws.reading.metrics import CloudWatchMetricSource
from inferwatch.aws.reading.questions import InsightsQuestions
from inferwatch.aws.reading.remembering import RememberingMetricSource
from inferwatch.aws.registry import DynamoRegistry, or_none
from inferwatch.aws.site import Site
from inferwatch.cli.aws_overview import AwsOverview
from inferwatch.ports import Registry
from inferwatch.registry.records import Change, Deployment, Model, ModelVersion
from inferwatch.spec.period import MINUTE
from inferwatch.store.outbox import Entry
from inferwatch.web import Sources

FINEST = MINUTE
"""Of most metrics; only those that an alarm watches by less have shorter periods."""

LATE_MS = 2 * 60_000
"""Embedded metrics are there one to two minutes after their line."""

NEWEST = 100
"""So many changes and deliveries of each alarm are read: one page of its history."""


def aws_sources(site: Site, refresh_ms: int, patience: Patience, node: str | None = None) -> Sources:
    """Sources for `page_app`. refresh_ms: how long an answer of AWS's is good, since each question is billed; node:
    below which models the overview is of, the spec's own where not given."""
    now_ms = patience.now_ms
    registry = DynamoRegistry(site.session)
    everyone = AwsOverview(site, registry, node or site.spec.identity.namespace, now_ms, refresh_ms)
    alarms = CloudWatchAlarms(site)
    states: Memo[dict[str, AlarmState]] = Memo(now_ms, refresh_ms, 1)
    histories: Memo[list[Transition]] = Memo(now_ms, refresh_ms, NEWEST)
    deliveries: Memo[list[Entry]] = Memo(now_ms, refresh_ms, 1)

    def alarm_history(alarm: str | None, limit: int) -> Sequence[Transition]:
        return histories.of(alarm, lambda: alarms.history(alarm, NEWEST))[:limit]

    def notifications(limit: int) -> Sequence[Entry]:
        return deliveries.of("", lambda: alarms.deliveries(NEWEST))[:limit]

    def another(log_group: str, environment: str) -> Sources | None:
        found = everyone.find(log_group, environment)
        if found is None:
            return None
        other = _without_alarms(everyone.site_of(found), registry, refresh_ms, patience)
        return replace(other, alarm_states=lambda: everyone.states(found), overview=everyone.models, declared=False)

    return replace(
        _without_alarms(site, registry, refresh_ms, patience),
        alarm_states=lambda: states.of("", alarms.states),
        alarm_history=alarm_history,
        notifications=notifications,
        overview=everyone.models,
        model=another,
    )


def _without_alarms(site: Site, registry: Registry, refresh_ms: int, patience: Patience) -> Sources:
    """What the page reads of one model, but for its alarms."""
    now_ms, identity = patience.now_ms, site.spec.identity
    model = Model(identity.namespace, identity.model_name)
    whose = (model, identity.environment)
    versions: Memo[Sequence[ModelVersion]] = Memo(now_ms, refresh_ms, 1)
    deployments: Memo[Sequence[Deployment]] = Memo(now_ms, refresh_ms, 1)
    changes: Memo[Sequence[Change]] = Memo(now_ms, refresh_ms, 1)
    return Sources(
        spec=site.spec,
        metrics=RememberingMetricSource(CloudWatchMetricSource(site, patience), now_ms, refresh_ms),
        alarm_states=dict,
        alarm_history=lambda alarm, limit: (),
        notifications=lambda limit: (),
        health=dict,
        now_ms=now_ms,
        finest=FINEST,
        late_ms=LATE_MS,
        ask=InsightsQuestions(site, patience).ask,
        versions=lambda: versions.of("", lambda: or_none(registry.versions, model) or ()),
        deployments=lambda: deployments.of("", lambda: or_none(registry.deployments, *whose) or ()),
        changes=lambda: changes.of("", lambda: or_none(registry.history, *whose) or ()),
        billed=True,
    )
