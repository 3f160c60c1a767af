"""Whose alarms and notifications: a log group and an environment, since names are unique only within them."""

from __future__ import annotations

from inferwatch.spec.monitor_spec import MonitorSpec


def scope(spec: MonitorSpec) -> str:
    """`/abc_corp/claim/doc_classification:prod`; a log group's name has no colon."""
    return f"{spec.identity.log_group}:{spec.identity.environment}"


def members(scope: str) -> dict[str, str]:
    """The log group and the environment that `scope` was made of, by name."""
    log_group, _, environment = scope.partition(":")
    return {"log_group": log_group, "environment": environment}
