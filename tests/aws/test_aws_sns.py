"""What SNS sends on: to a chat, by e-mail, as a text message."""

from __future__ import annotations

import json
from typing import Any

import pytest
from notify_examples import a_notification, a_transition

from inferwatch.aws.notifications.message import (
    DESCRIPTION_MAX,
    SMS_MAX,
    TITLE_MAX,
    custom_notification,
    messages,
    subject,
)


def content(**changes: Any) -> dict[str, str]:
    sent = custom_notification(a_notification(**changes))
    assert (sent["version"], sent["source"]) == ("1.0", "custom")
    said: dict[str, str] = sent["content"]
    return said


def test_the_chat_is_told_by_a_custom_notification_of_amazon_q() -> None:
    said = content()
    assert said["title"] == "ALARM: Low-Probability-Alarm, digits 3 (dev)"
    assert said["description"].splitlines() == [
        "Average of PredictionProbability is 0.41, threshold: less than 0.45",
        "The model is unsure.",
        "ALARM since 2026-11-21 12:00:00 UTC, before: OK",
        "/demo/vision/digits, version 3, dev",
        "t1: succeeded, 12.5 ms, confidence 0.31, prediction 7",
        "t2: failed, ValueError: a \u2039 b & c",
        "Threshold Crossed: 1 datapoint",
        "Runbook: https://example.com/runbook?a=1&b=2",
        "Page: http://127.0.0.1:8000/?alarm=Low-Probability-Alarm&at=1",
    ]


def test_nobody_is_called_by_what_a_model_says() -> None:
    said = content(transition=a_transition(alarm="<!channel>"), description="see <https://evil.example|this>")
    assert "<" not in said["title"] + said["description"]


@pytest.mark.parametrize("length", [TITLE_MAX, 100_000])
def test_a_chat_message_stays_within_its_limits(length: int) -> None:
    records = tuple({"transaction_id": f"t{n}", "status": "x" * 900} for n in range(20))
    said = content(transition=a_transition(alarm="a" * length), records=records)
    assert len(said["title"]) == TITLE_MAX
    assert len(said["description"]) == DESCRIPTION_MAX


def test_an_email_is_plain_words_and_a_text_message_is_short() -> None:
    sent = messages(a_notification(description="word " * 300))
    assert sent["email"].startswith("ALARM: Low-Probability-Alarm, digits 3 (dev)\n\nAverage of")
    assert "{" not in sent["email"]
    assert len(messages(a_notification(transition=a_transition(alarm="a" * 999)))["sms"]) == SMS_MAX
    assert json.loads(sent["default"])["source"] == "custom"


def test_many_transitions_are_told_by_their_first_and_a_count() -> None:
    said = content(also=tuple(a_transition(alarm=f"a{n}") for n in range(25)))
    assert "and 25 more" in said["title"]
    assert "ALARM: a19\nand 5 more" in said["description"]


def test_a_subject_is_what_sns_takes_for_one() -> None:
    named = subject(a_notification(transition=a_transition(alarm="ü" * 200)))
    assert named.isascii()
    assert named.isprintable()
    assert len(named) == 99
