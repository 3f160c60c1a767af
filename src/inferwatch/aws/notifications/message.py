"""A notification as SNS sends it on: to a chat by Amazon Q Developer, as an e-mail, and as a text message. Pure.

Amazon Q Developer shows a custom notification of its own schema, and passes over anything else without a word. Its
limits: 250 characters of title, 8000 of description.
"""

from __future__ import annotations

import json
from typing import Any

from inferwatch.alarms.values import Notification
from inferwatch.alarms.wording import STATE_WORDS, condition, headline, instant, outcome

TITLE_MAX = 250
DESCRIPTION_MAX = 8000
SUBJECT_MAX = 100
SMS_MAX = 320
ALSO_MAX = 20
_LINE_MAX = 1000


def messages(notification: Notification) -> dict[str, str]:
    """The message for each protocol that differs; `default` is for all others, a chat's among them."""
    said = "\n".join(_lines(notification))
    return {
        "default": json.dumps(custom_notification(notification), ensure_ascii=False),
        "email": f"{headline(notification)}\n\n{said}\n",
        "sms": _clip(f"{headline(notification)}. {condition(notification)}", SMS_MAX),
    }


def custom_notification(notification: Notification) -> dict[str, Any]:
    """What Amazon Q Developer shows in Slack. A chat takes what stands in angle brackets for links and mentions."""
    description = "\n".join(_plain(line) for line in _lines(notification))
    return {
        "version": "1.0",
        "source": "custom",
        "content": {
            "title": _clip(_plain(headline(notification)), TITLE_MAX),
            "description": _clip(description, DESCRIPTION_MAX),
        },
    }


def subject(notification: Notification) -> str:
    """Of an e-mail: ASCII, on one line, 99 characters, as SNS wants it."""
    return headline(notification).encode("ascii", "replace").decode()[: SUBJECT_MAX - 1]


def _lines(notification: Notification) -> list[str]:
    told = notification.transition
    where = f"{notification.namespace.rstrip('/')}/{notification.model_name}"
    version = f"version {notification.model_version}, {notification.environment}"
    lines = [
        condition(notification),
        notification.description,
        f"{STATE_WORDS[told.state]} since {instant(told.at_ms)}, before: {STATE_WORDS[told.previous]}",
        f"{where}, {version}",
        *_also(notification),
        *(f"{record.get('transaction_id', '')}: {', '.join(outcome(record))}" for record in notification.records),
        told.reason,
        f"Runbook: {notification.runbook}" if notification.runbook else "",
        f"Page: {notification.link}" if notification.link else "",
        "This may have been delivered before." if notification.duplicate else "",
    ]
    return [_clip(" ".join(line.split()), _LINE_MAX) for line in lines if line]


def _also(notification: Notification) -> list[str]:
    more = notification.also
    lines = [f"{STATE_WORDS[told.state]}: {told.alarm}" for told in more[:ALSO_MAX]]
    return [*lines, f"and {len(more) - ALSO_MAX} more"] if len(more) > ALSO_MAX else lines


def _plain(line: str) -> str:
    return line.replace("<", "\u2039").replace(">", "\u203a")


def _clip(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
