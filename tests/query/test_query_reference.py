"""What docs/reference/query.md says of the predicate is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inferwatch.errors import PredicateError
from inferwatch.query.parse import parse, parse_field
from inferwatch.query.parsing.syntax import DEPTH_MAX
from inferwatch.query.parsing.words import COMPARISONS, LENGTH_MAX, STEPS_MAX
from inferwatch.query.question import ROWS_MAX
from inferwatch.query.spelling import KEYWORDS
from inferwatch.query.wording import question, span_ms
from inferwatch.spec import load_spec

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "query.md").read_text("utf-8")


def section(heading: str) -> str:
    return PAGE[PAGE.index(f"## {heading}") :].split("\n## ")[0]


def examples(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


TABLE = section("The predicate").split("\n\n")[2]
CONDITIONS = [each for each in examples(TABLE) if re.search(r"[a-z]", each)]


@pytest.mark.parametrize("text", CONDITIONS)
def test_the_examples_are_predicates(text: str) -> None:
    assert parse(text)


def test_the_first_example_is_one() -> None:
    assert parse(re.findall(r"```sql\n(.*?)```", PAGE, re.S)[0])


@pytest.mark.parametrize("text", ["'2026-11-21'", "'2026-11-21T09:30Z'", "'2026-11-21 10:30:00.250+01:00'"])
def test_instants_are_written_so(text: str) -> None:
    assert f"`{text}`" in PAGE
    assert parse(f"start_at = {text}")


def test_the_signs_the_keywords_and_the_limits_are_those_of_the_parser() -> None:
    grammar = section("The predicate")
    assert set(re.findall(r'"(\S+)"', re.findall(r"sign +=(.*)", grammar)[0])) == set(COMPARISONS)
    assert f"`{' '.join(KEYWORDS)}`" in grammar
    assert f"at most {LENGTH_MAX:,} characters" in grammar
    assert f"nest at most {DEPTH_MAX} deep, a field has at most {STEPS_MAX} steps" in grammar


def test_the_words_beside_it_are_read() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", section("What stands beside it"), re.M))
    stats = [each for each in examples(rows["stat"]) if each != "count"]
    assert question(start_ms=0, end_ms=1, stats=["count", *stats])
    assert question(start_ms=0, end_ms=1, by=[each for each in examples(rows["by"]) if each != "366d"])
    assert question(start_ms=0, end_ms=1, by=["366d"])
    for word in examples(rows["order_by"]):
        columns = ["count", "p99:elapse"] if "count" in word or ":" in word else []
        assert question(start_ms=0, end_ms=1, stats=columns, order_by=[word])
    assert all(span_ms(each) for each in examples(rows["since"]) if each[0].isdigit())
    assert f"{ROWS_MAX:,}" in rows["limit"]


def test_the_saved_query_loads(tmp_path: Path) -> None:
    example = re.findall(r"```toml\n(.*?)```", PAGE, re.S)[0]
    (tmp_path / "inferwatch.toml").write_text('[model]\nnamespace = "/a"\nname = "b"\n' + example)
    (query,) = load_spec(tmp_path, environ={}).queries
    assert query.by == ("minute",)


def test_the_error_is_what_is_said() -> None:
    shown = re.findall(r"```\n(no record.*?)\n```", PAGE, re.S)[0]
    with pytest.raises(PredicateError) as caught:
        parse(shown.split("\n")[1].strip(), known=[])
    assert str(caught.value) == shown


@pytest.mark.parametrize("text", ["request.items[0].price", 'request."unit price"', "properties.in", "features.age"])
def test_fields_are_written_so(text: str) -> None:
    assert f"`{text}`" in PAGE
    assert parse_field(text)
