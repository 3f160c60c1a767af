"""Questions to the lake by Athena. What Athena answers is made up; MiniStack's is asked in tests/aws_e2e."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aws_world import REGION, account, answering, refused

from inferwatch.aws.patience import Patience
from inferwatch.aws.reading.athena import ROWS_MAX, Athena
from inferwatch.aws.site import open_site
from inferwatch.errors import AwsError, QueryError
from inferwatch.spec import load_spec

SPEC = """
[model]
namespace = "/abc_corp/claim"
name = "doc"
[lake]
scan_limit_gb = 2.5
"""
Reply = Callable[[dict[str, Any]], Any]


class Workgroup:
    """Athena, as far as it is asked: answers with rows of text after some looks."""

    def __init__(self, columns: Sequence[tuple[str, str]] = (), rows: Sequence[Sequence[str | None]] = ()) -> None:
        self.columns, self.rows = columns, rows
        self.states = ["QUEUED", "RUNNING", "SUCCEEDED"]
        self.reason: str | None = None
        self.kind = "DML"
        self.page = 1000
        self.asked: list[dict[str, Any]] = []
        self.stopped: list[str] = []

    @property
    def replies(self) -> dict[str, Reply]:
        return {
            "StartQueryExecution": self._start,
            "GetQueryExecution": self._look,
            "GetQueryResults": self._results,
            "StopQueryExecution": lambda given: self.stopped.append(given["QueryExecutionId"]) or {},
        }

    def _start(self, given: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(given)
        return {"QueryExecutionId": "q-1"}

    def _look(self, given: dict[str, Any]) -> dict[str, Any]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        status = {"State": state} | ({"StateChangeReason": self.reason} if self.reason else {})
        return {"QueryExecution": {**given, "Status": status, "StatementType": self.kind}}

    def _results(self, given: dict[str, Any]) -> dict[str, Any]:
        head = [[name for name, _ in self.columns]] if self.kind == "DML" else []
        every = [*head, *self.rows]
        first = int(given.get("NextToken", 0))
        rows = [{"Data": [{} if v is None else {"VarCharValue": v} for v in row]} for row in every]
        more = {"NextToken": str(first + self.page)} if first + self.page < len(every) else {}
        metadata = {"ColumnInfo": [{"Name": name, "Type": kind} for name, kind in self.columns]}
        return {"ResultSet": {"Rows": rows[first : first + self.page], "ResultSetMetadata": metadata}, **more}


class Time:
    def __init__(self) -> None:
        self.now_ms = 0

    @property
    def patience(self) -> Patience:
        return Patience(lambda: self.now_ms, self._pause)

    def _pause(self, seconds: float) -> None:
        self.now_ms += round(seconds * 1000)


@pytest.fixture(scope="module")
def athena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Time], Athena]]:
    folder = tmp_path_factory.mktemp("model")
    (folder / "inferwatch.toml").write_text(SPEC)
    with account():
        site = open_site(load_spec(Path(folder)), REGION)
        yield lambda time: Athena(site, time.patience)


def ask(athena: Callable[[Time], Athena], workgroup: Workgroup, time: Time | None = None) -> list[dict[str, Any]]:
    with answering(**workgroup.replies):
        return athena(time or Time()).rows("SELECT 1")


def test_rows_have_the_types_of_their_columns(athena: Callable[[Time], Athena]) -> None:
    kinds = {
        "varchar": ("a, b", "a, b"),
        "bigint": ("-3", -3),
        "double": ("1.5E-7", 1.5e-7),
        "boolean": ("false", False),
        "timestamp": ("2026-11-21 12:00:00.123", datetime(2026, 11, 21, 12, 0, 0, 123_000, tzinfo=UTC)),
        "timestamp with time zone": ("2026-11-21 12:00:00.000 UTC", datetime(2026, 11, 21, 12, tzinfo=UTC)),
        "date": ("2026-11-21", date(2026, 11, 21)),
        "decimal": ("0.10", Decimal("0.10")),
        "array": ("[1, 2]", "[1, 2]"),
        "json": (None, None),
        "integer": (None, None),
    }
    workgroup = Workgroup([(kind, kind) for kind in kinds], [[text for text, _ in kinds.values()]])

    assert ask(athena, workgroup) == [{kind: value for kind, (_, value) in kinds.items()}]
    assert workgroup.asked == [
        {
            "QueryString": "SELECT 1",
            "WorkGroup": "doc-Inference-Lake",
            "QueryExecutionContext": {"Database": "abc_corp_claim_doc"},
        }
    ]


def test_a_time_in_another_zone_stays_text_and_no_number_is_a_float(athena: Callable[[Time], Athena]) -> None:
    columns = [("at", "timestamp with time zone"), ("mean", "double")]
    (row,) = ask(athena, Workgroup(columns, [["2026-11-21 12:00:00.000 Europe/Berlin", "NaN"]]))
    assert row["at"] == "2026-11-21 12:00:00.000 Europe/Berlin"
    assert math.isnan(row["mean"])


def test_all_pages_are_read_and_the_names_of_the_columns_are_no_row(athena: Callable[[Time], Athena]) -> None:
    workgroup = Workgroup([("n", "bigint")], [[str(n)] for n in range(25)])
    workgroup.page = 10
    assert [row["n"] for row in ask(athena, workgroup)] == list(range(25))


def test_what_is_no_select_has_no_names_above_its_rows(athena: Callable[[Time], Athena]) -> None:
    workgroup = Workgroup([("table", "string")], [["transactions"]])
    workgroup.kind = "UTILITY"
    assert ask(athena, workgroup) == [{"table": "transactions"}]


def test_it_waits_as_long_as_it_must(athena: Callable[[Time], Athena]) -> None:
    time, workgroup = Time(), Workgroup([("n", "bigint")])
    assert ask(athena, workgroup, time) == []
    assert time.now_ms == 1000


def test_a_question_without_an_answer_is_stopped(athena: Callable[[Time], Athena]) -> None:
    workgroup = Workgroup()
    workgroup.states = ["RUNNING"]
    with pytest.raises(AwsError, match=r"asking Athena: no answer within 10 minutes; ask for fewer days \(dt\)"):
        ask(athena, workgroup)
    assert workgroup.stopped == ["q-1"]


def test_a_question_that_reads_too_much_says_which_key_limits_it(athena: Callable[[Time], Athena]) -> None:
    workgroup = Workgroup()
    workgroup.states, workgroup.reason = ["CANCELLED"], "Bytes scanned limit was exceeded"
    with pytest.raises(QueryError, match=r"more than 2.5 GB: ask for fewer days \(dt\), or raise lake.scan_limit_gb"):
        ask(athena, workgroup)


@pytest.mark.parametrize(
    ("reason", "said"),
    [("COLUMN_NOT_FOUND: line 1:8", "Athena could not answer: COLUMN_NOT_FOUND: line 1:8"), (None, "ended as FAILED")],
)
def test_a_question_that_fails_says_why(athena: Callable[[Time], Athena], reason: str | None, said: str) -> None:
    workgroup = Workgroup()
    workgroup.states, workgroup.reason = ["FAILED"], reason
    with pytest.raises(QueryError, match=said):
        ask(athena, workgroup)


def test_an_answer_is_no_export(athena: Callable[[Time], Athena]) -> None:
    with pytest.raises(QueryError, match="more than 10000 rows; ask with LIMIT"):
        ask(athena, Workgroup([("n", "bigint")], [["1"]] * (ROWS_MAX + 1)))


def test_who_may_not_ask_is_told_so(athena: Callable[[Time], Athena]) -> None:
    def deny(_: dict[str, Any]) -> Any:
        raise refused("StartQueryExecution", "AccessDeniedException")

    with (
        answering(StartQueryExecution=deny),
        pytest.raises(AwsError, match="asking Athena: StartQueryExecution is not allowed"),
    ):
        athena(Time()).rows("SELECT 1")
