"""How every model at or below a node stands on AWS, and the page of one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from inferwatch.alarms.values import AlarmState
from inferwatch.aws.alarms.deployed import DeployedAlarm, every
from inferwatch.aws.alarms.states import as_state
from inferwatch.aws.reading.memo import Memo
from inferwatch.aws.reading.models import Sender, Wanted, metrics_of, read_all, senders
from inferwatch.aws.registry import or_none
from inferwatch.aws.site import Site
from inferwatch.cloudwatch.names import names
from inferwatch.ports import Registry
from inferwatch.registry.records import Deployment, Model
from inferwatch.spec import record
from inferwatch.spec.load import spec_of
from inferwatch.web.model_health import SPARK_PERIOD, SPARK_PERIODS, ModelHealth

Owned = dict[Sender, dict[str, DeployedAlarm]]
_STEP_MS = 1000 * SPARK_PERIOD
WANTED = (
    Wanted(record.INVOCATIONS, "Sum", SPARK_PERIOD),
    Wanted(record.ERROR_COUNT, "Sum", SPARK_PERIOD),
    Wanted(record.LATENCY_MS, "p90", (SPARK_PERIODS + 1) * SPARK_PERIOD),
)
"""What each model is asked for: so many metrics are billed a model and a round."""


class AwsOverview:
    """The models of one account and region at or below `node`, for any thread. refresh_ms: how long an answer is good.

    Every method raises AwsError where AWS refuses.
    """

    def __init__(self, site: Site, registry: Registry, node: str, now_ms: Callable[[], int], refresh_ms: int) -> None:
        self._site = site
        self._registry = registry
        self._node = node
        self._now_ms = now_ms
        self._cloudwatch = site.session.client("cloudwatch")
        self._kept: Memo[Sequence[ModelHealth]] = Memo(now_ms, refresh_ms, 1)
        self._alarms: Memo[Owned] = Memo(now_ms, refresh_ms, 1)

    def models(self) -> Sequence[ModelHealth]:
        """How each stands."""
        return self._kept.of("", self._ask)

    def states(self, sender: Sender) -> dict[str, AlarmState]:
        """The alarms of one model, by name."""
        return {name: as_state(name, alarm) for name, alarm in self._all_alarms().get(sender, {}).items()}

    def site_of(self, sender: Sender) -> Site:
        """The site of one model, whose spec is made of the metrics that it has sent."""
        sent = metrics_of(self._cloudwatch, sender)
        model: dict[str, Any] = {
            "namespace": f"/{sender.metric_namespace}",
            "name": sender.model_name,
            "default_alarms": False,
        }
        if record.PREDICTION_PROBABILITY in sent:
            model["confidence_scale"] = 1
        own = [{"name": name} for name in sent if name not in record.BUILT_IN_UNITS]
        spec = spec_of({"model": model, "metric": own}, sender.environment)
        declares = any(name["AlarmName"].startswith(sender.prefixes[0]) for name in self._all_alarms()[sender].values())
        spec = replace(spec, environments=(sender.environment,) if declares else ())
        return replace(self._site, spec=spec, names=names(spec))

    def find(self, log_group: str, environment: str) -> Sender | None:
        """The model of this log group, None where it has sent nothing of late."""
        return next((s for s in self._senders() if (s.log_group, s.environment) == (log_group, environment)), None)

    def _senders(self) -> list[Sender]:
        return senders(self._cloudwatch, self._node)

    def _all_alarms(self) -> Owned:
        return self._alarms.of("", lambda: _by_owner(every(self._cloudwatch), self._senders()))

    def _ask(self) -> Sequence[ModelHealth]:
        found = self._senders()
        now_ms = self._now_ms()
        first_ms = now_ms // _STEP_MS * _STEP_MS - SPARK_PERIODS * _STEP_MS
        values = read_all(self._cloudwatch, found, WANTED, first_ms, now_ms)
        alarms = self._alarms.keep("", _by_owner(every(self._cloudwatch), found))
        return [self._health(each, values[each], alarms[each], first_ms) for each in found]

    def _health(
        self, sender: Sender, values: Sequence[dict[int, float]], alarms: dict[str, DeployedAlarm], first_ms: int
    ) -> ModelHealth:
        counts, errors, latency = values
        invocations = sum(counts.values()) or None
        current = self._current(sender)
        return ModelHealth(
            log_group=sender.log_group,
            environment=sender.environment,
            alarms={name: alarm["StateValue"] for name, alarm in alarms.items()},
            invocations=invocations,
            error_rate=sum(errors.values()) / invocations if invocations else None,
            p90=next(reversed(latency.values()), None),
            spark=tuple(counts.get(first_ms + at * _STEP_MS) for at in range(SPARK_PERIODS)),
            last_ms=max(counts, default=None),
            version=current.model_version if current else None,
            deployment=current.deployment_id if current else None,
        )

    def _current(self, sender: Sender) -> Deployment | None:
        namespace = sender.log_group.rpartition("/")[0] or "/"
        model = Model(namespace, sender.model_name)
        found = or_none(self._registry.deployments, model, sender.environment) or ()
        return next((each for each in found if each.state == "current"), None)


def _by_owner(alarms: Iterable[DeployedAlarm], models: Sequence[Sender]) -> Owned:
    """Of each model its alarms, by the names that its spec gives them.

    An alarm is the model's that its dimensions name, else that whose longest name its own begins with.
    """
    found: Owned = {model: {} for model in models}
    by_address = {(each.metric_namespace, frozenset(each.dimensions.items())): each for each in models}
    for alarm in alarms:
        dimensions = frozenset((each["Name"], each["Value"]) for each in alarm.get("Dimensions", ()))
        owner = by_address.get((alarm.get("Namespace", ""), dimensions)) or _by_name(alarm["AlarmName"], models)
        if owner is not None:
            found[owner][_own_name(alarm["AlarmName"], owner)] = alarm
    return found


def _by_name(name: str, models: Iterable[Sender]) -> Sender | None:
    matching = [(prefix, each) for each in models for prefix in each.prefixes if name.startswith(prefix)]
    return max(matching, key=lambda match: len(match[0]), default=("", None))[1]


def _own_name(name: str, model: Sender) -> str:
    return next((name.removeprefix(prefix) for prefix in model.prefixes if name.startswith(prefix)), name)
