"""What is said of predicates that cannot be read. After a change that is meant: GOLDEN=write, then read the diff."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from inferwatch.errors import PredicateError
from inferwatch.query.parse import parse

FILE = Path(__file__).parent / "golden" / "mistakes.txt"
KNOWN = ("pages", "tier")
LINE = "⏎"
"""In the file, where a predicate has a line break."""


def predicates(text: str) -> list[str]:
    """The predicates of the file, and its headings: what is not indented, and no marks."""
    return [line for line in text.splitlines() if line.strip(" ^") and not line.startswith("  ")]


def written(lines: list[str]) -> str:
    parts = [line if line.startswith("#") else f"{line}\n{said(line)}" for line in lines]
    return "\n\n".join(parts) + "\n"


def said(line: str) -> str:
    with pytest.raises(PredicateError) as caught:
        parse(line.replace(LINE, "\n"), known=KNOWN)
    problem, shown, marks = str(caught.value).split("\n")
    assert len(marks) <= len(shown) + 1
    assert line.endswith(shown.removeprefix("  "))
    start = len(line) - len(shown.removeprefix("  "))
    return f"{' ' * start}{marks.removeprefix('  ')}\n    {problem}"


def test_each_mistake_is_told_where_it_stands() -> None:
    text = FILE.read_text(encoding="utf-8")
    renewed = written(predicates(text))
    if os.environ.get("GOLDEN") == "write":
        FILE.write_text(renewed, encoding="utf-8")
        return
    assert renewed == text


def test_there_are_many() -> None:
    assert len(predicates(FILE.read_text(encoding="utf-8"))) > 100
