"""How every model of a data folder stands. All but the newest record of each comes from the rollups, so that it costs
the same whatever the traffic."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from inferwatch.alarms.values import INSUFFICIENT_DATA, Datapoint, State
from inferwatch.cli.scope import members
from inferwatch.lake.instant import milliseconds
from inferwatch.ports import Record, RecordQuery, Registry
from inferwatch.registry.records import Model
from inferwatch.spec import record
from inferwatch.spec.identity import Identity, log_group, metric_namespace
from inferwatch.spec.load import spec_of
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.period import HOUR, MINUTE, RETENTION
from inferwatch.store import Store
from inferwatch.web.model_health import SPARK_PERIOD, SPARK_PERIODS, ModelHealth

_STEP_MS = 1000 * SPARK_PERIOD
_HOUR_MS = 3_600_000
_LOOKS = ((3 * HOUR, MINUTE), (RETENTION[MINUTE], HOUR), (RETENTION[HOUR], HOUR))
"""How far back the newest record is looked for, in seconds, and by which period."""
_SPAN = (SPARK_PERIODS + 1) * SPARK_PERIOD
_STALE_MS = 25 * 3_600_000
"""The longest period of an alarm is a day: one that was not evaluated for longer is no alarm of the model any more."""


class Seen(msgspec.Struct, frozen=True):
    """A model that the folder knows, in one environment."""

    log_group: str
    environment: str
    metric_namespace: str

    @property
    def dimensions(self) -> dict[str, str]:
        model_name = self.log_group.rpartition("/")[2]
        return dict(zip(record.DIMENSIONS, (model_name, self.environment), strict=True))

    @property
    def model(self) -> Model:
        namespace, _, model_name = self.log_group.rpartition("/")
        return Model(namespace or "/", model_name)

    def is_of(self, identity: Identity) -> bool:
        return (self.log_group, self.environment) == (identity.log_group, identity.environment)


def seen_models(store: Store, own: Identity) -> list[Seen]:
    """Every model with metrics or alarms, in order. own: of the spec at hand, whose metric namespace is known."""
    found = {(own.log_group, own.environment): own.metric_namespace}
    groups = store.log_groups()
    for series in store.series():
        if series.metric != record.INVOCATIONS or series.dimensions.keys() != set(record.DIMENSIONS):
            continue
        if series.namespace == own.metric_namespace and series.dimensions == own.dimensions:
            continue
        model_name, environment = (series.dimensions[name] for name in record.DIMENSIONS)
        found[(_log_group(series.namespace, model_name, groups), environment)] = series.namespace
    for scope in store.scopes():
        at = members(scope)
        name = (at["log_group"], at["environment"])
        found.setdefault(name, metric_namespace(at["log_group"].rpartition("/")[0]))
    return [Seen(*name, namespace) for name, namespace in sorted(found.items())]


def _log_group(namespace: str, model_name: str, groups: Sequence[str]) -> str:
    """Where the model's records lie: at the node that its metric namespace names, or elsewhere if only there is one."""
    likely = log_group(f"/{namespace}", model_name)
    called_so = [group for group in groups if group.endswith(f"/{model_name}")]
    return called_so[0] if len(called_so) == 1 and likely not in groups else likely


