"""Metrics out of `platform.report`: what the runtime measured of an invocation."""

from __future__ import annotations

from typing import Any, Final

from inferwatch.spec import record as names
from inferwatch.store.streams.emf import Dimensions, Sample, SeriesKey, dimensions
from inferwatch.store.streams.platform import metric

MEASURED: Final = {
    "initDurationMs": names.INIT_DURATION_MS,
    "maxMemoryUsedMB": names.MAX_MEMORY_USED_MB,
    "billedDurationMs": names.BILLED_DURATION_MS,
}


def samples(identity: dict[str, Any], report: dict[str, Any]) -> list[Sample]:
    """One sample for each measured value and dimension set of the model."""
    namespace = str(identity.get("metric_namespace"))
    found = []
    for member, name in MEASURED.items():
        value = metric(report, member)
        if value is not None:
            unit = names.BUILT_IN_UNITS[name]
            found += [Sample(SeriesKey(namespace, name, pairs), unit, (value,)) for pairs in _dimension_sets(identity)]
    return found


def error(identity: dict[str, Any]) -> list[Sample]:
    """What an invocation adds whose end is no transaction's: one error for each dimension set, as Lambda counts one."""
    namespace, name = str(identity.get("metric_namespace")), names.ERROR_COUNT
    return [
        Sample(SeriesKey(namespace, name, pairs), names.BUILT_IN_UNITS[name], (1.0,))
        for pairs in _dimension_sets(identity)
    ]


def _dimension_sets(identity: dict[str, Any]) -> list[Dimensions]:
    default = {name: str(identity.get(name)) for name in names.DIMENSIONS}
    sets = [dimensions(default)]
    if identity.get("by_version"):
        sets.append(dimensions({**default, names.VERSION_DIMENSION: str(identity.get("model_version"))}))
    return sets
