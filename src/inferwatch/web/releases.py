"""Versions and deployments of the model: what is current, and when another became so."""

from __future__ import annotations

from typing import Any

from inferwatch.errors import QueryError
from inferwatch.query.predicate import Field
from inferwatch.query.question import Question, Stat
from inferwatch.registry.records import Change
from inferwatch.web.sources import Sources

_VERSION = Field(("model_version",))
MOST_VERSIONS = 1000


def changes_view(sources: Sources, limit: int) -> dict[str, Any]:
    """The newest changes, newest first; and what is current: version and deployment, of the spec where no registry
    has a deployment of this environment."""
    environment, identity = sources.spec.identity.environment, sources.spec.identity
    changes = [change for change in sources.changes() if change.environment == environment]
    versions = {each.deployment_id: each.model_version for each in sources.deployments()}
    versions |= {change.deployment_id: change.model_version for change in changes}
    newest = max(changes, key=lambda change: change.at_ms, default=None)
    current = (
        {"model_version": newest.model_version, "deployment_id": newest.deployment_id, "since": newest.at_ms}
        if newest
        else {"model_version": identity.model_version, "deployment_id": identity.deployment_id, "since": None}
    )
    return {"changes": [_change(change, versions) for change in changes[:limit]], "current": current}


def _change(change: Change, versions: dict[int, int]) -> dict[str, Any]:
    """before: what was current until then, None for the first."""
    before = change.before
    return {
        "at": change.at_ms,
        "model_version": change.model_version,
        "deployment_id": change.deployment_id,
        "before": None if before is None else {"deployment_id": before, "model_version": versions.get(before)},
        "why": change.why,
        "by": change.by,
    }


def versions_view(sources: Sources, start_ms: int, end_ms: int) -> list[dict[str, Any]]:
    """The versions of the registry and those that had traffic in [start_ms, end_ms), newest first.

    records: how many inferences, None where asking would cost money.
    """
    counts = _counts(sources, start_ms, end_ms)
    registered = {str(each.model_version): each for each in sources.versions()}
    known = registered.keys() | counts.keys()
    if sources.billed:
        known |= {str(sources.spec.identity.model_version)}
    return [
        {
            "model_version": name,
            "description": registered[name].description if name in registered else "",
            "create_at": registered[name].create_at if name in registered else None,
            "created_by": registered[name].created_by if name in registered else None,
            "metrics": registered[name].metrics if name in registered else {},
            "records": None if sources.billed else counts.get(name, 0),
        }
        for name in sorted(known, key=_by_number, reverse=True)
    ]


def _counts(sources: Sources, start_ms: int, end_ms: int) -> dict[str, int]:
    if sources.billed:
        return {}
    identity = sources.spec.identity
    question = Question(
        start_ms=start_ms,
        end_ms=end_ms,
        node=identity.log_group,
        environment=identity.environment,
        by=(_VERSION,),
        stats=(Stat("count", None, None, "count"),),
        limit=MOST_VERSIONS,
    )
    try:
        rows = sources.ask(question).rows
    except QueryError:  # a source that cannot be asked knows its registry all the same
        return {}
    return {str(row["model_version"]): row["count"] for row in rows if row["model_version"] is not None}


def _by_number(version: str) -> tuple[int, int, str]:
    """Numbers by their size, after texts."""
    return (1, int(version), "") if version.isascii() and version.isdigit() else (0, 0, version)
