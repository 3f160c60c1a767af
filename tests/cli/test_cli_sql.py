"""`inferwatch sql` over a data folder."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from asked_data import LINES, write_data
from click.testing import CliRunner, Result

from inferwatch.cli.commands import cli
from inferwatch.errors import QueryError


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("asked") / "data", tmp_path_factory.mktemp("models"), "doc", "photo")


def run(*arguments: str | Path, text: str | None = None) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments)], catch_exceptions=False, input=text)


@pytest.mark.parametrize("view", ["transactions", "model_monitoring_logs"])
def test_sql_answers_a_select(data: Path, view: str) -> None:
    select = f"SELECT model_name, count(*) AS n, sum(elapse) AS spent FROM {view} GROUP BY ALL ORDER BY ALL"
    rows = [json.loads(line) for line in run("sql", select, "--data", data, "--json").stdout.splitlines()]
    spent = 100.5 * sum(range(1, LINES + 1))
    assert rows == [{"model_name": name, "n": LINES, "spent": spent} for name in ("doc", "photo")]


def test_sql_takes_a_statement_from_standard_input_and_prints_tables_and_csv(data: Path) -> None:
    select = "SELECT transaction_id AS id, elapse, NULL AS nothing FROM transactions\nWHERE elapse > 600 ORDER BY id"
    table = run("sql", "-", "--data", data, text=select).stdout.splitlines()
    assert table[0].split() == ["id", "elapse", "nothing"]
    assert [row.split()[1:] for row in table[1:]] == [["603", "-"]] * 2
    rows = io.StringIO(run("sql", "-", "--data", data, "--csv", text=select).stdout_bytes.decode(), newline="")
    assert next(rows) == "id,elapse,nothing\r\n"


def test_sql_shows_so_many_rows_as_are_wanted(data: Path) -> None:
    done = run("sql", "SELECT transaction_id FROM transactions", "--limit", "3", "--data", data, "--json")
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr == "There are more rows; these are the first 3.\n"
    assert "no rows" in run("sql", "SELECT 1 AS one WHERE false", "--data", data).stderr


@pytest.mark.parametrize(
    "statement",
    ["DROP VIEW transactions", "SELECT nonsense FROM transactions", "SELECT 1; SELECT 2", "", "COPY (SELECT 1) TO 'x'"],
)
def test_what_is_no_select_is_refused(data: Path, statement: str) -> None:
    with pytest.raises(QueryError):
        run("sql", statement, "--data", data)


def test_rollups_can_be_asked_too(data: Path) -> None:
    done = run("sql", "SELECT count(*) AS n FROM rollups", "--data", data, "--json")
    assert json.loads(done.stdout)["n"] > 0


# A shell that runs the tests in its background has their processes ignore SIGINT, and theirs inherit that.
LONG = """
import signal; signal.signal(signal.SIGINT, signal.default_int_handler)
from inferwatch.cli import main
from inferwatch.store.lake.engine import Engine
cells = Engine.cells
def told(self, sql, values):
    if "LIMIT" in sql:
        print("asked", flush=True)
    return cells(self, sql, values)
Engine.cells = told
main()
"""


def test_ctrl_c_ends_a_select_that_would_take_hours(data: Path) -> None:
    select = "SELECT count(*) FROM range(100000000000) AS numbers(n) WHERE n % 7 = hash(n) % 11"
    process = subprocess.Popen(
        [sys.executable, "-c", LONG, "sql", select, "--data", str(data)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "asked\n"
    process.send_signal(signal.SIGINT)
    printed, said = process.communicate(timeout=50)
    assert (process.returncode, printed, said.split()) == (1, "", ["Aborted!"])
