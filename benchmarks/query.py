"""What asking the data folder costs, beside DuckDB's SQL written by hand over the same files, in one run.

    uv run --group bench python benchmarks/query.py [--records 1000000 10000000] [--data FOLDER] [--rounds 15] [--json]

The records are those of `query_data.py`: 20 models, 30 days, requests of 1 KB; they are made where they are not there
yet. Both are asked in turns, with the files in the page cache. Of the rounds of each stand the median, and the fastest,
which other work on the machine disturbed least.

By hand means: somebody knows which files hold the answer, has DuckDB open with the same memory and threads, and is
content with tuples. InferWatch finds the files in its catalog, reads the tail of the streams, and makes records.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import duckdb
import msgspec
import query_data
from contest import Contestant, taken
from query_data import END_MS, START_MS, group

from inferwatch.query import wording
from inferwatch.store import Store
from inferwatch.store.lake import lake
from inferwatch.store.lake.lake import LakeFile
from inferwatch.store.times import DAY, HOUR

NOW_MS = END_MS - 6 * HOUR
DAY_AGO_MS = NOW_MS - DAY
ONE = group(3)
EVERY_ROW = 50_000
COLUMNS = "* REPLACE (epoch_ms(start_at) AS start_at, epoch_ms(end_at) AS end_at)"
FROM = "FROM read_parquet($files, hive_partitioning = false)"
RANGE = "start_at >= make_timestamptz($start) AND start_at < make_timestamptz($end)"
SLOW = f"""
SELECT {COLUMNS} {FROM} WHERE {RANGE} AND elapse >= 3000 ORDER BY start_at DESC, transaction_id DESC LIMIT 20
"""
MINUTES = f"""
SELECT epoch_us(start_at) // 60000000 AS minute, count(*), avg(elapse) {FROM} WHERE {RANGE} GROUP BY 1 ORDER BY 1
"""
BY_ID = f"SELECT {COLUMNS} {FROM} WHERE transaction_id = $id"
AN_ID = f"SELECT transaction_id {FROM} WHERE start_at >= make_timestamptz($start) ORDER BY start_at LIMIT 1"

Rows = Callable[[], list[Any]]


class Race(NamedTuple):
    """One question, asked both ways. target_ms: at 10 million records; None where nothing was promised."""

    name: str
    target_ms: float | None
    by_hand: Rows
    ours: Rows


class ByHand:
    """SQL over the files of some days, of one model or of all."""

    def __init__(self, data: Path, files: list[LakeFile]) -> None:
        self._data = data
        self._files = files
        self._duckdb = duckdb.connect(config={"threads": 2, "memory_limit": "512MB"})
        self._duckdb.execute("SET TimeZone = 'UTC'")

    def rows(self, sql: str, start_ms: int, end_ms: int, model: str | None = None, **values: str) -> Rows:
        files = [
            str(lake.path(self._data, file))
            for file in self._files
            if file.max_ms >= start_ms and file.min_ms < end_ms and model in (None, file.log_group)
        ]
        bounds = {"start": start_ms * 1000, "end": end_ms * 1000}
        bound = {"files": files, **{name: value for name, value in bounds.items() if f"${name}" in sql}, **values}
        return lambda: self._duckdb.execute(sql, bound).fetchall()


def asked(store: Store, start_ms: int, model: str | None = None, **words: Any) -> Rows:
    question = wording.question(start_ms=start_ms, end_ms=NOW_MS, node=model, **words)
    if question.aggregates:
        question = msgspec.structs.replace(question, limit=EVERY_ROW)
    return lambda: store.ask(question).rows


def races(store: Store, data: Path) -> list[Race]:
    hand = ByHand(data, lake.files(store._connection))
    slow: dict[str, Any] = {"where": "elapse >= 3000", "limit": 20}
    minutes: dict[str, Any] = {"by": ("minute",), "stats": ("count", "avg:elapse")}
    at_ms = NOW_MS - 9 * HOUR
    (identity,) = hand.rows(AN_ID, at_ms, at_ms + HOUR, ONE)()[0]
    id_day = hand.rows(BY_ID, at_ms, at_ms + HOUR, id=identity)
    return [
        Race(
            "slow in 24 h, one model",
            30,
            hand.rows(SLOW, DAY_AGO_MS, NOW_MS, ONE),
            asked(store, DAY_AGO_MS, ONE, **slow),
        ),
        Race(
            "slow in 24 h, all 20 models", None, hand.rows(SLOW, DAY_AGO_MS, NOW_MS), asked(store, DAY_AGO_MS, **slow)
        ),
        Race("per minute, 24 h", 20, hand.rows(MINUTES, DAY_AGO_MS, NOW_MS), asked(store, DAY_AGO_MS, **minutes)),
        Race("per minute, 30 days", 350, hand.rows(MINUTES, START_MS, NOW_MS), asked(store, START_MS, **minutes)),
        Race("by id, its day known by hand", 20, id_day, lambda: [store.transaction(identity)]),
    ]


def seconds(rows: Rows) -> Callable[[int], float]:
    def run(count: int) -> float:
        start = time.perf_counter()
        for _ in range(count):
            rows()
        return time.perf_counter() - start

    return run


def figures(store: Store, data: Path, rounds: int) -> list[dict[str, Any]]:
    rows = []
    for race in races(store, data):
        assert len(race.by_hand()) == len(race.ours()) > 0, race.name
        pair: list[Contestant] = [("by hand", 1, seconds(race.by_hand)), ("inferwatch", 1, seconds(race.ours))]
        hand, ours = ([us / 1000 for us in figures] for figures in taken(pair, rounds).values())
        row = {"by_hand_ms": median(hand), "ms": median(ours), "by_hand_fastest_ms": min(hand), "fastest_ms": min(ours)}
        rows.append({"what": race.name, **row, "target_ms": race.target_ms})
    return rows


def report(records: int, rows: list[dict[str, Any]]) -> None:
    print(f"{records:,} records; milliseconds")
    print(f"{'':30}{'median':>21}{'':14}{'fastest':>21}{'promised at 10 M':>25}")
    print(f"{'':30}{'by hand':>9}{'inferwatch':>12}{'ratio':>7}{'by hand':>16}{'inferwatch':>12}{'ratio':>7}")
    for row in rows:
        target = "" if row["target_ms"] is None else f"{row['target_ms']}"
        of_medians, of_fastest = row["ms"] / row["by_hand_ms"], row["fastest_ms"] / row["by_hand_fastest_ms"]
        print(
            f"{row['what']:30}{row['by_hand_ms']:>9.1f}{row['ms']:>12.1f}{of_medians:>7.2f}"
            f"{row['by_hand_fastest_ms']:>16.1f}{row['fastest_ms']:>12.1f}{of_fastest:>7.2f}{target:>11}"
        )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--records", type=int, nargs="+", default=[1_000_000, 10_000_000])
    arguments.add_argument("--data", type=Path, help="Where the records lie, or shall: 3 GB for 10 million.")
    arguments.add_argument("--rounds", type=int, default=15)
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for records in options.records:
            data = (options.data or Path(temporary)) / str(records)
            query_data.make(data, records)
            with Store.open(data, writer=False) as store:
                rows = figures(store, data, options.rounds)
            if options.json:
                print(json.dumps({"records": records, "figures": rows}))
            else:
                report(records, rows)


if __name__ == "__main__":
    main()
