"""Questions to the lake by Athena. What Athena answers is made up; MiniStack's is asked in tests/aws_e2e."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from athena_workgroup import Time, Workgroup
from aws_world import REGION, account, answering, refused

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


def test_so_many_rows_are_read_as_are_wanted(athena: Callable[[Time], Athena]) -> None:
    workgroup = Workgroup([("n", "bigint")], [[str(n)] for n in range(25)])
    workgroup.page = 10
    with answering(**workgroup.replies):
        found = athena(Time()).table("SELECT 1", 12)
    assert (found.columns, [n for (n,) in found.rows], found.more) == (("n",), list(range(12)), True)
    assert workgroup.pages == 2


def test_who_is_interrupted_leaves_no_question_running(athena: Callable[[Time], Athena]) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    workgroup, time = Workgroup(), Time()
    workgroup.states, time.pause = ["RUNNING"], interrupt
    with pytest.raises(KeyboardInterrupt):
        ask(athena, workgroup, time)
    assert workgroup.stopped == ["q-1"]
