"""What each engine is asked. After a change that is meant: GOLDEN=write pytest tests/query, then read the diff."""

from __future__ import annotations

import os

import golden_questions
import pytest
from golden_questions import GOLDEN, Asked

FILES = sorted(file.stem for file in GOLDEN.glob("*.txt") if file.stem != "mistakes")


@pytest.mark.parametrize("name", FILES)
def test_each_engine_is_asked_what_the_file_says(name: str) -> None:
    file = GOLDEN / f"{name}.txt"
    text = file.read_text(encoding="utf-8")
    renewed = golden_questions.written(text.split("\n\n")[0], list(golden_questions.read(text)))
    if os.environ.get("GOLDEN") == "write":
        file.write_text(renewed, encoding="utf-8")
        return
    assert renewed == text


def every() -> list[Asked]:
    return [asked for name in FILES for asked in golden_questions.read((GOLDEN / f"{name}.txt").read_text("utf-8"))]


def test_there_are_many_questions_and_none_is_asked_twice() -> None:
    asked = every()
    assert len(asked) >= 80
    assert len({str(one.words) for one in asked}) == len(asked)


@pytest.mark.parametrize("engine", ["DuckDB", "Athena", "Spark", "Logs Insights", "OpenSearch"])
def test_most_questions_can_be_asked_of_every_engine(engine: str) -> None:
    refused = [one.title for one in every() if golden_questions.said(engine, one.question()).startswith("refused")]
    assert len(refused) < len(every()) / 4
    if engine in ("DuckDB", "Spark"):
        assert refused == []
