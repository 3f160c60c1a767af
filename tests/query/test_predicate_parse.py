from __future__ import annotations

import sys
from typing import Any

import pytest
import query_cases
from hypothesis import example, given
from hypothesis import strategies as st

from inferwatch.errors import PredicateError
from inferwatch.query.normal import normal
from inferwatch.query.parse import parse, parse_field
from inferwatch.query.parsing.syntax import DEPTH_MAX
from inferwatch.query.parsing.words import LENGTH_MAX, STEPS_MAX
from inferwatch.query.predicate import (
    And,
    Compare,
    Field,
    Like,
    Missing,
    Not,
    OneOf,
    Or,
    Predicate,
    Wildcard,
)
from inferwatch.query.spelling import spelled

ELAPSE, STATUS, COLD = Field(("elapse",)), Field(("status",)), Field(("cold_start",))
ANY, ONE = Wildcard("%"), Wildcard("_")


def field(*path: str | int) -> Field:
    return Field(path)


def fault(text: str, **known: Any) -> PredicateError:
    with pytest.raises(PredicateError) as caught:
        parse(text, **known)
    return caught.value


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("elapse >= 3000", Compare(ELAPSE, ">=", 3000)),
        ("elapse>=3000", Compare(ELAPSE, ">=", 3000)),
        ("3000 <= elapse", Compare(ELAPSE, ">=", 3000)),
        ("3000 > elapse", Compare(ELAPSE, "<", 3000)),
        ("'failed' = status", Compare(STATUS, "=", "failed")),
        ("elapse = 3.50", Compare(ELAPSE, "=", 3.5)),
        ("elapse = 3.0", Compare(ELAPSE, "=", 3)),
        ("elapse = 3e3", Compare(ELAPSE, "=", 3000)),
        ("elapse > -1.5E-3", Compare(ELAPSE, ">", -0.0015)),
        ("elapse = -0", Compare(ELAPSE, "=", 0)),
        ("elapse = 1e300", Compare(ELAPSE, "=", 1e300)),
        ("elapse == 1", Compare(ELAPSE, "=", 1)),
        ("elapse <> 1", Compare(ELAPSE, "!=", 1)),
        ("cold_start", Compare(COLD, "=", True)),
        ("cold_start IS TRUE", Compare(COLD, "=", True)),
        ("cold_start is false", Compare(COLD, "=", False)),
        ("true = cold_start", Compare(COLD, "=", True)),
        ("NOT cold_start", Not(Compare(COLD, "=", True))),
        ("status IN ('a', 'b')", OneOf(STATUS, ("a", "b"))),
        ("status NOT IN ('a')", OneOf(STATUS, ("a",), negated=True)),
        ("NOT status IN ('a')", OneOf(STATUS, ("a",), negated=True)),
        ("status IN ('a', 'b', 'a')", OneOf(STATUS, ("a", "b"))),
        ("elapse IN (1, 1.0, 2)", OneOf(ELAPSE, (1, 2))),
        ("confidence IS NULL", Missing(field("confidence"))),
        ("confidence IS NOT NULL", Missing(field("confidence"), negated=True)),
        ("status LIKE 'a%b_'", Like(STATUS, ("a", ANY, "b", ONE))),
        ("status LIKE ''", Like(STATUS, ())),
        ("status LIKE '%%a%%'", Like(STATUS, (ANY, "a", ANY))),
        ("status NOT LIKE 'a'", Like(STATUS, ("a",), negated=True)),
        ("status ILIKE 'a'", Like(STATUS, ("a",), any_case=True)),
        ("status NOT ILIKE '日%'", Like(STATUS, ("日", ANY), any_case=True, negated=True)),
        (r"status LIKE 'a\%'", Like(STATUS, ("a\\", ANY))),
        (r"status LIKE 'a\%' ESCAPE '\'", Like(STATUS, ("a%",))),
        ("status NOT LIKE 'x!_!!%' ESCAPE '!'", Like(STATUS, ("x_!", ANY), negated=True)),
        ("status LIKE 'x%%' ESCAPE '%'", Like(STATUS, ("x%",))),
        ("status = 'it''s'", Compare(STATUS, "=", "it's")),
        ("status = ''", Compare(STATUS, "=", "")),
        ("status = 'a;--/*b\"'", Compare(STATUS, "=", 'a;--/*b"')),
        ("status = 'a\nb'", Compare(STATUS, "=", "a\nb")),
        ("start_at = '2026-11-21'", Compare(field("start_at"), "=", "2026-11-21T00:00:00.000Z")),
        ("start_at < '2026-11-21 10:30+01:00'", Compare(field("start_at"), "<", "2026-11-21T09:30:00.000Z")),
        ("end_at > '2026-11-21t09:30:00.5z'", Compare(field("end_at"), ">", "2026-11-21T09:30:00.500Z")),
        ("model_version = 3", Compare(field("model_version"), "=", 3)),
        ("model_version = '3'", Compare(field("model_version"), "=", "3")),
        ("model_version > 2.5", Compare(field("model_version"), ">", 2.5)),
        ("model_version IN (3, 'v2')", OneOf(field("model_version"), ("3", "v2"))),
    ],
)
def test_one_condition(text: str, tree: Predicate) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("elapse BETWEEN 1 AND 2", ((">=", 1), ("<=", 2))),
        ("elapse BETWEEN 2 AND 1", ((">=", 2), ("<=", 1))),
        ("elapse between -1 and 1e3", ((">=", -1), ("<=", 1000))),
    ],
)
def test_between_is_two_comparisons(text: str, parts: tuple[tuple[Any, Any], ...]) -> None:
    assert parse(text) == And(tuple(Compare(ELAPSE, operator, value) for operator, value in parts))
    assert parse(text.replace("elapse ", "elapse NOT ")) == Not(parse(text))


