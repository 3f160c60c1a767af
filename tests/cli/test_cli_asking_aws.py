"""Asking AWS from the command line: Logs Insights, as a model of it answers over moto, and a made-up Athena."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asked_data import LINES, NOW, identity, lines, record, write_model
from aws_world import REGION, Cloud, account, answering, refused
from click.testing import CliRunner, Result

from inferwatch.cli.commands import cli
from inferwatch.errors import AwsError, DialectError, PredicateError, QueryError
from inferwatch.spec import load_spec


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model")


@pytest.fixture
def cloud(model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """The records of the model, and a line of text between them."""
    for place in ("query.now_ms", "clock.now_ms"):
        monkeypatch.setattr(f"inferwatch.cli.{place}", lambda: NOW)
    with account():
        made = Cloud(load_spec(model, environ={}))
        made.put([*lines(model, "doc"), b"loading weights\n"])
        yield made


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments), "--region", REGION], catch_exceptions=False)


def rows(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_log_answers_as_a_data_folder_would(model: Path, cloud: Cloud) -> None:
    asked = ("query", "pages BETWEEN 2 AND 4", "--order-by", "pages", "--engine", "logs-insights", "--spec", model)
    assert rows(run(*asked, "--json")) == [record(line) for line in lines(model, "doc")[2:5]]
    groups = run(*asked[:1], "--by", "status", "--stat", "count,max:elapse", *asked[4:], "--json")
    assert rows(groups) == [
        {"status": "failed", "count": 2, "max:elapse": 502.5},
        {"status": "succeeded", "count": 4, "max:elapse": 603},
    ]
    assert "counts a record that is in the log twice as two" in groups.stderr


def test_an_empty_answer_asks_how_its_fields_are_spelled(model: Path, cloud: Cloud) -> None:
    done = run("query", "pagse = 3", "--engine", "logs-insights", "--spec", model)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "no record of the model from 2026-11-20T12:00:00.000Z" in done.stderr
    assert "is it spelled as in the records? pagse" in done.stderr


def test_what_an_engine_cannot_be_asked_is_said_by_its_name(model: Path, cloud: Cloud) -> None:
    with pytest.raises(DialectError, match=r"^Logs Insights: "):
        run("query", "--by", "5m", "--engine", "logs-insights", "--spec", model)


def test_a_predicate_is_read_before_aws_is_asked(model: Path) -> None:
    with pytest.raises(PredicateError):
        run("query", "elapse >", "--engine", "athena", "--spec", model)


def answer(columns: dict[str, str], *found: list[str]) -> dict[str, Any]:
    """What Athena says to one statement: the names of columns are the first row."""
    told = [list(columns), *found]
    result = {
        "ResultSetMetadata": {"ColumnInfo": [{"Name": name, "Type": kind} for name, kind in columns.items()]},
        "Rows": [{"Data": [{"VarCharValue": cell} for cell in row]} for row in told],
    }
    status = {"Status": {"State": "SUCCEEDED"}, "StatementType": "DML"}
    return {
        "StartQueryExecution": lambda given: {"QueryExecutionId": given["QueryString"]},
        "GetQueryExecution": lambda _: {"QueryExecution": status},
        "GetQueryResults": lambda _: {"ResultSet": result},
    }


def test_athena_answers_questions(model: Path, cloud: Cloud) -> None:
    with answering(**answer({"status": "varchar", "count": "bigint"}, ["failed", "2"])):
        done = run("query", "--by", "status", "--engine", "athena", "--spec", model)
    assert [line.split() for line in done.stdout.splitlines()] == [["status", "count"], ["failed", "2"]]


def test_athena_answers_a_select_as_it_stands(model: Path, cloud: Cloud) -> None:
    asked: list[str] = []
    replies = answer({"n": "bigint"}, ["7"], ["8"])
    start = replies["StartQueryExecution"]
    replies["StartQueryExecution"] = lambda given: asked.append(given["QueryString"]) or start(given)
    with answering(**replies):
        done = run("sql", "SELECT 7 AS n", "--engine", "athena", "--limit", "1", "--csv", "--spec", model)
    assert (asked, done.stdout_bytes) == (["SELECT 7 AS n"], b"n\r\n7\r\n")
    assert "these are the first 1" in done.stderr


def test_a_model_without_a_lake_is_told_where_else_to_ask(tmp_path: Path, cloud: Cloud) -> None:
    (tmp_path / "inferwatch.toml").write_text('[model]\nnamespace = "/a"\nname = "b"\n')
    with pytest.raises(QueryError, match=r"has no \[lake\]"):
        run("query", "--engine", "athena", "--spec", tmp_path)


def test_a_transaction_is_found_in_the_log_with_its_neighbours(model: Path, cloud: Cloud) -> None:
    (shown,) = rows(run("transaction", identity("doc", 2), "--aws", "--spec", model, "--json"))
    written = lines(model, "doc")
    assert shown["record"] == record(written[2])
    assert (shown["before"], shown["after"]) == ([record(written[0])], [record(written[4])])
    assert shown["line"] == written[2].decode().rstrip("\n")


def test_an_id_that_tells_no_time_is_looked_for_in_all_of_the_log(model: Path, cloud: Cloud) -> None:
    line = lines(model, "doc")[0].replace(identity("doc", 0).encode(), b"order-17")
    cloud.put([line])
    (shown,) = rows(run("transaction", "order-17", "--aws", "--spec", model, "--json"))
    assert shown["record"]["transaction_id"] == "order-17"
    with pytest.raises(QueryError, match=r"the log group /test/claim/doc in account .* has no transaction 'order-18'"):
        run("transaction", "order-18", "--aws", "--spec", model)


def test_what_aws_refuses_is_one_error(model: Path, cloud: Cloud) -> None:
    def deny(_: dict[str, Any]) -> None:
        raise refused("Any", "AccessDeniedException", "not for you")

    calls = (
        ("query", "--engine", "logs-insights"),
        ("query", "--engine", "athena"),
        ("sql", "SELECT 1", "--engine", "athena"),
        ("transaction", "x", "--aws"),
    )
    for call in calls:
        with answering(StartQuery=deny, StartQueryExecution=deny), pytest.raises(AwsError, match="is not allowed"):
            run(*call, "--spec", model)


def test_all_records_are_there(model: Path, cloud: Cloud) -> None:
    """Of which the others are a part."""
    assert len(rows(run("query", "--engine", "logs-insights", "--spec", model, "--json"))) == LINES