def health(
    store: Store, registry: Registry, seen: Seen, now_ms: int, declared: Collection[str] | None = None
) -> ModelHealth:
    """How one model stands. declared: the names of its alarms, None where its spec is not at hand."""
    first_ms = now_ms // _STEP_MS * _STEP_MS - SPARK_PERIODS * _STEP_MS
    counts = _points(store, seen, record.INVOCATIONS, "Sum", SPARK_PERIOD, first_ms, now_ms)
    spark: list[float | None] = [None] * SPARK_PERIODS
    for point in counts:
        if (place := (point.timestamp_ms - first_ms) // _STEP_MS) < SPARK_PERIODS:
            spark[place] = point.value
    invocations = sum(point.value for point in counts) or None
    errors = _points(store, seen, record.ERROR_COUNT, "Sum", _SPAN, first_ms, now_ms)
    latency = _points(store, seen, record.LATENCY_MS, "p90", _SPAN, first_ms, now_ms)
    last_ms, newest = _last(store, seen, now_ms)
    version, deployment = _current(registry, seen, newest)
    return ModelHealth(
        log_group=seen.log_group,
        environment=seen.environment,
        alarms=_alarms(store, seen, declared),
        invocations=invocations,
        error_rate=sum(point.value for point in errors) / invocations if invocations else None,
        p90=latency[-1].value if latency else None,
        spark=tuple(spark),
        last_ms=last_ms,
        version=version,
        deployment=deployment,
    )


def made_up(store: Store, seen: Seen, now_ms: int) -> MonitorSpec:
    """A spec as far as what a model left tells it: whether it gives a confidence, which metrics of its own it has,
    whether it has a queue; version and deployment are those of its newest record."""
    own = {s.metric: s.unit for s in store.series() if (s.namespace, s.dimensions) == _where(seen)}
    newest = _last(store, seen, now_ms)[1]
    model: dict[str, Any] = {"namespace": seen.model.namespace, "name": seen.model.model_name, "default_alarms": False}
    if seen.metric_namespace != metric_namespace(seen.model.namespace):
        model["metric_namespace"] = seen.metric_namespace
    if record.PREDICTION_PROBABILITY in own:
        model["confidence_scale"] = _scale(newest)
    tables: dict[str, Any] = {
        "model": model,
        "metric": [{"name": name, "unit": unit} for name, unit in own.items() if name not in record.BUILT_IN_UNITS],
    }
    if record.QUEUED_MESSAGES in own:
        tables["queue"] = {}
    spec = spec_of(tables, seen.environment)
    if newest is None:
        return spec
    numbers = {"model_version": newest["model_version"], "deployment_id": newest["deployment_id"]}
    return replace(spec, identity=replace(spec.identity, **numbers))


def _where(seen: Seen) -> tuple[str, dict[str, str]]:
    return seen.metric_namespace, seen.dimensions


def _scale(newest: Mapping[str, Any] | None) -> int:
    """Of a model whose confidences go up to 100, one above 1 is soon seen."""
    confidence = (newest or {}).get("confidence")
    return 100 if isinstance(confidence, int | float) and confidence > 1 else 1


def _points(
    store: Store, seen: Seen, metric: str, statistic: str, period: int, start_ms: int, end_ms: int
) -> Sequence[Datapoint]:
    return store.metrics(seen.metric_namespace).datapoints(metric, statistic, period, start_ms, end_ms, seen.dimensions)


def _alarms(store: Store, seen: Seen, declared: Collection[str] | None) -> dict[str, State]:
    states = store.alarm_log(f"{seen.log_group}:{seen.environment}").states()
    if declared is not None:
        return {name: states[name].state if name in states else INSUFFICIENT_DATA for name in declared}
    newest_ms = max((state.evaluated_ms for state in states.values()), default=0)
    return {name: state.state for name, state in states.items() if newest_ms - state.evaluated_ms <= _STALE_MS}


def _last(store: Store, seen: Seen, now_ms: int) -> tuple[int | None, Record | None]:
    """When the newest inference began, and its record; the rollups say where to look for it."""
    for back, period in _LOOKS:
        start_ms = (now_ms - 1000 * back) // _HOUR_MS * _HOUR_MS
        points = _points(store, seen, record.INVOCATIONS, "Sum", period, start_ms, now_ms + 1)
        if points:
            break
    else:
        return None, None
    found, end_ms = points[-1].timestamp_ms, points[-1].timestamp_ms + 1000 * period
    if period > MINUTE:
        finer = _points(store, seen, record.INVOCATIONS, "Sum", MINUTE, found, end_ms)
        found = finer[-1].timestamp_ms if finer else found
    query = RecordQuery(start_ms=found, end_ms=end_ms, log_group=seen.log_group, environment=seen.environment, limit=1)
    newest = next(iter(store.records(query)), None)
    return (milliseconds(newest["start_at"]) if newest else found), newest


def _current(registry: Registry, seen: Seen, newest: Record | None) -> tuple[int | str | None, int | str | None]:
    """Version and deployment: what the registry calls current, else what the newest record has."""
    deployments = registry.deployments(seen.model, seen.environment)
    current = next((each for each in deployments if each.state == "current"), None)
    if current is not None:
        return current.model_version, current.deployment_id
    return (newest["model_version"], newest["deployment_id"]) if newest else (None, None)