def test_what_binds_closer() -> None:
    one, two, three = (Compare(ELAPSE, "=", value) for value in (1, 2, 3))
    assert parse("elapse = 1 OR elapse = 2 AND elapse = 3") == Or((one, And((two, three))))
    assert parse("(elapse = 1 OR elapse = 2) AND elapse = 3") == And((Or((one, two)), three))
    assert parse("NOT elapse = 1 AND elapse = 2") == And((Not(one), two))
    assert parse("NOT (elapse = 1 AND elapse = 2)") == Not(And((one, two)))
    assert parse("elapse = 1 AND elapse = 2 AND elapse = 3") == And((one, two, three))
    between = And((Compare(ELAPSE, ">=", 1), Compare(ELAPSE, "<=", 2)))
    assert parse("elapse BETWEEN 1 AND 2 AND elapse = 3") == And((between, three))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("response.label", ("response", "label")),
        ("request.items[0].price", ("request", "items", 0, "price")),
        ("request.matrix[1][20]", ("request", "matrix", 1, 20)),
        ('request."unit price"', ("request", "unit price")),
        ('request."say ""no"""', ("request", 'say "no"')),
        ('"größe"', ("größe",)),
        ("a.b.c.d.e.f.g", ("a", "b", "c", "d", "e", "f", "g")),
        ("features[3]", ("features", 3)),
        ("features.age", ("features", "age")),
        ("properties.elapsed", ("elapsed",)),
        ("properties.properties.x", ("properties", "x")),
        ("request.array[0]", ("request", "array", 0)),
        ("list[1].map[2].struct", ("list", 1, "map", 2, "struct")),
        ("response.not.in.null", ("response", "not", "in", "null")),
        ("properties.select", ("select",)),
        ("order", ("order",)),
        ("date", ("date",)),
        ("current_date", ("current_date",)),
        ("show", ("show",)),
        ("case", ("case",)),
        ("interval.day", ("interval", "day")),
        ("_private", ("_private",)),
        ('"in"', ("in",)),
    ],
)
def test_a_field(text: str, path: tuple[str | int, ...]) -> None:
    assert parse(f"{text} = 1") == Compare(Field(path), "=", 1)
    assert parse(f"NOT {text} >= 1 OR {text} IN (1, 2)")
    assert parse_field(text) == Field(path)
    assert parse_field(spelled(Field(path)), known=[str(path[0])]) == Field(path)


@pytest.mark.parametrize(("text", "meant"), [("elaps", "elapse"), ("statuss", "status"), ("LatencyMS", "LatencyMs")])
def test_a_field_that_is_nearly_one_of_the_records_is_not_taken_for_ones_own(text: str, meant: str) -> None:
    with pytest.raises(PredicateError, match=f"did you mean '{meant}'") as raised:
        parse(f"v = 1 AND {text} >= 3")
    assert (raised.value.start, raised.value.end) == (10, 10 + len(text))
    assert parse(f"properties.{text} = 3") == Compare(field(text), "=", 3)
    assert parse(f"{text} = 3", known=[text]) == Compare(field(text), "=", 3)
    assert parse("pages = 3") == Compare(field("pages"), "=", 3)


steps = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6) | st.integers(0, 99_999)


@given(st.lists(steps, min_size=1, max_size=6))
@example(["properties", "x"])
@example(["in"])
def test_a_field_is_read_as_it_is_spelled(path: list[str | int]) -> None:
    asked = Field(("request", *path))
    assert parse_field(spelled(asked)) == asked
    assert parse(f"{spelled(asked)} IS NULL") == Missing(asked)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
@example("'; DROP TABLE transactions; --")
@example("\\' OR 1 = 1 --")
def test_a_text_is_read_as_it_is_written(text: str) -> None:
    assert parse(f"tier = {query_cases.text_literal(text)}") == Compare(field("tier"), "=", text)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_as_python_writes_it(value: float) -> None:
    written = repr(value)
    assert parse(f"elapse = {written}") == Compare(ELAPSE, "=", value)


