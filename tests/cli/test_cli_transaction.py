"""`inferwatch transaction` over a data folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from asked_data import NOW, identity, lines, record, write_data
from click.testing import CliRunner, Result

from inferwatch.cli.commands import cli
from inferwatch.cli.transaction import span
from inferwatch.errors import QueryError
from inferwatch.query.answer import Answer
from inferwatch.query.meets import meets
from inferwatch.query.neighbours import NEAREST, neighbours
from inferwatch.query.question import Question


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def data(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("asked") / "data", models, "doc", "photo")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments)], catch_exceptions=False)


def test_a_transaction_is_shown_with_its_neighbours_and_its_line(data: Path, models: Path) -> None:
    shown = run("transaction", identity("doc", 2), "--data", data).stdout
    fields, near, line = shown.split("\n\n")
    assert "elapse                 301.5\n" in fields
    assert '  "principal": "arn:aws:iam::123456789012:role/even"' in fields
    heading, before, this, after = near.splitlines()
    assert heading == "Of the same requester, arn:aws:iam::123456789012:role/even:"
    assert before.split()[:3] == ["-20", "min", "0"]
    assert before.split()[-1] == identity("doc", 0)
    assert this.split()[:2] == ["this", "one"]
    assert after.split() == [
        *("+20", "min", "0", "s", "2026-11-21T11:45:00.000Z", "failed", "502.5", "ms", identity("doc", 4))
    ]
    assert line.splitlines()[1] == lines(models / "doc", "doc")[2].decode().rstrip("\n")


def test_a_transaction_as_json_is_the_record_as_it_was_logged(data: Path, models: Path) -> None:
    (shown,) = map(json.loads, run("transaction", identity("doc", 3), "--data", data, "--json").stdout.splitlines())
    written = lines(models / "doc", "doc")
    assert shown["record"] == record(written[3])
    assert shown["before"] == [record(written[1])]
    assert shown["after"] == [record(written[5])]
    assert shown["line"] == written[3].decode().rstrip("\n")


def test_what_would_steer_a_terminal_is_not_printed(data: Path) -> None:
    shown = run("transaction", identity("doc", 5), "--data", data).stdout
    assert "\x1b" not in shown
    assert "e f [31m" in shown


def test_a_transaction_that_is_not_there_is_an_error(data: Path) -> None:
    for unknown in ("nothing", "01a1fdda-3ae0-7789-ba2d-000000000000", "' OR 1=1 --"):
        with pytest.raises(QueryError, match="has no transaction"):
            run("transaction", unknown, "--data", data)


def asked_of(records: list[dict[str, object]], questions: list[Question]) -> Answer:
    question = questions[-1]
    inside = [
        r for r in records if question.start_ms <= int(str(r["at"])) < question.end_ms and meets(question.where, r)
    ]
    inside.sort(key=lambda r: int(str(r["at"])), reverse=question.order[0].descending)
    return Answer(columns=(), rows=inside[: question.limit])


def others(count: int, **requester: object) -> list[dict[str, object]]:
    from inferwatch.sdk.clock import iso

    times = [NOW + number * 1000 for number in range(count)]
    shared = {"requester": requester} if requester else {}
    return [{"transaction_id": str(at), "at": at, "start_at": iso(at), **shared} for at in times]


def test_the_nearest_are_shown_oldest_first() -> None:
    questions: list[Question] = []
    records = others(20, principal="a", ip="1.2.3.4")
    near = neighbours(lambda q: questions.append(q) or asked_of(records, questions), records[10], "/a/b")  # type: ignore[func-returns-value]
    assert near.requester == "a"
    assert near.before == records[10 - NEAREST : 10]
    assert near.after == records[11 : 11 + NEAREST]
    assert {question.node for question in questions} == {"/a/b"}


def test_without_a_principal_it_is_the_address_that_tells() -> None:
    records = others(2, principal=None, ip="1.2.3.4")
    near = neighbours(lambda q: asked_of(records, [q]), records[0], None)
    assert (near.requester, near.before, near.after) == ("1.2.3.4", [], records[1:])


def test_without_a_requester_none_is_looked_for(data: Path) -> None:
    (alone,) = others(1)

    def never(_: Question) -> Answer:
        raise AssertionError

    assert neighbours(never, alone, None) == (None, [], [])


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0 ms"),
        (999, "999 ms"),
        (1000, "1.0 s"),
        (59_949, "59.9 s"),
        (60_000, "1 min 0 s"),
        (7_380_000, "2 h 3 min"),
    ],
)
def test_times_are_told_as_people_tell_them(ms: int, text: str) -> None:
    assert span(ms) == text
