"""docs/reference/alarms.md against the code it describes."""

from __future__ import annotations

import re
from pathlib import Path

from inferwatch.alarms.timing import EXTRA_PERIODS
from inferwatch.alarms.values import Notification, Transition
from inferwatch.notify.delivery import ATTEMPTS_MAX, GROUP_FROM, retry_wait_s

PAGE = (Path(__file__).parents[2] / "docs/reference/alarms.md").read_text(encoding="utf-8")
BODY = PAGE.partition("## The body of a webhook")[2]


def test_every_member_of_a_webhooks_body_is_named_and_no_other() -> None:
    first_cells = [line.split("|")[1] for line in BODY.splitlines() if line.startswith("| `")]
    named = {name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)}
    assert named == {"v", "headline", "condition", *Notification.__struct_fields__}


def test_the_members_of_a_transition_are_named() -> None:
    assert "{" + ", ".join(Transition.__struct_fields__) + "}" in BODY


def test_the_figures_are_those_of_the_code() -> None:
    assert f"N + {EXTRA_PERIODS}" in PAGE
    waits = [retry_wait_s(attempts) or 0 for attempts in range(1, ATTEMPTS_MAX)]
    assert f"after {ATTEMPTS_MAX} attempts, {int(sum(waits) / 360) / 10} hours" in PAGE
    assert waits[:6] == [10, 30, 60, 5 * 60, 15 * 60, 30 * 60]
    assert {4: "four"}[GROUP_FROM] + " or more are due" in PAGE
