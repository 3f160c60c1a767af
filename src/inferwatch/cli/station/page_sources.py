"""What the page reads, out of one machine's store and registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from msgspec.structs import replace

from inferwatch.alarms.values import AlarmState, Transition
from inferwatch.cli import clock
from inferwatch.cli.scope import scope as scope_of
from inferwatch.cli.station import overview
from inferwatch.cli.station.readers import Readers, SharedMetricSource
from inferwatch.ports import MetricSource, Registry
from inferwatch.query.answer import Answer
from inferwatch.query.question import Question
from inferwatch.registry.records import Model
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.store.outbox import Entry
from inferwatch.store.registry import LocalRegistry
from inferwatch.web import Sources
from inferwatch.web.model_health import ModelHealth

FIELDS_MS = 24 * 3_600_000
"""So far back the fields are looked for that a person may name."""


def local_sources(
    spec: MonitorSpec,
    scope: str,
    readers: Readers,
    metrics: MetricSource,
    health: Callable[[], Mapping[str, int]],
    *,
    node: str = "/",
    now_ms: Callable[[], int] = clock.now_ms,
) -> Sources:
    """Sources for `page_app`. scope: whose alarms and notifications; node: below which models the overview is of."""
    registry = LocalRegistry(readers.data)
    declared = [*(alarm.name for alarm in spec.alarms), *(alarm.name for alarm in spec.composite_alarms)]

    def all_models() -> Sequence[ModelHealth]:
        with readers.store() as store:
            return [
                overview.health(store, registry, seen, now_ms(), declared if seen.is_of(spec.identity) else None)
                for seen in overview.seen_models(store, spec.identity)
                if f"{seen.log_group}/".startswith(f"{node.rstrip('/')}/")
            ]

    def another(log_group: str, environment: str) -> Sources | None:
        with readers.store() as store:
            for seen in overview.seen_models(store, spec.identity):
                if (seen.log_group, seen.environment) == (log_group, environment):
                    made_up = overview.made_up(store, seen, now_ms())
                    source = SharedMetricSource(readers, made_up.identity.metric_namespace)
                    found = _one_model(made_up, scope_of(made_up), readers, source, registry, now_ms)
                    return replace(found, health=health, overview=all_models, declared=False)
        return None

    own = _one_model(spec, scope, readers, metrics, registry, now_ms)
    return replace(own, health=health, overview=all_models, model=another)


def _one_model(
    spec: MonitorSpec,
    scope: str,
    readers: Readers,
    metrics: MetricSource,
    registry: Registry,
    now_ms: Callable[[], int],
) -> Sources:
    identity = spec.identity
    model = Model(identity.namespace, identity.model_name)

    def alarm_states() -> dict[str, AlarmState]:
        with readers.store() as store:
            return store.alarm_log(scope).states()

    def alarm_history(alarm: str | None, limit: int) -> Sequence[Transition]:
        with readers.store() as store:
            return store.alarm_log(scope).history(alarm, limit)

    def notifications(limit: int) -> Sequence[Entry]:
        with readers.store() as store:
            return store.outbox(scope).entries(limit)

    def ask(question: Question) -> Answer:
        with readers.store() as store:
            return store.ask(question)

    return Sources(
        spec=spec,
        metrics=metrics,
        alarm_states=alarm_states,
        alarm_history=alarm_history,
        notifications=notifications,
        health=dict,
        now_ms=now_ms,
        ask=ask,
        known=partial(_known, spec, readers, now_ms),
        versions=partial(registry.versions, model),
        deployments=partial(registry.deployments, model, identity.environment),
        changes=partial(registry.history, model, identity.environment),
    )


def _known(spec: MonitorSpec, readers: Readers, now_ms: Callable[[], int]) -> frozenset[str]:
    """Root names of the fields of their own that records have, or are going to have."""
    at_ms, identity = now_ms(), spec.identity
    recent = Question(
        start_ms=at_ms - FIELDS_MS, end_ms=at_ms + 1, node=identity.log_group, environment=identity.environment
    )
    with readers.store() as store:
        return store.fields(recent) | own_fields(spec)


def own_fields(spec: MonitorSpec) -> frozenset[str]:
    """Root names of the fields that the spec says its records have, if none has them yet."""
    fields = (metric.field for metric in spec.metrics if metric.field is not None)
    return frozenset({*(metric.name for metric in spec.metrics), *(field.partition(".")[0] for field in fields)})
