"""Lines of a log group in the lake: Firehose, the built function, Parquet in S3 and Athena, all in MiniStack.

What MiniStack does otherwise than AWS: it hands no log events to Firehose, so the test does; it writes a file for each
record at once, and drops what AWS writes to the error prefix; its engine is DuckDB, for the Parquet files as well as
for Athena's SQL; it reads partitions from the names of folders and not by their projection.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from deployed_stack import DeployedStack, deploy, synthesized
from lake_model import LINES, START, lines, write_spec
from ministack_process import ACCOUNT, REGION, MiniStack
from msgspec.structs import replace
from subscription_payload import payload
from trino_on_duckdb import AthenaOnDuckDB

from inferwatch.aws.patience import Patience
from inferwatch.aws.reading import athena_questions
from inferwatch.aws.reading.athena import Athena
from inferwatch.aws.reading.athena_questions import AthenaQuestions
from inferwatch.aws.session import Caller
from inferwatch.aws.site import Site
from inferwatch.cloudwatch.names import names
from inferwatch.errors import QueryError
from inferwatch.lake.columns import GLUE_COLUMNS
from inferwatch.lake.row import to_record
from inferwatch.query.question import Question
from inferwatch.query.wording import question
from inferwatch.sdk.streams import stream_file
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.store import Store
from inferwatch.store.lake.engine import Engine

pytestmark = pytest.mark.xdist_group("ministack")

DAY = 86_400_000
STREAM = "2026/11/21/pricing-Inference[3]0123456789abcdef"
# Of what Trino and DuckDB both read. What came twice is taken once.
ONCE = "(SELECT *, row_number() OVER (PARTITION BY transaction_id ORDER BY start_at) AS copy FROM {})"
QUESTIONS = {
    "by status": """
        SELECT status, count(*) AS n, sum(elapse) AS spent, max(elapse) AS slowest, min(start_at) AS first
        FROM {} WHERE copy = 1 GROUP BY status ORDER BY status""",
    "slow": """
        SELECT transaction_id, start_at, elapse, model_version, request FROM {}
        WHERE copy = 1 AND elapse >= 40 ORDER BY start_at DESC LIMIT 20""",
    "features": """
        SELECT category_kind, avg(feature_rooms) AS rooms, count(feature_rooms) AS n FROM {}
        WHERE copy = 1 AND category_kind IS NOT NULL GROUP BY category_kind ORDER BY category_kind""",
    "unsure": """
        SELECT count(*) AS n, avg(confidence) AS mean FROM {} WHERE copy = 1 AND confidence < 0.5""",
}


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> MonitorSpec:
    return write_spec(tmp_path_factory.mktemp("pricing"))


@pytest.fixture(scope="module")
def stack(cloud: MiniStack, spec: MonitorSpec, tmp_path_factory: pytest.TempPathFactory) -> DeployedStack:
    """The lake, whole: there is nothing in it that MiniStack cannot make."""
    import lake_stack  # it starts Node.js, so not where tests are only collected

    assembly = tmp_path_factory.mktemp("lake") / "cdk.out"
    lake_stack.synthesize(spec, assembly)
    return deploy(cloud, assembly, lake_stack.ARTIFACT, synthesized(assembly, lake_stack.ARTIFACT))


def put(cloud: MiniStack, stream: str, batches: Sequence[Sequence[bytes]]) -> None:
    """Hand batches of lines to Firehose, as a subscription does."""
    data = [base64.b64decode(payload([line.decode() for line in batch], logStream=STREAM)) for batch in batches]
    answer = cloud.client("firehose").put_record_batch(
        DeliveryStreamName=stream, Records=[{"Data": each} for each in data]
    )
    assert answer["FailedPutCount"] == 0


@pytest.fixture(scope="module")
def written(cloud: MiniStack, stack: DeployedStack, spec: MonitorSpec) -> list[bytes]:
    """The lines that are in the lake, some of them twice, as a subscription or Firehose may hand them over."""
    made = lines(spec)
    stream = names(spec).lake
    put(cloud, stream, [made[:25], made[20:30], made[30:], made[30:]])
    trial = payload(["CWL CONTROL MESSAGE"], messageType="CONTROL_MESSAGE")
    for data in (base64.b64decode(trial), b"no payload"):
        cloud.client("firehose").put_record(DeliveryStreamName=stream, Record={"Data": data})
    return made


@pytest.fixture(scope="module")
def local(spec: MonitorSpec, written: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same lines on one machine: a data folder with its lake."""
    data = tmp_path_factory.mktemp("data")
    file = stream_file(data, spec.identity.log_group, STREAM)
    file.parent.mkdir(parents=True)
    file.write_bytes(b"".join(written))
    with Store.open(data, writer=True) as store:
        store.ingest(START + DAY)
        assert store.compact(START + DAY).records == LINES
    return data


def _files(data: Path) -> list[str]:
    return [str(file) for file in data.glob("lake/model=*/**/*.parquet")]


