"""A person's SELECT: answered from the views, and locked out of everything else."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_lines import DIMENSIONS, NAMESPACE, NOW, append, line, record

from inferwatch.errors import PredicateError, QueryError
from inferwatch.query.answer import Answer
from inferwatch.store import Store
from inferwatch.store.lake import statement
from inferwatch.store.lake.engine import EngineError
from inferwatch.store.lake.sql import Sql

DAY = 86_400_000


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data: Path = tmp_path_factory.mktemp("it's data")
    append(data, b"".join(line(number, NOW - number * DAY // 8, elapse=float(number)) for number in range(20)))
    with Store.open(data, writer=True) as store:
        store.ingest(NOW)
        store.compact(NOW)
        append(data, line(20, NOW - 1, elapse=20.0, features={"age": 3}, response={"label": "x"}))
    return data


@pytest.fixture(scope="module")
def store(data: Path) -> Iterator[Store]:
    with Store.open(data, writer=False) as opened:
        yield opened


def rows(store: Store, select: str) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in store.sql(select, 1000).rows]


def test_the_lake_and_the_tail_are_one_view_with_two_names(store: Store) -> None:
    for view in ("transactions", "MODEL_monitoring_logs"):
        assert rows(store, f"SELECT count(*), max(elapse) FROM {view}") == [(21, 20.0)]
    newest = "SELECT transaction_id, feature_age, response->>'$.label' FROM transactions ORDER BY start_at DESC LIMIT 1"
    assert store.sql("SELECT start_at, elapse FROM transactions WHERE elapse = 20", 9) == Answer(
        columns=("start_at", "elapse"),
        rows=[{"start_at": "2025-11-21T09:11:59.999Z", "elapse": 20.0}],
        times=("start_at",),
    )
    last = record(line(0, NOW))["transaction_id"]
    assert rows(store, newest) == [(last, None, None)]


def test_rollups_are_rows(store: Store) -> None:
    metrics = store.metrics(NAMESPACE)
    (point,) = metrics.datapoints("LatencyMs", "p90", 3600 * 24 * 8, NOW - 7 * DAY, NOW + DAY, DIMENSIONS)
    (count, percentile, dimensions) = rows(
        store,
        "SELECT sum(count), max(p90), any_value(dimensions->>'$.environment') FROM rollups"
        " WHERE metric = 'LatencyMs' AND period_seconds = 3600",
    )[0]
    assert (count, dimensions) == (20, "prod")
    assert count == point.samples
    assert isinstance(percentile, float)
    spans = rows(store, "SELECT DISTINCT period_seconds FROM Rollups ORDER BY 1")
    assert spans == [(10,), (60,), (300,), (3600,)]


def test_what_is_more_than_the_limit_is_told(store: Store) -> None:
    answer = store.sql("SELECT elapse FROM transactions ORDER BY elapse DESC -- the slowest", 3)
    assert [row["elapse"] for row in answer.rows] == [20.0, 19.0, 18.0]
    assert answer.notes == ("There are more rows; these are the first 3.",)
    assert store.sql("SELECT elapse FROM transactions ;\n-- all", 21).notes == ()


def test_values_of_every_type_become_json(store: Store) -> None:
    select = """SELECT TIMESTAMP '2026-01-02 03:04:05.6' AS a, DATE '2026-01-02' AS b, [start_at] AS c, {'x': 1} AS d,
        1.5::DECIMAL(4, 2) AS e, 170141183460469231731687303715884105727 AS f, NULL AS g, INTERVAL 1 DAY AS h,
        9007199254740993 AS "i""j", true AS k, 'x' AS k FROM transactions WHERE elapse = 0"""
    answer = store.sql(select, 1)
    assert answer.times == ("a",)
    assert answer.rows == [
        {
            **{"a": "2026-01-02T03:04:05.600Z", "b": "2026-01-02", "c": ["2025-11-21 09:12:00+00"], "d": {"x": 1}},
            **{"e": 1.5, "f": float(2**127 - 1), "g": None, "h": "1 day", 'i"j': 9007199254740993},
            **{"k": True, "k_1": "x"},
        }
    ]


def test_numbers_that_json_has_not_are_numbers_within_lists_too(store: Store) -> None:
    (row,) = store.sql("SELECT ['inf'::DOUBLE, 1.5::DOUBLE] AS a, {'x': 'nan'::DOUBLE, 'y': 'NaN'} AS b", 1).rows
    assert row["a"] == [math.inf, 1.5]
    assert math.isnan(row["b"]["x"])
    assert row["b"]["y"] == "NaN"


@pytest.mark.parametrize(
    "select",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_json('/etc/passwd')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM read_blob('{data}/catalog.sqlite')",
        "SELECT * FROM read_text('{data}/logs/abc_corp/claim/doc/@streams/s%2F1.jsonl')",
        "SELECT * FROM sqlite_scan('{data}/catalog.sqlite', 'stream')",
        "SELECT * FROM parquet_metadata('{data}/../other.parquet')",
        "SELECT * FROM read_parquet('https://example.com/x.parquet')",
        "SELECT getenv('HOME')",
        "SELECT * FROM which_secret('s3://x', 's3')",
        "SELECT * FROM query('COPY (SELECT 1) TO ''{data}/out''')",
        "SELECT * FROM select",
        "SELECT * FROM store",
    ],
)
def test_a_select_reads_nothing_else(store: Store, data: Path, select: str) -> None:
    with pytest.raises(QueryError):
        store.sql(select.replace("{data}", str(data).replace("'", "''")), 10)


@pytest.mark.parametrize(
    "other",
    [
        "COPY (SELECT 1) TO 'out.csv'",
        "ATTACH 'catalog.sqlite' AS c (TYPE sqlite)",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET memory_limit = '9GB'",
        "PRAGMA database_list",
        "CREATE TABLE x AS SELECT 1",
        "DROP VIEW transactions",
        "EXPORT DATABASE 'x'",
        "CALL pragma_version()",
        "EXPLAIN SELECT 1",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP VIEW transactions",
        "",
        " -- nothing",
        "x" * 100_001,
    ],
)
def test_only_one_select_is_answered(store: Store, other: str) -> None:
    with pytest.raises(QueryError):
        store.sql(other, 10)


def test_the_lock_holds_without_the_check_of_the_statement(data: Path) -> None:
    """Were a statement let through, the engine itself would still refuse it."""
    engine = Sql([str(path) for path in data.glob("lake/*/*/*.parquet")], [], None)
    for other in ("COPY (SELECT 1) TO 'out.csv'", "SET enable_external_access = true", "SET allowed_paths = ['/']"):
        with pytest.raises(EngineError):
            engine._engine.cells(other, {})
    engine.close()


@pytest.mark.parametrize(
    ("select", "wrong", "said"),
    [
        ("SELECT 'größe', elaps FROM transactions", "elaps", "near are elapse"),
        ("SELEC 1", "SELEC", "syntax error"),
        (
            "SELECT *\nFROM transaction",
            "transaction",
            "there is no table 'transaction'; there are trans",
        ),
        ("SELECT\n status::INTEGER FROM transactions", "::INTEGER", "Could not convert string 'succeeded'"),
        ("SELECT 'a\udcff'", "\udcff", "half of a character"),
        ("SELECT 1\0", "\0", "a character of number 0"),
        ("SELECT * FROM read_text('/etc/passwd')", "read_text('/etc/passwd')", "no files, no network"),
    ],
)
def test_what_is_wrong_is_pointed_at(store: Store, select: str, wrong: str, said: str) -> None:
    with pytest.raises(PredicateError, match="\\^") as raised:
        store.sql(select, 10)
    assert said in raised.value.problem
    assert select[raised.value.start : raised.value.end] == wrong
    assert "LINE 1" not in str(raised.value)


def test_an_answer_that_takes_too_long_is_ended() -> None:
    engine = Sql([], [], None)
    with pytest.raises(QueryError, match=r"longer than 0\.05 s"):
        engine.answer("SELECT count(*) FROM range(100000000000) AS a(x) WHERE x % 7 = 3", 1, seconds=0.05)
    engine.close()


def test_an_answer_that_takes_too_much_memory_is_refused(store: Store) -> None:
    with pytest.raises(QueryError, match="more memory"):
        store.sql("SELECT list(x::VARCHAR || repeat('y', 1000)) FROM range(10000000) AS a(x)", 1)


def test_of_a_damaged_file_the_rest_is_answered(tmp_path: Path) -> None:
    append(tmp_path, line(1, NOW) + line(2, NOW - DAY))
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(NOW)
        store.compact(NOW)
        files = sorted(tmp_path.glob("lake/*/*/*.parquet"))
        files[0].write_bytes(files[0].read_bytes()[:-50])
        assert rows(store, "SELECT count(*) FROM transactions") == [(1,)]
        assert store.tally()["quarantined_files"] == 1


def test_a_folder_without_records_has_its_views(tmp_path: Path) -> None:
    with Store.open(tmp_path, writer=True) as store:
        assert rows(store, "SELECT count(*), max(start_at) FROM transactions") == [(0, None)]
        assert rows(store, "SELECT count(*) FROM rollups") == [(0,)]
        views = [row["name"] for row in store.sql("SHOW TABLES", 9).rows]
        assert views == ["model_monitoring_logs", "rollups", "transactions"]


def test_a_statement_is_cut_where_it_ends() -> None:
    assert statement.single_select("  SELECT ';' ;; -- ;") == "SELECT ';' "
