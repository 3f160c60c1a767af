"""Questions to the lakes of one model and of several: what Athena is asked, and what becomes of its answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from athena_workgroup import Time, Workgroup
from aws_world import REGION, account, answering, refused

from inferwatch.aws.reading import athena_sql
from inferwatch.aws.reading.athena_questions import AthenaQuestions
from inferwatch.aws.site import Site, open_site
from inferwatch.errors import AwsError, DialectError, QueryError
from inferwatch.lake.row import to_row
from inferwatch.query.parse import parse
from inferwatch.query.predicate import Field
from inferwatch.query.question import Bucket, Question, Stat
from inferwatch.spec import load_spec

SPEC = """
[model]
namespace = "/abc_corp/claim"
name = "doc"
[features]
age = "number"
[lake]
"""
START = 1_795_262_400_000  # 2026-11-21 12:00:00 UTC
ALL = Question(start_ms=START, end_ms=START + 60_000, limit=5)
RECORD = {
    "transaction_id": "a-1",
    "start_at": "2026-11-21T12:00:00.123Z",
    "elapse": 12.5,
    "model_version": 3,
    "cold_start": True,
    "features": {"age": 41},
    "pages": [1, {"x": None}],
}


def site_of(folder: Path, spec: str = SPEC) -> Site:
    (folder / "inferwatch.toml").write_text(spec)
    return open_site(load_spec(folder, environ={}), REGION)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with account():
        yield site_of(tmp_path)


def ask(site: Site, workgroup: Workgroup, question: Question = ALL) -> Any:
    with answering(**workgroup.replies):
        return AthenaQuestions(site, Time().patience).ask(question)


def cells(row: dict[str, Any]) -> Workgroup:
    """Athena's answer that holds one row of the lake."""
    kinds = {float: "double", int: "bigint", bool: "boolean", str: "varchar"}
    texts = [str(cell).lower() if isinstance(cell, bool) else str(cell) for cell in row.values()]
    return Workgroup([(name, kinds[type(cell)]) for name, cell in row.items()], [texts])


def test_a_row_is_the_record_that_was_written(site: Site) -> None:
    answer = ask(site, cells(to_row(RECORD, START + 123, "s")))
    assert answer.rows == [RECORD]
    assert answer.columns[0] == "model_version"  # in the order of the record


def test_the_model_s_own_table_is_asked_with_the_columns_that_it_declares(site: Site) -> None:
    workgroup = Workgroup()
    ask(site, workgroup, Question(start_ms=START, end_ms=START + 1, where=parse("features.age > 40")))
    (asked,) = workgroup.asked
    assert asked["WorkGroup"] == "doc-Inference-Lake"
    assert 'FROM "abc_corp_claim_doc"."transactions"' in asked["QueryString"]
    assert "feature_age" in asked["QueryString"]
    assert "namespace =" not in asked["QueryString"]


def test_groups_are_told_by_their_places_and_times_as_texts(site: Site) -> None:
    by = (Field(("status",)), Bucket(60, "minute"))
    question = Question(
        start_ms=START, end_ms=START + 1, by=by, stats=(Stat("percentile", Field(("elapse",)), 99.0, "p99:elapse"),)
    )
    columns = [("STATUS", "varchar"), ("minute", "bigint"), ("whatever", "double")]
    answer = ask(site, Workgroup(columns, [["failed", str(START), "12.5"], [None, str(START), None]]), question)
    assert answer.columns == ("status", "minute", "p99:elapse")
    assert answer.rows == [
        {"status": "failed", "minute": "2026-11-21T12:00:00.000Z", "p99:elapse": 12.5},
        {"status": None, "minute": "2026-11-21T12:00:00.000Z", "p99:elapse": None},
    ]
    assert "estimates" in answer.notes[0]


def database(log_group: str, *features: str, description: str = "The lake of ") -> str:
    """A lake in Glue, as a stack makes it."""
    glue = boto3.client("glue", region_name=REGION)
    name = log_group.strip("/").replace("/", "_")
    glue.create_database(DatabaseInput={"Name": name, "Description": f"{description}{log_group}"})
    columns = [{"Name": column, "Type": "double"} for column in ("elapse", *features)]
    table = {"Name": "transactions", "StorageDescriptor": {"Columns": columns}}
    glue.create_table(DatabaseName=name, TableInput=table)
    return name


