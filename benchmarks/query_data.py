"""Records for the benchmark of questions: a data folder as compaction leaves it, written by DuckDB itself.

20 models, 30 days, one file for each of both, sorted by time, zstd, row groups of 20,000; a request of about 1 KB whose
numbers are chance. The same number of records gives the same folder each time.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from inferwatch.store.catalog import connect
from inferwatch.store.lake import lake, parquet
from inferwatch.store.lake.lake import LakeFile
from inferwatch.store.times import DAY
from inferwatch.store.transaction import transaction

MODELS = 20
DAYS = 30
FIRST_DAY = 20_393  # 2025-11-01
START_MS = FIRST_DAY * DAY
END_MS = (FIRST_DAY + DAYS) * DAY
NODE = "/abc_corp/claim"

_ROWS = """
WITH one AS (
    SELECT $day::BIGINT * 86400000 + (i * 86400000 + (hash($model, i) % 86400000)::BIGINT) // $rows AS ms,
        i, random() AS chance, random() AS how_long
    FROM range($rows) AS numbers(i)
), timed AS (
    SELECT *, CASE WHEN how_long < 0.002 THEN 3000 + 4000 * random() ELSE 20 + 200 * how_long END AS took,
        CASE WHEN chance < 0.985 THEN 'succeeded' WHEN chance < 0.99 THEN 'rejected' WHEN chance < 0.995 THEN 'timeout'
            ELSE 'failed' END AS outcome, md5(concat($model, $day, i)) AS digits
    FROM one
)
SELECT 1::BIGINT AS v, '/abc_corp/claim' AS namespace, $model AS model_name,
    CASE WHEN $day % 30 < 20 THEN '3' ELSE '4' END AS model_version, '7' AS deployment_id, 'prod' AS environment,
    concat('server-', i % 4) AS server_id, 'inference_transaction' AS type,
    concat(substr(hexed, 1, 8), '-', substr(hexed, 9, 4), '-7', substr(digits, 1, 3), '-8', substr(digits, 4, 3), '-',
        substr(digits, 7, 12)) AS transaction_id,
    concat('req-', digits) AS request_id,
    make_timestamptz(ms * 1000) AS start_at, make_timestamptz((ms + took::BIGINT) * 1000) AS end_at,
    round(took, 3) AS elapse, outcome AS status,
    CASE WHEN outcome = 'succeeded' THEN NULL ELSE '{"type":"ValueError","message":"no such page"}' END AS error,
    concat('{"principal":"team-', i % 50, '"}') AS requester,
    concat('{"pages":', 1 + i % 9, ',"words":[', array_to_string(list_transform(range(20),
        lambda x: round(random() * 16, 4)), ','), '],"document":"', digits,
        md5(digits), sha256(digits), repeat('d', 700), '"}')
        AS request,
    concat('{"prediction":"invoice","label":"', ['invoice', 'letter', 'form'][1 + i % 3], '","scores":[',
        round(random(), 6), ',', round(random(), 6), ']}') AS response,
    1040::BIGINT AS request_size, 80::BIGINT AS response_size, '"invoice"' AS prediction,
    round(0.5 + 0.5 * random(), 4) AS confidence, i % 500 = 0 AS cold_start, NULL::BOOLEAN AS truncated,
    '{"Invocations":1,"SuccessCount":1,"ErrorCount":0,"RejectedCount":0}' AS metrics,
    concat('{"pages":', 1 + i % 9, '}') AS properties, 'server/1' AS log_stream, i * 2000 AS log_offset,
    round(18 + 60 * random(), 0) AS feature_age, ['north', 'south', 'east'][1 + i % 3] AS category_region
FROM (SELECT *, lpad(lower(to_hex(ms)), 12, '0') AS hexed FROM timed)
ORDER BY start_at, transaction_id
"""
_BOUNDS = "SELECT epoch_ms(min(start_at)), epoch_ms(max(start_at)) FROM read_parquet(?)"
_WRITE = f"COPY ({_ROWS}) TO $target (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20000)"


def group(model: int) -> str:
    return f"{NODE}/model_{model:02d}"


def make(data: Path, records: int) -> None:
    """Fill the data folder, unless it is full already."""
    data.mkdir(parents=True, exist_ok=True)
    connection = connect(data)
    engine = duckdb.connect(config={"threads": 2, "memory_limit": "2GB"})
    try:
        done = {file.day for file in lake.files(connection)}
        for day in (day for day in range(FIRST_DAY, FIRST_DAY + DAYS) if day not in done):
            engine.execute("SELECT setseed(?)", [day / (FIRST_DAY + DAYS)])
            made = [_file(engine, data, day, model, records // (MODELS * DAYS)) for model in range(MODELS)]
            with transaction(connection):
                lake.add(connection, made)
    finally:
        engine.close()
        connection.close()


def _file(engine: duckdb.DuckDBPyConnection, data: Path, day: int, model: int, rows: int) -> LakeFile:
    name = f"{lake.folder(group(model), day)}/{model:016x}{lake.SUFFIX}"
    path = data / lake.FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    values = {"day": day, "model": f"model_{model:02d}", "rows": rows, "target": str(path)}
    engine.execute(_WRITE, values)
    first, last = engine.execute(_BOUNDS, [str(path)]).fetchone() or (0, 0)
    return LakeFile(name, group(model), day, rows, first, last, parquet.digest(path))
