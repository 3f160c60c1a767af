"""The demo's reckoning: what was sent against what was recorded, and whether the story's alarms came and went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from inferwatch.alarms.values import ALARM, OK, Transition
from inferwatch.cli.demo.sender import Tally
from inferwatch.cli.demo.story import STORY_ALARMS

REFUSED_CODES = (413, 429)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one run. problems: why it is not as it should be, in words; empty where all is well."""

    sent: int
    answered: dict[str, int]
    refused: int
    recorded: int
    by_status: dict[str, int]
    missing: int
    doubled: int
    transitions: list[dict[str, Any]]
    notifications: dict[str, int]
    messages_at_webhook: int
    first_chart_seconds: float | None
    problems: list[str]
    ok: bool


def reckon(
    tally: Tally,
    records: Iterable[Mapping[str, Any]],
    transitions: Sequence[Transition],
    notifications: Mapping[str, int],
    messages: int,
    first_chart_seconds: float | None,
) -> Account:
    """Settle the run. records: without the seeded ones; transitions: oldest first; notifications: how many by state."""
    recorded = list(records)
    copies = Counter(record["request_id"] for record in recorded)
    begun = set(tally.request_ids)
    missing = len(begun - copies.keys())
    doubled = sum(count - 1 for count in copies.values())
    by_status = Counter(record["status"] for record in recorded)
    problems = _record_problems(tally, missing, doubled) + _alarm_problems(transitions)
    if set(notifications) - {"delivered"}:
        problems.append(f"notifications not delivered: {dict(notifications)}")
    return Account(
        sent=tally.sent,
        answered={str(code): count for code, count in sorted(tally.by_code.items())},
        refused=sum(tally.by_code[code] for code in REFUSED_CODES),
        recorded=len(recorded),
        by_status=dict(sorted(by_status.items())),
        missing=missing,
        doubled=doubled,
        transitions=[msgspec.to_builtins(transition) for transition in transitions],
        notifications=dict(notifications),
        messages_at_webhook=messages,
        first_chart_seconds=first_chart_seconds,
        problems=problems,
        ok=not problems,
    )


def _record_problems(tally: Tally, missing: int, doubled: int) -> list[str]:
    problems = []
    if tally.unanswered:
        problems.append(f"{tally.unanswered} requests got no answer")
    if missing:
        problems.append(f"{missing} invocations are not in the store")
    if doubled:
        problems.append(f"{doubled} records stand more than once")
    return problems


def _alarm_problems(transitions: Sequence[Transition]) -> list[str]:
    problems = []
    for alarm in STORY_ALARMS:
        states = [t.state for t in transitions if t.alarm == alarm]
        if ALARM not in states:
            problems.append(f"{alarm} did not go to ALARM")
        elif states[-1] != OK:
            problems.append(f"{alarm} did not return to OK")
    return problems
