"""Events of a log group, by what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import boto3

from inferwatch.aws.explained import explained
from inferwatch.aws.reading.embedded import LogEvent

PAGES = 20
"""A page may be empty and still not be the last, so the search ends somewhere."""


def holding(
    session: boto3.Session, log_group: str, words: Sequence[str], start_ms: int, *, at_most: int = 100
) -> list[LogEvent]:
    """The events since `start_ms` that hold any of `words`, oldest first. Raises AwsError.

    words: at least one; whole ones, without a quotation mark.
    """
    pattern = " ".join(f'?"{word}"' for word in words) if len(words) > 1 else f'"{words[0]}"'
    found = matching(session, log_group, pattern, start_ms, at_most=at_most)
    # What stands in for CloudWatch in tests knows no such patterns and gives all events.
    return [event for event in found if any(word in event.message for word in words)]


def matching(
    session: boto3.Session, log_group: str, pattern: str, start_ms: int, *, at_most: int = 100
) -> list[LogEvent]:
    """The events since `start_ms` that match a filter pattern, oldest first. Raises AwsError."""
    pages = session.client("logs").get_paginator("filter_log_events")
    found: list[LogEvent] = []
    with explained(f"searching the log group {log_group}"):
        asked = pages.paginate(logGroupName=log_group, filterPattern=pattern, startTime=start_ms)
        for number, page in enumerate(asked):
            found += map(_event, page["events"])
            if len(found) >= at_most or number >= PAGES:
                break
    return sorted(found, key=lambda event: event.at_ms)[:at_most]


def _event(said: dict[str, Any]) -> LogEvent:
    return LogEvent(said["timestamp"], said["ingestionTime"], said["message"], said["logStreamName"])
