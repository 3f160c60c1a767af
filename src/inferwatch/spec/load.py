"""inferwatch.toml -> MonitorSpec. Every fault is a SpecError that names file, key path, value and what is allowed."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from inferwatch.errors import SpecError
from inferwatch.spec import FILE_NAME, check, feature, identity, numbers
from inferwatch.spec import alarm as alarm_spec
from inferwatch.spec.account import AccountSpec
from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.api import ApiSpec
from inferwatch.spec.composite_alarm import CompositeAlarmSpec
from inferwatch.spec.dashboard import DashboardSpec, default_widgets
from inferwatch.spec.fault import Fault, convert, suggestion
from inferwatch.spec.feature import FeatureSpec
from inferwatch.spec.function import FunctionSpec
from inferwatch.spec.history import HistorySpec
from inferwatch.spec.lake import LakeSpec
from inferwatch.spec.logs import LogsSpec
from inferwatch.spec.metric import MetricSpec
from inferwatch.spec.monitor_spec import ModelSpec, MonitorSpec
from inferwatch.spec.notify import NotifySpec
from inferwatch.spec.overlay import Environment, environments, overlaid
from inferwatch.spec.pipeline import PipelineSpec
from inferwatch.spec.query import QuerySpec
from inferwatch.spec.queue import QueueSpec
from inferwatch.spec.sagemaker import SageMakerSpec

_TABLES = (
    *("model", "function", "features", "metric", "alarm", "composite_alarm", "dashboard", "notify", "query"),
    *("api", "queue", "sagemaker", "logs", "history", "lake", "pipeline", "aws", "environment"),
)
T = TypeVar("T")


def load_spec(
    path: str | os.PathLike[str], environment: str | None = None, environ: Mapping[str, str] = os.environ
) -> MonitorSpec:
    """Read the spec at `path` (the file, or the folder that holds it) for one environment.

    environment: by default `INFERWATCH_ENVIRONMENT`, else `dev`. Model version and deployment id are those that
    `spec.numbers` finds in `environ`, where a deployment puts what the registry gave.
    The other environments are checked too, so that a fault shows before one of them is deployed.
    Raises SpecError.
    """
    file = _file(path)
    return _load(file, _read(file), environment or environ.get("INFERWATCH_ENVIRONMENT"), environ)[0]


def spec_of(document: dict[str, Any], environment: str) -> MonitorSpec:
    """The spec that these tables make, for a model whose own file is elsewhere. Raises SpecError."""
    return _load(Path(FILE_NAME), document, environment, {})[0]


def load_environments(path: str | os.PathLike[str], environ: Mapping[str, str] = os.environ) -> tuple[MonitorSpec, ...]:
    """The spec at `path` for every environment that it declares, in their order; of a file without any, for the one
    that `load_spec` gives. Raises SpecError.
    """
    file = _file(path)
    raw = _read(file)
    declared = raw.get("environment")
    first = next(iter(declared), None) if isinstance(declared, dict) else None
    return _load(file, raw, first or environ.get("INFERWATCH_ENVIRONMENT"), environ)


def _file(path: str | os.PathLike[str]) -> Path:
    file = Path(path)
    return file / FILE_NAME if file.is_dir() else file


def _load(file: Path, raw: dict[str, Any], wanted: str | None, environ: Mapping[str, str]) -> tuple[MonitorSpec, ...]:
    """The wanted environment's spec, then those of the others."""
    try:
        every = environments(raw, wanted)
        names = tuple(raw.get("environment", ()))
        return tuple(_checked(each, names, file, environ) for each in every)
    except Fault as fault:
        raise SpecError(str(file), fault.key, fault.problem) from None


