"""`inferwatch query` over a data folder: what it asks, how it prints the answer, and what it says beside it."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from asked_data import BAD_QUERY, LINES, NOW, identity, lines, record, write_data, write_model
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from inferwatch.cli.asking.csv import csv_lines
from inferwatch.cli.asking.words import parts
from inferwatch.cli.commands import cli
from inferwatch.errors import InferWatchError, PredicateError, QueryError, SpecError, StoreError
from inferwatch.query.question import Source
from inferwatch.query.wording import question

DAY_MS = 86_400_000
DOCS = Path(__file__).parents[2] / "docs"
GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inferwatch.cli.query.now_ms", lambda: NOW)
    monkeypatch.delenv("INFERWATCH_ENVIRONMENT", raising=False)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def data(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("one") / "data", models)


@pytest.fixture(scope="module")
def two(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("two") / "data", models, "doc", "photo")


def query(*arguments: str | Path) -> Result:
    done = CliRunner().invoke(cli, ["query", *map(str, arguments)])
    if isinstance(done.exception, InferWatchError):
        raise done.exception  # which the command's own process prints as one message
    return done


def golden(name: str, text: str) -> None:
    """After a change that is meant: GOLDEN=write."""
    file = GOLDEN / name
    if os.environ.get("GOLDEN") == "write":
        file.write_bytes(text.encode())
    assert text == file.read_bytes().decode()


def test_records_are_a_table_with_the_fields_that_are_named(data: Path) -> None:
    done = query("elapse >= 300 AND request.n < 5", "--order-by", "-pages", "--data", data)
    assert done.exit_code == 0
    golden("query-records.txt", done.stdout)


def test_what_would_steer_a_terminal_is_not_printed(data: Path) -> None:
    done = query("note IS NOT NULL", "--data", data)
    assert "\x1b" not in done.stdout
    assert "e f [31m" in done.stdout
    assert len(done.stdout.splitlines()) == LINES


def test_groups_are_a_table_of_their_columns(data: Path) -> None:
    done = query("--by", "status,hour", "--stat", "count,p50:elapse", "--stat", "avg:confidence", "--data", data)
    assert done.exit_code == 0
    golden("query-groups.txt", done.stdout)


def test_csv_is_that_of_the_rfc(data: Path) -> None:
    done = query("pages >= 0", "--order-by", "pages", "--csv", "--data", data)
    golden("query-records.csv", done.stdout_bytes.decode())
    header, *rows = csv.reader(io.StringIO(done.stdout_bytes.decode(), newline=""))
    assert [dict(zip(header, row, strict=True))["note"] for row in rows] == [
        record(line).get("note") or "" for line in lines(data.parents[1] / "models0" / "doc", "doc")
    ]


def test_json_is_the_records_as_they_were_logged(data: Path, models: Path) -> None:
    done = query("--order-by", "start_at", "--json", "--data", data)
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        record(line) for line in lines(models / "doc", "doc")
    ]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--since", "30m"], [5, 4, 3]),
        (["--since", "30m", "--end", "2026-11-21T11:40Z"], [3, 2, 1]),
        (["--start", "2026-11-21T11:25:00Z", "--end", "2026-11-21T12:35:00+01:00"], [2]),
        (["--start", "2026-11-21T11:45:00"], [5, 4]),
        (["--start", "2026-11-21", "--limit", "1"], [5]),
    ],
)
def test_the_time_is_as_said(data: Path, words: list[str], found: list[int]) -> None:
    done = query(*words, "--json", "--data", data)
    assert [json.loads(line)["pages"] for line in done.stdout.splitlines()] == found


def test_a_saved_query_is_asked_by_its_name_and_changed_by_options(data: Path, models: Path) -> None:
    spec = ("--spec", models / "doc", "--data", data, "--json")
    rows = [json.loads(line) for line in query("--name", "Slow", *spec).stdout.splitlines()]
    assert rows == [
        {"status": "succeeded", "count": 3, "max:elapse": 603.0},
        {"status": "failed", "count": 1, "max:elapse": 502.5},
    ]
    changed = query("--name", "Slow", "--since", "10m", "--stat", "count", *spec)
    assert [json.loads(line) for line in changed.stdout.splitlines()] == [{"status": "succeeded", "count": 1}]


def test_saved_queries_are_listed(models: Path, data: Path) -> None:
    listed = query("--list", "--spec", models / "doc")
    assert listed.stdout.splitlines()[1].split("  ")[:2] == ["Slow", "elapse >= 300"]
    (row,) = map(json.loads, query("--list", "--json", "--spec", models / "doc").stdout.splitlines())
    assert (row["name"], row["by"], row["since"]) == ("Slow", "status", "7d")


def test_a_node_is_all_models_below_it(two: Path, models: Path) -> None:
    both = query("pages = 5", "--model", "/test", "--data", two)
    assert "model" in both.stdout.split("\n")[0]
    assert {line.split()[-2] for line in both.stdout.splitlines()[1:]} == {"/test/claim/doc", "/test/claim/photo"}
    for one in ("/test/claim/photo", models / "photo"):
        (row,) = map(json.loads, query("pages = 5", "--model", one, "--data", two, "--json").stdout.splitlines())
        assert row["transaction_id"] == identity("photo", 5)
    assert query("--model", "/test/claim/ph", "--data", two).stdout == ""


def test_an_empty_answer_says_of_what_time_and_which_field_nothing_has(data: Path) -> None:
    done = query("response.lable = 'x' AND pages > 1", "--environment", "prod", "--data", data)
    assert (done.exit_code, done.stdout) == (0, "")
    first, *others = done.stderr.splitlines()
    assert first == (
        "no record of any model in prod from 2026-11-20T12:00:00.000Z to 2026-11-21T12:00:00.000Z meets it"
    )
    assert "no record of that time has a field response.lable" in others


def test_an_answer_that_the_limit_cut_says_so(data: Path) -> None:
    assert "there may be more rows than 2; --limit shows them" in query("--limit", "2", "--data", data).stderr
    assert query("--data", data).stderr == ""


def test_a_day_without_data_answers_empty(data: Path) -> None:
    done = query("no_such_field = 1", "--start", "2020-01-01", "--end", "2020-01-02", "--data", data)
    assert (done.exit_code, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (["elapse >= "], PredicateError, "\n  elapse >= \n"),
        (["pagse = 3"], PredicateError, "did you mean 'pages'"),
        (["--by", "mintue"], QueryError, "did you mean 'minute'"),
        (["--stat", "p999:elapse"], QueryError, "at most 100"),
        (["--by", "status", "--order-by", "elapse"], QueryError, "no such column"),
        (["--name", "Slwo", "--spec", "{models}/doc"], QueryError, "it has Slow; did you mean 'Slow'?"),
        (["--name", "Bad", "--spec", "{bad}"], SpecError, "^^^^^^"),
        (["--list", "--spec", "nowhere"], SpecError, "there is no such file"),
    ],
)
def test_what_cannot_be_asked_is_an_error_that_says_why(
    data: Path, models: Path, tmp_path: Path, arguments: list[str], error: type[Exception], says: str
) -> None:
    bad = write_model(tmp_path / "bad", more=BAD_QUERY)
    with pytest.raises(error) as raised:
        query(*(argument.format(models=models, bad=bad) for argument in arguments), "--data", data)
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--since", "1h", "--start", "2026-11-21"], "--since and --start both say where to begin"),
        (["--start", "yesterday"], "'yesterday' is no instant"),
        (["--start", "2027-01-01"], "--start is not before --end"),
        (["--json", "--csv"], "which of the two"),
        (["--region", "eu-central-1"], "--region goes with --engine athena or logs-insights"),
        (["--model", "claim"], "neither a node, as in /abc_corp/claim, nor a model's folder"),
        (["a = 1", "--name", "Slow"], "--name stands in the place of PREDICATE"),
        (["--limit", "10001"], "1<=x<=10000"),
        (["--engine", "postgres"], "is not one of"),
    ],
)
def test_a_call_that_makes_no_sense_is_a_usage_error(data: Path, models: Path, arguments: list[str], says: str) -> None:
    done = query(*arguments, "--data", data, "--spec", models / "doc")
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr


def test_a_predicate_is_read_before_the_data_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(PredicateError):
        query("elapse >", "--data", tmp_path / "none")
    with pytest.raises(StoreError, match="holds no InferWatch data yet"):
        query("elapse > 1", "--data", tmp_path / "none")


ASKED = ("note = 'it''s'", "--by", "status", "--stat", "p99:elapse", "--order-by", "-p99:elapse")


def test_explain_prints_the_question_for_each_engine_and_asks_none(models: Path, tmp_path: Path) -> None:
    """The texts are the dialects' own, whose golden pairs are with them; here is what stands around them."""
    from inferwatch.query.dialects import athena, duckdb, logs_insights, spark

    done = query(*ASKED, "--explain", "--spec", models / "doc", "--data", tmp_path / "none")
    assert (done.exit_code, done.stderr) == (0, "")
    wanted = question(
        ASKED[0], start_ms=NOW - DAY_MS, end_ms=NOW, by=("status",), stats=("p99:elapse",), order_by=("-p99:elapse",)
    )
    features = frozenset({"feature_age"})
    on_s3 = {"columns": features, "by_day": True, "once": False}
    local = duckdb.emit(wanted, Source(relation="transactions", columns=features))
    texts = {
        "athena": athena.emit(wanted, Source(relation='"test_claim_doc"."transactions"', **on_s3)),
        "spark": spark.emit(wanted, Source(relation="transactions", **on_s3)),
        "logs-insights": logs_insights.emit(wanted),
    }
    bound = "".join(f"-- ${name} = {value!r}\n" for name, value in local.values.items())
    parts = [f"## local (DuckDB)\n{local.text}\n{bound}"]
    parts += [
        f"## {name}\n{text.text}\n" + "".join(f"-- {note}\n" for note in text.notes) for name, text in texts.items()
    ]
    *others, refusal = done.stdout.split("\n\n")
    assert [f"{other}\n" for other in others] == parts
    assert refusal.startswith("## opensearch\nrefused: order by 'p99:elapse'")


