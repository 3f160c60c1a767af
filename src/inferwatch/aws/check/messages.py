"""The links of a queue: one message, from the queue to its record; and what lies in the dead-letter queue."""

from __future__ import annotations

from typing import Any

from inferwatch.aws.check.answers import LEEWAY_MS
from inferwatch.aws.patience import Patience
from inferwatch.aws.reading import log_events
from inferwatch.aws.resources import queue
from inferwatch.aws.resources.queue import Queue
from inferwatch.aws.site import Site
from inferwatch.finding import Finding
from inferwatch.spec import record

EVERY_S = 2.0
AT_MOST_MS = 90_000
"""Lambda asks an empty queue about every 20 s; the rest is a cold start, and the way to the log."""

ENABLED = "Enabled"


def followed(site: Site, body: str, patience: Patience, wait_ms: int) -> Finding:
    """Put a message into the queue and wait for what comes of it. Raises AwsError."""
    finding, there = _looked_at(site)
    if there is None:
        return finding
    sent_ms = patience.now_ms()
    message_id = queue.send(site.session, there.url, body)

    def look() -> dict[str, Any] | None:
        events = log_events.holding(site.session, site.names.log_group, (message_id,), sent_ms - LEEWAY_MS)
        return next((one.document for one in events if one.document.get("message_id") == message_id), None)

    found = patience.until(look, every_s=EVERY_S, at_most_ms=min(wait_ms, AT_MOST_MS))
    if found is None:
        return Finding("queue", "not yet", _waiting(site, message_id))
    return _told(site, found, message_id, (patience.now_ms() - sent_ms) / 1000)


def worked_on(site: Site) -> Finding:
    """Whether the queue is there, and something works on it. Raises AwsError."""
    return _looked_at(site)[0]


def dead_letters(site: Site) -> Finding:
    """Whether messages lie in the dead-letter queue. Raises AwsError."""
    name = site.names.dead_letters
    there = queue.find(site.session, name)
    if there is None:
        return Finding("dead letters", "wrong", f"there is no queue {name}: `inferwatch deploy` makes it")
    count = there.waiting + there.in_flight
    if not count:
        return Finding("dead letters", "ok", f"{name} is empty")
    says = f"{count} in {name}: `inferwatch dead-letters --aws` says why, and with --retry has them tried again"
    return Finding("dead letters", "warning", says)


def _looked_at(site: Site) -> tuple[Finding, Queue | None]:
    """The queue, None where no message of it would come to the function."""
    name, function = site.names.queue, f"{site.names.function}:{site.names.alias}"
    there = queue.find(site.session, name)
    if there is None:
        return Finding(
            "queue", "wrong", f"there is no queue {name} in {site.where}: `inferwatch deploy` makes it"
        ), None
    found = queue.consumer(site, there)
    if found is None:
        says = f"nothing hands the messages of {name} to {function}: `inferwatch deploy` sets it"
        return Finding("queue", "wrong", says), None
    if found.state != ENABLED:
        says = f"what hands the messages of {name} to {function} is {found.state}: `inferwatch deploy` sets it"
        return Finding("queue", "wrong", says), None
    says = f"{function} works on {name}, where {there.waiting} wait"
    if found.result.startswith("PROBLEM"):
        return Finding("queue", "wrong", f"{says}; but Lambda says of its last round: {found.result}"), None
    return Finding("queue", "ok", says), there


def _told(site: Site, found: dict[str, Any], message_id: str, seconds: float) -> Finding:
    """By the first line of the message."""
    error = found.get("error")
    why = f": {error.get('type')}: {error.get('message')}" if isinstance(error, dict) else ""
    if found.get("type") == record.ATTEMPT_TYPE:
        what = "was refused" if found.get("status") == record.REJECTED else "failed at its first try"
        return Finding("queue", "wrong", f"message {message_id} {what}{why}; give one that the model takes with --body")
    status = str(found.get("status"))
    says = f"message {message_id} left a record in {site.names.log_group} after {seconds:.0f} s, {status}{why}"
    return Finding("queue", "ok" if status == record.SUCCEEDED else "wrong", says)


def _waiting(site: Site, message_id: str) -> str:
    there = queue.find(site.session, site.names.queue)
    depth = f"; {there.waiting} wait in {there.name}, {there.in_flight} are being tried" if there else ""
    return f"message {message_id} left no line in {site.names.log_group} so far{depth}"
