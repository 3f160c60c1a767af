"""Composite alarms in a spec: what is refused, and under which key."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from inferwatch.errors import SpecError
from inferwatch.spec import load_spec
from inferwatch.spec.composite_rule import CHILDREN_MAX, Constant, children_first, parse
from inferwatch.spec.monitor_spec import MonitorSpec

MODEL = '[model]\nnamespace = "/abc_corp/claim"\nname = "doc_classification"\n'
SLOW, ERRORS = "High-Latency-Alarm", "Inference-Error-Alarm"


def load(folder: Path, text: str) -> MonitorSpec:
    (folder / "inferwatch.toml").write_text(MODEL + text)
    return load_spec(folder, environ={})


def composite(name: str, rule: str, more: str = "") -> str:
    return f"[[composite_alarm]]\nname = '{name}'\nrule = '''{rule}'''\n{more}"


def fault(folder: Path, text: str) -> tuple[str, str]:
    with pytest.raises(SpecError) as caught:
        load(folder, text)
    return caught.value.key, caught.value.problem


def test_a_composite_may_name_alarms_and_composites_in_any_order(tmp_path: Path) -> None:
    text = composite("outer", "ALARM(inner) OR ALARM(mine)") + composite("inner", f"ALARM({SLOW}) AND NOT OK({ERRORS})")
    text += '[[alarm]]\nname = "mine"\nmetric = "LatencyMs"\ncomparison = "GreaterThanThreshold"\nthreshold = 1\n'
    assert [alarm.name for alarm in load(tmp_path, text).composite_alarms] == ["outer", "inner"]


def test_a_rule_that_does_not_read_says_where(tmp_path: Path) -> None:
    key, problem = fault(tmp_path, composite("page me", f"ALARM({SLOW}) AMD OK({ERRORS})"))
    assert key == "composite_alarm[page me].rule"
    assert problem.startswith("at character 27: 'AMD OK(Infer' cannot stand here; expected AND, OR")


def test_an_unknown_alarm_is_named_with_the_nearest(tmp_path: Path) -> None:
    key, problem = fault(tmp_path, composite("both", "ALARM(High-Latency)"))
    assert key == "composite_alarm[both].rule"
    assert problem.startswith("there is no alarm 'High-Latency'; it may name High-Latency-Alarm, Inference-Error-Alarm")
    assert problem.endswith("; did you mean 'High-Latency-Alarm'?")


def test_cycles_are_told_in_full(tmp_path: Path) -> None:
    key, problem = fault(tmp_path, composite("a", "OK(b)") + composite("b", "OK(c)") + composite("c", "NOT OK(a)"))
    assert (key, problem) == (
        "composite_alarm[a].rule",
        "no composite alarm may depend on itself: 'a' names 'b' names 'c' names 'a'",
    )
    assert fault(tmp_path, composite("a", "OK(a)"))[1].endswith("'a' names 'a'")


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("TRUE" + " " * 10_240, "is 10244 characters long; at most 10240 are allowed"),
        (" OR ".join(["TRUE"] * 499), "has 501 alarms, constants and brackets; CloudWatch allows 500"),
    ],
)
def test_cloudwatchs_limits(rule: str, problem: str, tmp_path: Path) -> None:
    assert fault(tmp_path, composite("big", rule)) == ("composite_alarm[big].rule", problem)


def test_at_most_a_hundred_children(tmp_path: Path) -> None:
    many = "".join(composite(f"c{number}", "TRUE") for number in range(CHILDREN_MAX + 1))
    names = ", ".join(f"c{number}" for number in range(CHILDREN_MAX + 1))
    rule = f"AT_LEAST(2, ALARM, ({names}))"
    assert fault(tmp_path, many + composite("all", rule))[1] == "has 101 alarms; CloudWatch allows 100"


def test_names_are_unique_among_all_alarms_and_printable(tmp_path: Path) -> None:
    assert fault(tmp_path, composite(SLOW, "TRUE")) == (
        f"composite_alarm[{SLOW}]",
        "stands twice; each name stands once",
    )
    assert fault(tmp_path, composite("é", "TRUE"))[0] == "composite_alarm[é].name"


def test_targets_must_be_declared(tmp_path: Path) -> None:
    key, problem = fault(tmp_path, composite("a", "TRUE", 'notify = ["pager"]\n[notify.slack]\n'))
    assert (key, problem) == ("composite_alarm[a].notify", "there is no [notify.pager]; declared are slack")


def test_a_spec_without_composites_reads_no_rule(tmp_path: Path) -> None:
    (tmp_path / "inferwatch.toml").write_text(MODEL)
    program = f"import sys, inferwatch; inferwatch.load_spec({str(tmp_path)!r}); print('lark' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_children_come_first_and_always_in_the_same_order() -> None:
    rules = {"top": parse("OK(left) AND OK(right)"), "right": parse("OK(base)"), "left": parse("OK(base)")}
    rules["base"] = Constant(True)
    order = children_first(rules)
    assert (order[0], order[-1]) == ("base", "top")
    assert order == children_first(dict(rules))
