"""What is in a log group of MiniStack."""

from __future__ import annotations

import json
from typing import Any

from ministack_process import MiniStack


def messages(ministack: MiniStack, log_group: str) -> list[str]:
    """The messages of all log events, oldest first."""
    pages = ministack.client("logs").get_paginator("filter_log_events").paginate(logGroupName=log_group)
    return [event["message"] for page in pages for event in page["events"]]


def json_lines(ministack: MiniStack, log_group: str) -> list[str]:
    """The messages that are JSON: MiniStack writes the runtime's own lines as text, whatever the log format is."""
    return [message for message in messages(ministack, log_group) if message.startswith("{")]


def records(ministack: MiniStack, log_group: str) -> dict[str, dict[str, Any]]:
    """The records, by transaction id."""
    found = [json.loads(line) for line in json_lines(ministack, log_group)]
    return {record["transaction_id"]: record for record in found}
