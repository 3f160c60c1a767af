"""The rules of composite alarms: what is read, what is refused and where, and that rendering loses nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inferwatch.errors import MissingExtraError
from inferwatch.spec.composite_rule import (
    And,
    AtLeast,
    Constant,
    Not,
    Or,
    Rule,
    RuleError,
    State,
    alarms,
    elements,
    parse,
    render,
)

A, B, C = State("ALARM", "a"), State("OK", "b"), State("INSUFFICIENT_DATA", "c")

names = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="\\"), min_size=1, max_size=12)
state_names = st.sampled_from(["ALARM", "OK", "INSUFFICIENT_DATA"])


@st.composite
def at_leasts(draw: st.DrawFn) -> Rule:
    listed = draw(st.lists(names, min_size=1, max_size=4))
    percent = draw(st.booleans())
    least = draw(st.integers(1, 100 if percent else len(listed)))
    return AtLeast(
        least=least, percent=percent, negated=draw(st.booleans()), state=draw(state_names), alarms=tuple(listed)
    )


rules: st.SearchStrategy[Rule] = st.recursive(
    st.builds(State, state_names, names) | st.builds(Constant, st.booleans()) | at_leasts(),
    lambda below: (
        st.builds(Not, below)
        | st.builds(And, st.lists(below, min_size=2, max_size=4).map(tuple))
        | st.builds(Or, st.lists(below, min_size=2, max_size=4).map(tuple))
    ),
    max_leaves=12,
)


@given(rules)
def test_what_is_rendered_reads_as_the_same_rule(rule: Rule) -> None:
    assert parse(render(rule, str)) == rule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("ALARM(a)", A),
        ('ALARM ( "a" )', A),
        ("ALARM(a) AND OK(b) AND INSUFFICIENT_DATA(c)", And((A, B, C))),
        ("ALARM(a) OR OK(b) AND INSUFFICIENT_DATA(c)", Or((A, And((B, C))))),
        ("(ALARM(a) OR OK(b)) AND INSUFFICIENT_DATA(c)", And((Or((A, B)), C))),
        ("NOT ALARM(a) AND OK(b)", And((Not(A), B))),
        ("NOT(ALARM(a) AND OK(b))", Not(And((A, B)))),
        ("TRUE OR\n  NOT FALSE", Or((Constant(True), Not(Constant(False))))),
        ("AT_LEAST(2, ALARM, (a, b, c))", AtLeast(least=2, state="ALARM", alarms=("a", "b", "c"))),
        ("AT_LEAST(50%, NOT OK, (a))", AtLeast(least=50, percent=True, negated=True, state="OK", alarms=("a",))),
        (r'ALARM("say \"a, (b)\"")', State("ALARM", 'say "a, (b)"')),
        ("ALARM(NOT) OR OK(OR)", Or((State("ALARM", "NOT"), State("OK", "OR")))),
    ],
)
def test_rules_are_read(text: str, rule: Rule) -> None:
    assert parse(text) == rule


@pytest.mark.parametrize(
    ("text", "position", "problem"),
    [
        ("", 0, "the end cannot stand here; expected ALARM, OK or INSUFFICIENT_DATA, AT_LEAST, TRUE"),
        ("ALARM(a) AMD OK(b)", 9, "'AMD OK(b)' cannot stand here; expected AND, OR, the end"),
        ("ALARM(a", 7, "the end cannot stand here; expected ')'"),
        ("ALARM(a b)", 8, "'b)' cannot stand here; expected ')'"),
        ("alarm(a)", 0, "'alarm(a)' cannot stand here"),
        (r'ALARM("a\b")', 6, "expected an alarm's name, a name in quotation marks"),
        ("AT_LEAST(3, ALARM, (a, b))", 9, "AT_LEAST 3 is out of range; allowed are 1 to 2"),
        ("AT_LEAST(101%, ALARM, (a, b))", 9, "AT_LEAST 101% is out of range; allowed are 1 to 100"),
        ("AT_LEAST(1" + "0" * 5000 + ", ALARM, (a))", 18, "cannot stand here; expected '%', ','"),
        ("NOT " * 2000 + "TRUE", 0, "is nested more than 50 levels deep"),
        ("(" * 5000, 5000, "the end cannot stand here"),
    ],
)
def test_what_cannot_be_read_says_where(text: str, position: int, problem: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse(text)
    assert caught.value.position == position
    assert problem in caught.value.problem
    assert str(caught.value).startswith(f"at character {position + 1}: ")


PIECES = ["ALARM(", "a", '"', ")", "(", " AND ", "NOT ", ",", "AT_LEAST(", "%", "2", "\\", "é", "TRUE", " "]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_any_text_is_read_or_refused_at_a_place_in_it(text: str) -> None:
    try:
        rule = parse(text)
    except RuleError as refused:
        position = refused.position
    else:
        assert parse(render(rule, str)) == rule
        position = 0
    assert 0 <= position <= len(text)


def test_names_are_given_as_cloudwatch_has_them() -> None:
    rule = parse("NOT (ALARM(a) OR AT_LEAST(1, OK, (b, a)))")
    assert render(rule, lambda name: f'x-{name}"') == r'(NOT (ALARM("x-a\"") OR AT_LEAST(1, OK, ("x-b\"", "x-a\""))))'
    assert alarms(rule) == ("a", "b")


def test_elements_are_alarms_constants_and_brackets_that_group() -> None:
    assert elements(parse("ALARM(a)")) == 1
    assert elements(parse("((ALARM(a) OR ((TRUE))))")) == 4
    assert elements(parse("NOT AT_LEAST(1, OK, (b, a))")) == 4


def test_without_lark_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lark", None)
    monkeypatch.delitem(sys.modules, "inferwatch.spec.composite_grammar", raising=False)
    monkeypatch.delattr("inferwatch.spec.composite_grammar", raising=False)
    with pytest.raises(MissingExtraError, match=r"the rule of a composite alarm needs the 'local' extra"):
        parse("ALARM(a)")


def test_a_rule_alone_does_not_load_lark() -> None:
    program = "import sys, inferwatch.spec.composite_rule, inferwatch.spec.load; print('lark' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
