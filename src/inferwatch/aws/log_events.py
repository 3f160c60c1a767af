"""Events of a log group that hold given words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import boto3

from inferwatch.aws.embedded import LogEvent
from inferwatch.aws.explained import explained

PAGES = 20
"""A page may be empty and still not be the last, so the search ends somewhere."""


def holding(
    session: boto3.Session, log_group: str, words: Sequence[str], start_ms: int, *, at_most: int = 100
) -> list[LogEvent]:
    """The events since `start_ms` that hold any of `words`, oldest first. Raises AwsError.

    words: with none of them, all events; a word may have no quotation mark.
    """
    pattern = " ".join(f'?"{word}"' for word in words) if len(words) > 1 else "".join(f'"{word}"' for word in words)
    pages = session.client("logs").get_paginator("filter_log_events")
    found: list[LogEvent] = []
    with explained(f"searching the log group {log_group}"):
        asked = pages.paginate(logGroupName=log_group, filterPattern=pattern, startTime=start_ms)
        for number, page in enumerate(asked):
            # What stands in for CloudWatch in tests knows no such patterns and gives all events.
            found += [_event(said) for said in page["events"] if not words or any(w in said["message"] for w in words)]
            if len(found) >= at_most or number >= PAGES:
                break
    return sorted(found, key=lambda event: event.at_ms)[:at_most]


def _event(said: dict[str, Any]) -> LogEvent:
    return LogEvent(said["timestamp"], said["ingestionTime"], said["message"], said["logStreamName"])