PATIENCE = Patience(lambda: time.monotonic_ns() // 1_000_000, lambda seconds: time.sleep(min(seconds, 0.05)))


@pytest.fixture
def site(cloud: MiniStack, spec: MonitorSpec, monkeypatch: pytest.MonkeyPatch) -> Site:
    for name, value in cloud.environ.items():
        monkeypatch.setenv(name, value)
    caller = Caller(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:root", region=REGION)
    return Site(spec, names(spec), cloud.session, caller)


@pytest.fixture
def athena(site: Site) -> Athena:
    return Athena(site, PATIENCE)


@pytest.fixture
def downloaded(cloud: MiniStack, stack: DeployedStack, written: list[bytes], tmp_path: Path) -> list[str]:
    """The files of the lake, as a person would copy them, in their folders."""
    s3, bucket = cloud.client("s3"), stack.outputs["Bucket"]
    files = []
    for found in s3.list_objects_v2(Bucket=bucket, Prefix="lake/")["Contents"]:
        file = tmp_path / found["Key"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read())
        files.append(str(file))
    return files


def asked(sql: str, **values: Any) -> list[dict[str, Any]]:
    """What DuckDB answers, as one machine uses it; its times are UTC, as Athena's."""
    engine = Engine()
    rows = engine.rows(sql, values)
    engine.close()
    return [
        {name: cell.replace(tzinfo=UTC) if isinstance(cell, datetime) else cell for name, cell in row.items()}
        for row in rows
    ]


def parsed(line: bytes) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(line)
    del record["_aws"]
    return record


def test_files_are_parquet_below_the_model_and_the_day_of_their_arrival(downloaded: list[str]) -> None:
    folders = {Path(file).parent.relative_to(Path(file).parents[3]).as_posix() for file in downloaded}
    assert len(downloaded) == 4  # MiniStack's: a file for each record that holds any
    assert {folder.partition("/dt=")[0] for folder in folders} == {"lake/model=%2Ftest%2Flake%2Fpricing"}
    today = datetime.now(UTC).date()
    assert {date.fromisoformat(folder.partition("/dt=")[2]) for folder in folders} <= {today, today - timedelta(1)}
    compression = asked("SELECT DISTINCT compression FROM parquet_metadata($files)", files=downloaded)
    assert compression == [{"compression": "GZIP"}]


def test_columns_are_those_of_the_local_lake(downloaded: list[str], local: Path) -> None:
    describe = "SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet($files, hive_partitioning = false))"
    ours = {row["column_name"]: row["column_type"] for row in asked(describe, files=_files(local))}
    theirs = {row["column_name"]: row["column_type"] for row in asked(describe, files=downloaded)}

    assert list(theirs) == [*GLUE_COLUMNS, "feature_rooms", "category_kind"]
    assert ours.keys() - theirs.keys() == {"log_offset"}
    times = {"start_at", "end_at"}
    assert {name: theirs[name] for name in theirs if name not in times} == {
        name: ours[name] for name in theirs if name not in times
    }
    assert {(ours[name], theirs[name]) for name in times} == {("TIMESTAMP WITH TIME ZONE", "TIMESTAMP")}


def test_each_record_comes_back_as_it_was_written(athena: Athena, written: list[bytes]) -> None:
    rows = athena.rows(f"SELECT * FROM {ONCE.format('transactions')} WHERE copy = 1")
    records = {row["transaction_id"]: to_record(row) for row in rows}
    assert len(rows) == LINES
    assert records == {record["transaction_id"]: record for record in map(parsed, written)}


def test_what_came_twice_is_there_twice_and_read_once(athena: Athena, written: list[bytes]) -> None:
    (row,) = athena.rows("SELECT count(*) AS rows, count(DISTINCT transaction_id) AS transactions FROM transactions")
    assert row == {"rows": LINES + 5 + 30, "transactions": LINES}


@pytest.mark.parametrize("question", QUESTIONS)
def test_athena_answers_as_the_local_lake_does(athena: Athena, local: Path, question: str) -> None:
    relation = "(SELECT * REPLACE (start_at AT TIME ZONE 'UTC' AS start_at) FROM read_parquet($files))"
    ours = asked(QUESTIONS[question].format(ONCE.format(relation)), files=_files(local))
    assert ours
    assert athena.rows(QUESTIONS[question].format(ONCE.format("transactions"))) == ours


def asked_of_all(where: str = "", **words: Any) -> Question:
    return question(where, start_ms=START, end_ms=START + DAY, **words)


ASKED: dict[str, Question] = {
    "slow": asked_of_all("elapse >= 40", limit=20),
    "all of some": asked_of_all("status IN ('failed', 'timeout') AND error.message LIKE '%such%'"),
    "features": asked_of_all("features.rooms >= 6", order_by=("-features.rooms",), limit=7),
    "own fields": asked_of_all("pages BETWEEN 10 AND 20", order_by=("pages",)),
    "by status": asked_of_all(
        by=("status",), stats=("count", "avg:elapse", "max:elapse", "sum:pages", "stddev:elapse")
    ),
    "by time": asked_of_all("status != 'succeeded'", by=("hour",), stats=("count", "min:elapse"), order_by=("-count",)),
    "nothing": asked_of_all("elapse > 1000"),
    "of nothing": asked_of_all("elapse > 1000", stats=("count", "avg:elapse")),
}


def rounded(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sums depend on their order in the last digit."""
    return [{name: round(cell, 9) if isinstance(cell, float) else cell for name, cell in row.items()} for row in rows]


@pytest.mark.parametrize("name", ASKED)
def test_a_question_has_one_answer_on_both_sides(
    site: Site, written: list[bytes], local: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text that Athena gets; asked by the node, over the relation that holds every model below it."""
    monkeypatch.setattr(athena_questions, "Athena", AthenaOnDuckDB)
    with Store.open(local, writer=False) as store:
        ours = store.ask(ASKED[name])
    assert ours.rows or name == "nothing"
    for node in (None, "/test/lake"):
        theirs = AthenaQuestions(site, PATIENCE).ask(replace(ASKED[name], node=node))
        assert theirs.columns == ours.columns
        assert rounded(theirs.rows) == rounded(ours.rows)


@pytest.fixture
def two_lakes(cloud: MiniStack, spec: MonitorSpec, stack: DeployedStack) -> Iterator[str]:
    """A second database of the same files, as another model's below the node, whose table lacks a column."""
    glue, database = cloud.client("glue"), "test_lake_copy"
    (table,) = (glue.get_table(DatabaseName=names(spec).lake_database, Name="transactions")["Table"],)
    given = {key: table[key] for key in ("Name", "TableType", "Parameters", "PartitionKeys", "StorageDescriptor")}
    columns = [column for column in given["StorageDescriptor"]["Columns"] if column["Name"] != "category_kind"]
    given["StorageDescriptor"] = {**given["StorageDescriptor"], "Columns": columns}
    glue.create_database(DatabaseInput={"Name": database, "Description": "The lake of /test/lake/copy"})
    glue.create_table(DatabaseName=database, TableInput=given)
    yield "/test/lake"
    glue.delete_table(DatabaseName=database, Name="transactions")
    glue.delete_database(Name=database)


def test_a_node_is_asked_as_one_table(
    site: Site, written: list[bytes], local: Path, two_lakes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(athena_questions, "Athena", AthenaOnDuckDB)
    with Store.open(local, writer=False) as store:
        ours = store.ask(ASKED["features"])
    theirs = AthenaQuestions(site, PATIENCE).ask(replace(ASKED["features"], node=two_lakes))
    # What is in both is there once, out of either.
    told = [[(row["transaction_id"], row["features"]["rooms"]) for row in answer.rows] for answer in (theirs, ours)]
    assert told[0] == told[1]


def test_the_other_name_of_the_table_is_the_same_table(athena: Athena, written: list[bytes]) -> None:
    asked = "SELECT count(DISTINCT transaction_id) AS n, count(category_kind) AS kinds FROM {}"
    alias = athena.rows(asked.format("model_monitoring_logs"))
    assert alias == athena.rows(asked.format("transactions"))
    assert alias[0]["n"] == LINES


def test_the_documented_query_reads_both_lakes_at_once(
    downloaded: list[str], local: Path, written: list[bytes]
) -> None:
    (row,) = asked(
        "SELECT count(*) AS n, count(DISTINCT transaction_id) AS transactions, max(epoch_ms(start_at)) AS last"
        " FROM read_parquet($files, union_by_name = true, hive_partitioning = false)",
        files=[*downloaded, *_files(local)],
    )
    last = max(parsed(line)["start_at"] for line in written)
    assert row["transactions"] == LINES
    assert row["n"] == 2 * LINES + 5 + 30
    assert datetime.fromtimestamp(row["last"] / 1000, UTC) == datetime.fromisoformat(last)


def test_a_question_that_cannot_be_answered_says_why(athena: Athena, written: list[bytes]) -> None:
    with pytest.raises(QueryError, match=r"Athena could not answer: .*no_such_column"):
        athena.rows("SELECT no_such_column FROM transactions")


def test_log_group_stream_and_workgroup_are_as_declared(
    cloud: MiniStack, stack: DeployedStack, spec: MonitorSpec
) -> None:
    called = names(spec)
    (subscribed,) = cloud.client("logs").describe_subscription_filters(logGroupName=called.log_group)[
        "subscriptionFilters"
    ]
    stream = cloud.client("firehose").describe_delivery_stream(DeliveryStreamName=called.lake)
    arn = stream["DeliveryStreamDescription"]["DeliveryStreamARN"]
    workgroup = cloud.client("athena").get_work_group(WorkGroup=called.lake)["WorkGroup"]["Configuration"]

    assert (subscribed["filterName"], subscribed["destinationArn"]) == (called.lake_subscription, arn)
    assert subscribed["filterPattern"] == '{ $.type = "inference_transaction" }'
    assert stream["DeliveryStreamDescription"]["DeliveryStreamEncryptionConfiguration"]["Status"] == "ENABLED"
    assert workgroup["BytesScannedCutoffPerQuery"] == 10 * 10**9
    output = workgroup["ResultConfiguration"]["OutputLocation"]
    assert output == f"s3://{stack.outputs['Bucket']}/athena-results/{called.lake}/"