def _checked(
    environment: Environment, declared: tuple[str, ...], file: Path, environ: Mapping[str, str]
) -> MonitorSpec:
    try:
        spec = _assemble(environment.document, environment.name, declared, file, environ)
        check.check(spec)
    except Fault as fault:
        raise environment.placed(fault) from None
    return spec


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))  # editors on Windows put a mark in front
    except FileNotFoundError:
        raise SpecError(str(file), "", "there is no such file; a model's folder holds its inferwatch.toml") from None
    except OSError as error:
        raise SpecError(str(file), "", f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SpecError(str(file), "", "is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise SpecError(str(file), "", f"is not valid TOML: {error}") from None
    except RecursionError:
        raise SpecError(str(file), "", "is nested too deeply") from None


def _assemble(
    raw: dict[str, Any], environment: str, declared: tuple[str, ...], file: Path, environ: Mapping[str, str]
) -> MonitorSpec:
    for key in raw:
        if key not in _TABLES:
            raise Fault(key, f"is no table of a spec; allowed are {', '.join(_TABLES)}{suggestion(key, _TABLES)}")
    if "model" not in raw:
        raise Fault("model", "is missing; a spec begins with [model], its namespace and its name")
    model = convert(raw["model"], ModelSpec, ("model",))
    has_confidence = model.confidence_scale is not None
    if model.default_alarms:
        alarms = alarm_spec.default_alarms(has_confidence=has_confidence, has_queue="queue" in raw)
        raw = overlaid({"alarm": alarms}, raw)
    metrics = convert(raw.get("metric", []), tuple[MetricSpec, ...], ("metric",))
    return MonitorSpec(
        file=str(file),
        folder=str(file.resolve().parent),
        identity=_identity(model, environment, environ),
        model=model,
        environments=declared,
        function=convert(raw.get("function", {}), FunctionSpec, ("function",)),
        api=convert(raw.get("api", {}), ApiSpec, ("api",)),
        logs=convert(raw.get("logs", {}), LogsSpec, ("logs",)),
        aws=convert(raw.get("aws", {}), AccountSpec, ("aws",)),
        features=_each(_with_long_features(raw), "features", FeatureSpec),
        metrics=metrics,
        alarms=convert(raw.get("alarm", []), tuple[AlarmSpec, ...], ("alarm",)),
        composite_alarms=convert(raw.get("composite_alarm", []), tuple[CompositeAlarmSpec, ...], ("composite_alarm",)),
        dashboard=_dashboard(raw, model, metrics),
        queries=convert(raw.get("query", []), tuple[QuerySpec, ...], ("query",)),
        notify=_each(_with_notify_types(raw), "notify", NotifySpec),
        queue=_optional(raw, "queue", QueueSpec),
        sagemaker=_optional(raw, "sagemaker", SageMakerSpec),
        history=_optional(raw, "history", HistorySpec),
        lake=_optional(raw, "lake", LakeSpec),
        pipeline=_optional(raw, "pipeline", PipelineSpec),
    )


def _optional(raw: dict[str, Any], key: str, kind: type[T]) -> T | None:
    """A part that the model has where its table stands, be it empty."""
    return convert(raw[key], kind, (key,)) if key in raw else None


def _each(raw: dict[str, Any], key: str, kind: type[T]) -> dict[str, T]:
    tables = raw.get(key, {})
    if not isinstance(tables, dict):
        raise Fault(key, f"{tables!r} is not allowed; expected a table, as in [{key}]")
    return {name: convert(table, kind, (key, name)) for name, table in tables.items()}


def _with_notify_types(raw: dict[str, Any]) -> dict[str, Any]:
    """`[notify.slack]` is of type `slack` unless it says otherwise."""
    targets = raw.get("notify")
    if not isinstance(targets, dict):
        return raw
    typed = {n: {"type": n, **t} if isinstance(t, dict) else t for n, t in targets.items()}
    return {**raw, "notify": typed}


def _with_long_features(raw: dict[str, Any]) -> dict[str, Any]:
    declared = raw.get("features")
    if not isinstance(declared, dict):
        return raw
    long: dict[str, Any] = {}
    for name, value in declared.items():
        form = feature.short_form(value) if isinstance(value, str) else value
        if form is None:
            raise Fault(f"features.{name}", f"{value!r} is no type of a feature; allowed are {feature.SHORT_FORMS}")
        long[name] = form
    return {**raw, "features": long}


def _identity(model: ModelSpec, environment: str, environ: Mapping[str, str]) -> identity.Identity:
    version, deployment_id = numbers.injected(environ, environment)
    return identity.Identity(
        namespace=model.namespace,
        model_name=model.name,
        model_version=numbers.first(version, model.version),
        deployment_id=numbers.first(deployment_id),
        environment=environment,
        metric_namespace=model.metric_namespace or identity.metric_namespace(model.namespace),
    )


def _dashboard(raw: dict[str, Any], model: ModelSpec, metrics: tuple[MetricSpec, ...]) -> DashboardSpec:
    declared = convert(raw.get("dashboard", {}), DashboardSpec, ("dashboard",))
    widgets = declared.widget or default_widgets(
        has_confidence=model.confidence_scale is not None,
        custom_metrics=tuple(metric.name for metric in metrics),
        parts=raw.keys(),
    )
    return msgspec.structs.replace(declared, title=declared.title or model.name, widget=widgets)
