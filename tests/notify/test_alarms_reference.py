"""docs/reference/alarms.md against the code it describes."""

from __future__ import annotations

import re
from pathlib import Path

from inferwatch.alarms.timing import EXTRA_PERIODS
from inferwatch.alarms.values import AlarmState, Notification, Transition
from inferwatch.notify.delivery import ATTEMPTS_MAX, GROUP_FROM, retry_wait_s
from inferwatch.spec import load_spec
from inferwatch.spec.composite_rule import CHILDREN_MAX, DEPTH_MAX, ELEMENTS_MAX, LENGTH_MAX, parse

PAGE = (Path(__file__).parents[2] / "docs/reference/alarms.md").read_text(encoding="utf-8")
BODY = PAGE.partition("## The body of a webhook")[2]


def test_every_member_of_a_webhooks_body_is_named_and_no_other() -> None:
    first_cells = [line.split("|")[1] for line in BODY.splitlines() if line.startswith("| `")]
    named = {name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)}
    assert named == {"v", "headline", "condition", *Notification.__struct_fields__}


def test_the_members_of_a_transition_and_of_a_state_are_named() -> None:
    assert "{" + ", ".join(Transition.__struct_fields__) + "}" in BODY
    assert "[{" + ", ".join(AlarmState.__struct_fields__) + "}]" in BODY


def test_the_limits_of_composite_alarms_and_their_example_hold(tmp_path: Path) -> None:
    for figure in (
        f"{CHILDREN_MAX} alarms",
        f"{ELEMENTS_MAX} elements",
        f"{LENGTH_MAX:,} characters",
        f"than {DEPTH_MAX}",
    ):
        assert figure in PAGE
    example = re.findall(r"```toml\n(.*?)```", PAGE, re.S)[0]
    (tmp_path / "inferwatch.toml").write_text('[model]\nnamespace = "/a"\nname = "b"\n' + example)
    (composite,) = load_spec(tmp_path, environ={}).composite_alarms
    assert composite.name == "Page-Somebody"


def test_every_function_of_a_rule_reads_as_documented() -> None:
    section = PAGE.partition("## Composite alarms")[2].partition("\n## ")[0]
    rules = re.findall(r"`((?:ALARM|OK|INSUFFICIENT_DATA|AT_LEAST)\(.*?\)|TRUE|FALSE)`", section)
    assert len(rules) == 7
    for rule in rules:
        assert parse(rule)


def test_the_figures_are_those_of_the_code() -> None:
    assert f"N + {EXTRA_PERIODS}" in PAGE
    waits = [retry_wait_s(attempts) or 0 for attempts in range(1, ATTEMPTS_MAX)]
    assert f"after {ATTEMPTS_MAX} attempts, {int(sum(waits) / 360) / 10} hours" in PAGE
    assert waits[:6] == [10, 30, 60, 5 * 60, 15 * 60, 30 * 60]
    assert {4: "four"}[GROUP_FROM] + " or more are due" in PAGE