def test_explain_is_json_too(models: Path) -> None:
    done = query(*ASKED, "--explain", "--json", "--spec", models / "doc")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["engine"] for row in rows] == ["local (DuckDB)", "athena", "spark", "logs-insights", "opensearch"]
    assert [list(row) for row in rows if "refused" in row] == [["engine", "refused"]]
    assert all(row["columns"] == ["status", "p99:elapse"] for row in rows if "text" in row)


def test_explain_needs_no_spec_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = query("elapse >= 1", "--explain", "--model", "/abc_corp/claim")
    assert done.exit_code == 0
    assert "FROM transactions AS t" in done.stdout
    assert "SOURCE logGroups(namePrefix: ['/abc_corp/claim" in done.stdout


def documented() -> list[list[str]]:
    """The calls of `inferwatch query` that the pages show, but those of saved queries."""
    pages = [(DOCS / name).read_text() for name in ("reference/cli.md", "aws.md")]
    lines = [line for page in pages for line in page.splitlines() if line.startswith("inferwatch query ")]
    calls = [shlex.split(line) for line in lines]
    calls = [call[: call.index(">")] if ">" in call else call for call in calls]
    return [call[2:] for call in calls if "--name" not in call]


def test_what_the_pages_show_can_be_asked(models: Path) -> None:
    calls = documented()
    assert len(calls) >= 7
    for call in calls:
        done = query("--explain", *call, "--spec", models / "doc")
        assert (done.exit_code, done.stderr) == (0, "")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from inferwatch.cli import main; main()", "query", *arguments]


