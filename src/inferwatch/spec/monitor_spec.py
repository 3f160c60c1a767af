"""One model's whole spec, validated and with its defaults filled in."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from inferwatch.spec import record
from inferwatch.spec.account import AccountSpec
from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.api import ApiSpec
from inferwatch.spec.composite_alarm import CompositeAlarmSpec
from inferwatch.spec.dashboard import DashboardSpec
from inferwatch.spec.feature import FeatureSpec
from inferwatch.spec.function import FunctionSpec
from inferwatch.spec.history import HistorySpec
from inferwatch.spec.identity import Identity
from inferwatch.spec.lake import LakeSpec
from inferwatch.spec.logs import LogsSpec
from inferwatch.spec.metric import MetricSpec
from inferwatch.spec.notify import NotifySpec
from inferwatch.spec.period import HIGH_RESOLUTION
from inferwatch.spec.pipeline import PipelineSpec
from inferwatch.spec.query import QuerySpec
from inferwatch.spec.queue import QueueSpec
from inferwatch.spec.sagemaker import SageMakerSpec


class ModelSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[model]`. version: given by who numbers elsewhere, else the registry numbers; predict and parse:
    `module:function`; confidence_scale: absent where the model gives none."""

    namespace: str
    name: str
    version: int | str | None = None
    predict: str | None = None
    parse: str | None = None
    confidence_scale: Literal[1, 100] | None = None
    capture: Literal["full", "none"] = "full"
    redact: tuple[str, ...] = ()
    metric_namespace: str | None = None
    by_version: bool = False
    default_alarms: bool = True


class MonitorSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What `inferwatch.toml` says, for one environment.

    folder: where the file lies (the model's own folder); environments: the declared ones, none where the file has no
    `[environment.*]`; queue, sagemaker, history, lake, pipeline: None where the file has no such table.
    """

    file: str
    folder: str
    identity: Identity
    model: ModelSpec
    environments: tuple[str, ...]
    function: FunctionSpec
    api: ApiSpec
    logs: LogsSpec
    aws: AccountSpec
    features: dict[str, FeatureSpec]
    metrics: tuple[MetricSpec, ...]
    alarms: tuple[AlarmSpec, ...]
    composite_alarms: tuple[CompositeAlarmSpec, ...]
    dashboard: DashboardSpec
    queries: tuple[QuerySpec, ...]
    notify: dict[str, NotifySpec]
    queue: QueueSpec | None
    sagemaker: SageMakerSpec | None
    history: HistorySpec | None
    lake: LakeSpec | None
    pipeline: PipelineSpec | None

    @property
    def has_confidence(self) -> bool:
        return self.model.confidence_scale is not None

    def unit(self, metric: str) -> str | None:
        """The unit of a metric of this model, or None if it has no such metric."""
        own = {m.name: m.unit for m in self.metrics}
        if metric in record.QUEUE_METRICS and self.queue is None:
            return own.get(metric)
        if metric in record.ENDPOINT_METRICS and self.sagemaker is None:
            return own.get(metric)
        return own.get(metric) or record.BUILT_IN_UNITS.get(metric)

    def targets(self, alarm: AlarmSpec | CompositeAlarmSpec) -> tuple[str, ...]:
        """Names of the `[notify.*]` tables that `alarm` goes to."""
        return tuple(self.notify) if alarm.notify is None else alarm.notify

    def compile(self) -> dict[str, Any]:
        """What recording and serving need, as plain JSON values.

        It is written at deployment and read with orjson alone, so that a Lambda's init loads no
        spec code. Keys: those of Identity; `log_group`; `confidence_scale`, `capture`, `redact`,
        `by_version`; `metrics` [{name, field, unit}]; `high_resolution`, the metrics that an alarm
        watches by less than a minute; `predict`, `parse`, `features`, `timeout` for serving; `max_receive_count` of the
        queue and `endpoint` {name, timeout, retries, content_type}, None for a model without.
        """
        high_resolution = {a.metric for a in self.alarms if a.period in HIGH_RESOLUTION}
        compiled: dict[str, Any] = {
            **msgspec.to_builtins(self.identity),
            "log_group": self.identity.log_group,
            "confidence_scale": self.model.confidence_scale,
            "capture": self.model.capture,
            "redact": self._redacted(),
            "by_version": self.model.by_version,
            "metrics": list(msgspec.to_builtins(self.metrics)),
            "high_resolution": sorted(high_resolution),
            "predict": self.model.predict,
            "parse": self.model.parse,
            "features": msgspec.to_builtins(self.features),
            "timeout": self.function.timeout,
            "max_receive_count": self.queue.max_receive_count if self.queue else None,
            "endpoint": self._endpoint(),
        }
        return compiled

    def _endpoint(self) -> dict[str, Any] | None:
        """The endpoint that the function asks. The name of one that is made is given with its deployment."""
        asked = self.sagemaker
        if asked is None:
            return None
        members = ("timeout", "retries", "content_type")
        return {"name": asked.endpoint, **{member: getattr(asked, member) for member in members}}

    def _redacted(self) -> list[str]:
        """The paths to hide. Without `parse` the features are in the request, so what is hidden in one is in the other.

        A request may hold them as its `payload`, so the features have what lies below that at their root.
        """
        paths = list(self.model.redact)
        if self.model.parse is None:
            for path in self.model.redact:
                member, *below = path.split(".")
                if member in ("request", "features"):
                    inner = below[1:] if below[:1] == ["payload"] and "payload" not in self.features else below
                    paths += [".".join(("request", *below)), ".".join(("features", *inner))]
        return list(dict.fromkeys(paths))