def test_a_node_is_all_the_lakes_below_it_and_none_beside_it(site: Site) -> None:
    database("/abc_corp/claim/doc", "feature_age")
    database("/abc_corp/claim/motor/photo", "feature_pixels", "category_kind")
    for beside in ("/abc_corp/claim_x/doc", "/abc_corp/claims"):
        database(beside)
    database("/abc_corp/claim/mine", description="")
    workgroup = Workgroup()
    asked = Question(start_ms=START, end_ms=START + 1, node="/abc_corp/claim", where=parse("features.age > 40"))
    ask(site, workgroup, asked)
    text = workgroup.asked[0]["QueryString"]
    first, second = text.split(" UNION ALL ")
    assert 'CAST(NULL AS double) AS "feature_pixels" FROM "abc_corp_claim_doc"."transactions"' in first
    assert 'CAST(NULL AS varchar) AS "category_kind", "feature_age", ' in first
    assert '"category_kind", CAST(NULL AS double) AS "feature_age"' in second
    assert 'FROM "abc_corp_claim_motor_photo"."transactions")' in second
    assert text.count('"transactions"') == 2
    assert "namespace = '/abc_corp/claim'" in text


def test_a_model_that_is_another_s_is_asked_by_its_log_group(site: Site) -> None:
    database("/abc_corp/claim/motor/photo")
    workgroup = Workgroup()
    ask(site, workgroup, Question(start_ms=START, end_ms=START + 1, node="/abc_corp/claim/motor/photo"))
    assert 'FROM "abc_corp_claim_motor_photo"."transactions"' in workgroup.asked[0]["QueryString"]
    assert workgroup.asked[0]["WorkGroup"] == "doc-Inference-Lake"


def test_a_node_without_a_lake_says_so(site: Site) -> None:
    database("/abc_corp/claims/doc")
    question = Question(start_ms=START, end_ms=START + 1, node="/abc_corp/claim")
    with pytest.raises(QueryError, match="no model at or below /abc_corp/claim has a lake in account"):
        ask(site, Workgroup(), question)


def test_who_may_not_see_the_databases_is_told_what_to_do(site: Site) -> None:
    def deny(_: dict[str, Any]) -> Any:
        raise refused("GetDatabases", "AccessDeniedException")

    question = Question(start_ms=START, end_ms=START + 1, node="/abc_corp/claim")
    with (
        answering(GetDatabases=deny),
        pytest.raises(AwsError, match=r"GetDatabases is not allowed .* ask one model at a time by its --spec"),
    ):
        ask(site, Workgroup(), question)


def test_a_model_without_a_lake_has_nothing_to_ask(tmp_path: Path) -> None:
    with account():
        site = site_of(tmp_path, '[model]\nnamespace = "/a"\nname = "b"\n')
        with pytest.raises(QueryError, match=r"has no \[lake\], so Athena has nothing to read"):
            AthenaQuestions(site, Time().patience)
        with pytest.raises(QueryError, match=r"has no \[lake\]"):
            athena_sql.ask(site, Time().patience, "SELECT 1", 5)


def test_a_question_that_is_too_long_for_athena_is_refused(site: Site) -> None:
    parts = " OR ".join(f"error.message = '{number:04d}{'x' * 400}'" for number in range(20))
    where = parse(parts[:9_000].rpartition(" OR ")[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("inferwatch.aws.reading.athena_questions.TEXT_MAX", 5_000)
        with pytest.raises(DialectError, match="Athena: the question is longer than 5000 bytes"):
            ask(site, Workgroup(), Question(start_ms=START, end_ms=START + 1, where=where))


@pytest.mark.parametrize(
    "statement",
    ["SELECT 1", "  -- why\n/* DROP */ (with x AS (SELECT 1) SELECT 1)", "show tables", "DESCRIBE transactions"],
)
def test_a_select_is_passed_on_as_it_stands(site: Site, statement: str) -> None:
    workgroup = Workgroup([("at", "timestamp"), ("n", "decimal")], [["2026-11-21 12:00:00.123", "0.5"]] * 3)
    with answering(**workgroup.replies):
        answer = athena_sql.ask(site, Time().patience, statement, 2)
    assert workgroup.asked[0]["QueryString"] == statement
    assert answer.rows == [{"at": "2026-11-21T12:00:00.123Z", "n": 0.5}] * 2
    assert answer.notes == ("There are more rows; these are the first 2.",)


@pytest.mark.parametrize(
    "statement",
    ["DROP TABLE x", "/* SELECT */ INSERT INTO x", "", "-- SELECT", "EXPLAIN ANALYZE INSERT INTO x", "selecting"],
)
def test_what_is_no_question_is_not_passed_on(site: Site, statement: str) -> None:
    workgroup = Workgroup()
    with answering(**workgroup.replies), pytest.raises(QueryError, match="is no question: a statement begins with"):
        athena_sql.ask(site, Time().patience, statement, 2)
    assert workgroup.asked == []