WORDS = [
    *("elapse", "status", "pages", "response.label", '"odd name"', "items[0]", "features.age", "properties.x"),
    *("start_at", "cold_start", "model_version", "'text'", "'%x_'", "3", "-1.5", "'!'", "'2026-11-21'", "é", "\x00"),
    *("=", "!=", "<", ">=", "<>", "==", "AND", "OR", "NOT", "IN", "BETWEEN", "LIKE", "ILIKE", "ESCAPE", "IS"),
    *("NULL", "TRUE", "FALSE", "(", ")", ",", ".", "[", "]", ";", "--", "/*", "*/", "'", '"', "`", "+", "-", "*"),
    *("::", "?", ":x", "$1", "@x", "{", "}", "||", "SELECT", "FROM", "WHERE", "CASE", "WHEN", "END", "INTERVAL"),
    *("DATE", "CAST", "ORDER BY", "x'ff'", "n'x'"),
]


@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join) | st.text(max_size=40))
@example("a = '\ud800'")
@example("{# a #}")
@example("{{ a }} = 1")
@example("a = 1\x1a")
@example("elapse = ٣")
@example("elapse > 1e" + "9" * 400)
@example("elapse > " + "9" * 5000)
@example("a" + "[0]" * 3000)
@example("a = 1 /*")
@example("a = 1 --")
@example("show tables = 1")
@example("commit;")
@example("'a' 'b'")
@example("a.b.")
@example("a[")
@example("a IN (")
@example("a NOT")
def test_any_text_is_a_predicate_or_an_error_that_points_into_it(text: str) -> None:
    found = parsed_or_error(text)
    if isinstance(found, PredicateError):
        assert 0 <= found.start <= found.end <= len(text)
        assert found.problem
        assert str(found).encode()
    else:
        assert normal(normal(found)) == normal(found)


def parsed_or_error(text: str) -> Predicate | PredicateError:
    try:
        return parse(text)
    except PredicateError as error:
        return error


@given(query_cases.predicate_texts())
def test_a_predicate_has_one_meaning_however_it_is_spaced(text: str) -> None:
    found = parse(text)
    assert parse(f"\n ( {text}\t) ") == found


@pytest.mark.parametrize("opened", ["(", "NOT ", "NOT(", "( NOT "])
def test_nesting_has_a_limit_and_no_recursion_escapes(opened: str) -> None:
    def nested(levels: int) -> str:
        return opened * levels + "cold_start" + ")" * (opened.count("(") * levels)

    levels = DEPTH_MAX // (opened.count("(") + opened.count("NOT"))
    assert parse(nested(levels))
    assert "nested too deeply" in fault(nested(levels + 1)).problem
    assert "nested too deeply" in fault(nested(800)).problem


def test_the_deepest_predicate_is_read_in_a_deep_stack() -> None:
    def deeper(levels: int) -> Predicate:
        return deeper(levels - 1) if levels else parse("(" * DEPTH_MAX + "cold_start" + ")" * DEPTH_MAX)

    assert deeper(200) == Compare(COLD, "=", True)
    with pytest.raises(PredicateError, match="nested too deeply"):
        deeper(sys.getrecursionlimit() - 250)


def test_many_conditions_beside_each_other_are_no_nesting() -> None:
    conditions = [f"v={number}" for number in range(900)]
    found = parse(" OR ".join(conditions))
    assert isinstance(found, Or)
    assert len(found.parts) == 900


def test_a_predicate_has_a_length() -> None:
    text = "status = '" + "x" * (LENGTH_MAX - 11) + "'"
    assert parse(text)
    assert "at most 10,000 characters" in fault(text + " ").problem


def test_a_field_has_at_most_so_many_steps() -> None:
    assert parse("a" + ".b" * (STEPS_MAX - 1) + " = 1")
    assert "at most 20 steps" in fault("a" + ".b" * STEPS_MAX + " = 1").problem


def test_what_is_known_is_taken_and_the_nearest_is_suggested() -> None:
    assert parse("pages = 3 AND LatencyMs > 1 AND properties.new = 1", known=["pages"])
    error = fault("page = 3", known=["pages", "tier"])
    assert (error.start, error.end) == (0, 4)
    assert error.problem == "no record has a field 'page'; did you mean 'pages'?"
    assert "properties.qqq" in fault("qqq = 3", known=[]).problem
    assert parse("qqq = 3")


def test_the_error_shows_the_line_and_marks_the_characters() -> None:
    error = fault("cold_start AND\n\telapse > 'slow' OR\nstatus = 'x'")
    assert str(error) == "elapse is compared with a number\n   elapse > 'slow' OR\n            ^^^^^^"
    assert error.predicate[error.start : error.end] == "'slow'"


def test_an_error_holds_nothing_that_a_terminal_obeys() -> None:
    assert "\x1b" not in str(fault("a\x1b[31m = 1"))
