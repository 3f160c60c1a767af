"""Whether somebody else numbers a model's versions and deployments: then the registry allots nothing."""

from __future__ import annotations

from collections.abc import Mapping

from inferwatch.spec import numbers
from inferwatch.spec.monitor_spec import MonitorSpec


def by_whom(spec: MonitorSpec, environ: Mapping[str, str]) -> str | None:
    """What gives the numbers, for messages; None where the registry does."""
    given = next((name for name in (numbers.EACH, numbers.VERSION, numbers.DEPLOYMENT_ID) if environ.get(name)), None)
    return given or ("model.version of the spec" if spec.model.version is not None else None)
