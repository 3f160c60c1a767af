from __future__ import annotations

from pathlib import Path

import pytest

from inferwatch.errors import SpecError
from inferwatch.query.predicate import Compare, Field
from inferwatch.query.saved import saved_questions
from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec

MODEL = '[model]\nnamespace = "/abc_corp/claim"\nname = "doc_classification"\n'
SLOW = "[[query]]\nname = 'Slow'\nwhere = 'elapse >= 3000'\n"
NOW_MS = 1_795_253_400_000


def load(tmp_path: Path, text: str, environment: str | None = None) -> MonitorSpec:
    (tmp_path / "inferwatch.toml").write_text(MODEL + text)
    return load_spec(tmp_path, environment, {})


def fault(tmp_path: Path, text: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        saved_questions(load(tmp_path, text))
    assert caught.value.file == str(tmp_path / "inferwatch.toml")
    return caught.value


def test_a_spec_without_queries_has_none(tmp_path: Path) -> None:
    assert saved_questions(load(tmp_path, "")) == ()


def test_a_saved_query_asks_its_own_model_of_the_time_until_now(tmp_path: Path) -> None:
    text = SLOW + "since = '90s'\norder_by = ['-elapse']\nlimit = 5\ndescription = 'what hurts'\n"
    (saved,) = saved_questions(load(tmp_path, text))
    asked = saved.question(NOW_MS)
    assert (saved.name, saved.description, saved.since_ms) == ("Slow", "what hurts", 90_000)
    assert (asked.start_ms, asked.end_ms, asked.limit) == (NOW_MS - 90_000, NOW_MS, 5)
    assert (asked.node, asked.environment) == ("/abc_corp/claim/doc_classification", "dev")
    assert asked.where == Compare(Field(("elapse",)), ">=", 3000)
    assert asked.order[0].by == Field(("elapse",))
    assert asked.order[0].descending


def test_a_query_without_words_asks_for_the_records_of_a_day(tmp_path: Path) -> None:
    (saved,) = saved_questions(load(tmp_path, "[[query]]\nname = 'All'\n"))
    asked = saved.question(NOW_MS)
    assert asked.where is None
    assert asked.end_ms - asked.start_ms == 86_400_000
    assert not asked.aggregates


def test_an_overlay_changes_the_query_of_its_name_in_its_environment(tmp_path: Path) -> None:
    text = SLOW + "[environment.dev]\n[environment.prod]\n"
    text += "[[environment.prod.query]]\nname = 'Slow'\nwhere = 'elapse >= 500'\n"
    text += "[[environment.prod.query]]\nname = 'Count'\nstat = ['count']\n"
    (dev,) = saved_questions(load(tmp_path, text))
    slow, count = saved_questions(load(tmp_path, text, "prod"))
    assert (dev.where, slow.where, count.stat) == ("elapse >= 3000", "elapse >= 500", ("count",))
    assert slow.question(NOW_MS).environment == "prod"


@pytest.mark.parametrize(
    ("text", "key", "problem"),
    [
        (SLOW + SLOW, "query[Slow]", "stands twice; each name stands once"),
        ("[[query]]\nname = ' '\n", "query[0].name", "must have 1 to 100 characters"),
        ("[[query]]\nname = 'a/b'\n", "query[a/b].name", "none of : * /"),
        ("[[query]]\nwhere = 'a = 1'\n", "query[0].name", "is missing"),
        ("[[query]]\nname = 'a'\nfilter = 'b'\n", "query[a].filter", "is no key here; allowed are name"),
        ("[[query]]\nname = 'a'\nlimit = '3'\n", "query[a].limit", "expected a whole number"),
        (
            "[[query]]\nname = 'a'\nwhere = 'elapse >'\n",
            "query[a].where",
            "after > comes a value\n  elapse >\n         ^",
        ),
        ("[[query]]\nname = 'a'\nsince = 'today'\n", "query[a].since", "write it as 90s, 15m, 24h or 7d"),
        ("[[query]]\nname = 'a'\nby = ['5 minutes']\n", "query[a].by", "time buckets are second, minute"),
        ("[[query]]\nname = 'a'\nstat = ['p999:elapse']\n", "query[a].stat", "more than 0 and at most 100"),
        ("[[query]]\nname = 'a'\nstat = ['count']\norder_by = ['elapse']\n", "query[a].order_by", "by one of count"),
        ("[[query]]\nname = 'a'\nlimit = 0\n", "query[a].limit", "allowed are 1 to 10,000 rows"),
    ],
)
def test_what_cannot_be_asked_is_told_with_its_key(tmp_path: Path, text: str, key: str, problem: str) -> None:
    error = fault(tmp_path, text)
    assert error.key == key
    assert problem in error.problem


def test_a_fault_of_another_environment_shows_too(tmp_path: Path) -> None:
    text = SLOW + "[environment.dev]\n[[environment.prod.query]]\nname = 'a:b'\n"
    assert fault(tmp_path, text).key == "environment.prod.query[a:b].name"
