"""The links in CloudWatch Logs: the record of each request, and the runtime's report of each invocation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from inferwatch.aws.check.answers import Answered
from inferwatch.aws.patience import Patience
from inferwatch.aws.reading import log_events
from inferwatch.aws.reading.embedded import LogEvent, faults
from inferwatch.aws.resources import function
from inferwatch.aws.site import Site
from inferwatch.finding import Finding

EVERY_S = 2.0
AT_MOST_MS = 60_000
"""CloudWatch Logs shows a line mostly within 10 seconds."""

FAILURES = '{ $.type = "platform.*" || $.errorMessage = "*" }'
"""What the runtime says of an environment that died, and of one that did not begin."""


class Recorded(NamedTuple):
    """request_ids: of the invocations, by Lambda; embedded: whether CloudWatch can make metrics of every record."""

    request_ids: tuple[str, ...]
    embedded: bool


def records(site: Site, answered: Answered, patience: Patience, wait_ms: int) -> tuple[Finding, Recorded | None]:
    """Wait for the records and look into them. Raises AwsError."""
    wanted = answered.transaction_ids
    if not wanted:
        return _unrecorded(site, answered), None

    def holding() -> list[LogEvent]:
        return log_events.holding(site.session, site.names.log_group, wanted, answered.start_ms)

    def look() -> list[LogEvent] | None:
        found = [event for event in holding() if event.document.get("transaction_id") in wanted]
        return found if len(found) >= len(wanted) else None

    found = patience.until(look, every_s=EVERY_S, at_most_ms=min(wait_ms, AT_MOST_MS)) or holding()
    if not found:
        return _not_there(site), None
    wrong = [fault for event in found for fault in faults(event, site.spec)]
    documents = [event.document for event in found]
    request_ids = tuple(str(document["request_id"]) for document in documents if document.get("request_id"))
    seen = Recorded(request_ids, not wrong)
    if wrong:
        says = f"{len(found)} lines of the requests are in {site.names.log_group}, but of one {wrong[0]}"
        return Finding("log", "wrong", says), seen
    if len(found) < len(wanted):
        says = f"{len(found)} of {len(wanted)} records are in {site.names.log_group} so far"
        return Finding("log", "not yet", says), seen
    return Finding("log", "ok", f"{len(found)} records in {site.names.log_group}, {_statuses(documents)}"), seen


def reports(site: Site, answered: Answered, recorded: Recorded, patience: Patience, wait_ms: int) -> Finding:
    """Wait for the runtime's reports, from which memory and init time are read. Raises AwsError."""
    wanted = set(recorded.request_ids)

    def look() -> list[dict[str, Any]] | None:
        events = log_events.holding(site.session, site.names.log_group, recorded.request_ids, answered.start_ms)
        said = [event.document["record"] for event in events if event.document.get("type") == "platform.report"]
        found = [one for one in said if one.get("requestId") in wanted]
        return found if len(found) >= len(wanted) else None

    found = patience.until(look, every_s=EVERY_S, at_most_ms=min(wait_ms, AT_MOST_MS)) if wanted else []
    if found:
        used = max(one["metrics"]["maxMemoryUsedMB"] for one in found)
        return Finding("report", "ok", f"at most {used} MB of {site.spec.function.memory} MB used")
    if not wanted:
        return Finding("report", "wrong", "the records have no request_id: not InferWatch's handler?")
    there = function.find(site.session, site.names.function, site.names.alias)
    if there is not None and (problem := function.format_problem(there)):
        return Finding("report", "wrong", problem)
    return Finding("report", "not yet", "no platform.report of these invocations so far; is the system log level INFO?")


def _unrecorded(site: Site, answered: Answered) -> Finding:
    """No request came to a record: what the function's environments said meanwhile."""
    since = log_events.matching(site.session, site.names.log_group, FAILURES, answered.start_ms)
    if (told := _failure(since)) is not None:
        return Finding("log", "wrong", f"no record, since the function failed: {told}")
    return Finding(
        "log", "not yet", f"no request came to a record; {site.names.log_group} has no error of the function"
    )


def _failure(events: Sequence[LogEvent]) -> str | None:
    """Why an environment failed, in the runtime's words."""
    for event in reversed(events):
        document = event.document
        if (message := document.get("errorMessage")) is not None:
            return f"{document.get('errorType', 'an error')}: {message}"
        record = document.get("record")
        if isinstance(record, dict) and record.get("status", "success") != "success":
            return f"{document.get('type')} says {record['status']} {record.get('errorType', '')}".strip()
    return None


def _not_there(site: Site) -> Finding:
    """Why the records are not in the log group, as far as it can be known."""
    there = function.find(site.session, site.names.function, site.names.alias)
    if problem := function.place_problem(site, there):
        return Finding("log", "wrong", problem)
    says = "`inferwatch doctor --aws` says whether the function may write there"
    return Finding("log", "not yet", f"no record in {site.names.log_group} so far; {says}")


def _statuses(documents: Sequence[dict[str, Any]]) -> str:
    statuses = sorted({str(document.get("status")) for document in documents})
    errors = [document["error"] for document in documents if isinstance(document.get("error"), dict)]
    why = f" ({errors[0].get('type')}: {errors[0].get('message')})" if errors else ""
    return f"status {', '.join(statuses)}{why}, their metrics embedded"