def test_a_wrong_predicate_is_shown_with_its_place(data: Path) -> None:
    done = subprocess.run(
        command("elapse >= 3 AND statsu = 'x'", "--data", str(data), "--start", "2026-11-21", "--end", "2026-11-22"),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    message, text, marks = done.stderr.splitlines()
    assert message.startswith("inferwatch: ")
    assert "did you mean 'status'" in message
    assert text[marks.index("^") : marks.rindex("^") + 1] == "statsu"


def test_ctrl_c_ends_it(data: Path) -> None:
    """While the engine works, which here takes as long as it takes."""
    slow = (
        # A shell that runs the tests in its background has their processes ignore SIGINT, and theirs inherit that.
        "import signal, time; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from inferwatch.store import Store; from inferwatch.cli import main\n"
        "def ask(self, question):\n    print('asked', flush=True); time.sleep(600)\n"
        "Store.ask = ask; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", slow, "query", "--data", str(data)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "asked\n"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said.split() == ["Aborted!"]


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.text() | st.integers() | st.booleans() | st.none())))
def test_csv_gives_back_every_text(rows: list[dict[str, object]]) -> None:
    text = "".join(csv_lines(["a", "b", "c"], rows))
    header, *read = csv.reader(io.StringIO(text, newline=""))
    assert header == ["a", "b", "c"]
    wanted = [[_told(row.get(column)) for column in header] for row in rows]
    assert read == wanted
    assert text.endswith("\r\n")


def _told(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def test_words_are_parted_by_commas_outside_of_quotation_marks() -> None:
    assert parts(['status, request."a,b"', "minute,"]) == ("status", 'request."a,b"', "minute")
