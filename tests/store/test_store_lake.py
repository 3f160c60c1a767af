from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from store_lines import EVER, GROUP, NOW, append, line, record

from inferwatch.errors import StoreError
from inferwatch.store import Store
from inferwatch.store.lake import compact, lake, merge
from inferwatch.store.lake.compact import Compacted
from inferwatch.store.lake.lake import GARBAGE_MS, LakeFile

DAY = 86_400_000


def parquet_files(data: Path) -> list[Path]:
    return sorted(data.glob("lake/model=*/dt=*/*.parquet"))


def test_files_lie_by_model_and_day(tmp_path: Path) -> None:
    append(tmp_path, line(1, NOW) + line(2, NOW - DAY))
    append(tmp_path, line(3, NOW), group="/other")
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(NOW)
        assert store.compact(NOW) == Compacted(records=3, files=3)
        assert store.compact(NOW) == Compacted()
    assert [path.parent.relative_to(tmp_path / "lake").as_posix() for path in parquet_files(tmp_path)] == [
        "model=%2Fabc_corp%2Fclaim%2Fdoc/dt=2025-11-20",
        "model=%2Fabc_corp%2Fclaim%2Fdoc/dt=2025-11-21",
        "model=%2Fother/dt=2025-11-21",
    ]
    assert list((tmp_path / "lake" / lake.WORK).iterdir()) == []


def test_columns_can_be_read_by_others(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    append(tmp_path, line(1, NOW, features={"age": 30, "kind": "b"}, pages=3))
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(NOW)
        store.compact(NOW)
    (path,) = parquet_files(tmp_path)
    types = {row[0]: row[1] for row in duckdb.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()}
    assert types["start_at"] == "TIMESTAMP WITH TIME ZONE"
    assert (types["elapse"], types["feature_age"], types["category_kind"]) == ("DOUBLE", "DOUBLE", "VARCHAR")
    pages = "json_extract(properties, '$.pages')::INT"
    query = f"SELECT epoch_ms(start_at), {pages}, log_stream, log_offset FROM read_parquet(?)"
    assert duckdb.execute(query, [str(path)]).fetchall() == [(NOW, 3, "s/1", 0)]


def test_small_files_are_merged_and_the_old_ones_deleted_later(tmp_path: Path) -> None:
    with Store.open(tmp_path, writer=True) as store:
        for number in range(merge.FILES):
            append(tmp_path, line(number, NOW - number))
            store.ingest(NOW)
            last = store.compact(NOW)
        assert last.merged == merge.FILES
        assert len(parquet_files(tmp_path)) == merge.FILES + 1
        assert len(lake.files(store._connection)) == 1
        assert len(store.records(EVER)) == merge.FILES
        store.compact(NOW + GARBAGE_MS)
        assert len(parquet_files(tmp_path)) == 1
        assert len(store.records(EVER)) == merge.FILES


def test_merging_makes_one_of_a_doubled_transaction(tmp_path: Path) -> None:
    """Ids are forgotten after 15 days; what is delivered again later meets its first copy here."""
    old = NOW - 40 * DAY
    with Store.open(tmp_path, writer=True) as store:
        for _ in range(merge.FILES):
            append(tmp_path, line(1, old))
            store.ingest(NOW)
            store.compact(NOW)
            store.thin(NOW)
        assert len(store.records(EVER)) == 1


def test_groups_to_merge_stay_below_the_largest_size() -> None:
    def file(number: int, rows: int, day: int = 0) -> LakeFile:
        return LakeFile(f"{number}", GROUP, day, rows, 0, 0, b"")

    assert merge.due([file(n, 5) for n in range(7)]) == []
    assert [len(group) for group in merge.due([file(n, 5) for n in range(20)])] == [20]
    assert merge.due([file(n, 5, day=n) for n in range(20)]) == []
    assert merge.due([file(n, 9 * 8**n) for n in range(5)] * 2) == []
    groups = merge.due([file(n, 30_000) for n in range(20)])
    assert [sum(each.rows for each in group) for group in groups] == [240_000]
    assert merge.due([file(n, merge.LARGEST) for n in range(20)]) == []


def test_a_backlog_is_compacted_in_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "BATCH_BYTES", 4_000)
    monkeypatch.setattr(compact, "LONGEST_LINE", 3_000)
    append(tmp_path, b"".join(line(number) for number in range(40)) + line(1))
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(NOW)
        done = store.compact(NOW)
        assert done.records == 40
        assert done.files > 5
        assert len(store.records(EVER)) == 40


@pytest.mark.parametrize(
    "step", ["parquet.write", "lake.publish", "lake.add", "merge.merge", "lake.discard", "lake.sweep"]
)
def test_a_crash_at_any_step_neither_loses_nor_doubles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    class Crash(BaseException):
        pass

    def crash(*_: object) -> None:
        raise Crash

    with Store.open(tmp_path, writer=True) as store:
        for number in range(merge.FILES - 1):
            append(tmp_path, line(number))
            store.ingest(NOW)
            store.compact(NOW)
    append(tmp_path, line(99))
    with monkeypatch.context() as patch, Store.open(tmp_path, writer=True) as store:
        module, _, name = step.partition(".")
        if name == "publish":  # the file has its name, the catalog does not know it
            real = lake.publish
            patch.setattr(lake, "publish", lambda *args: (real(*args), crash()))
        else:
            patch.setattr({"parquet": compact.parquet, "lake": lake, "merge": merge}[module], name, crash)
        store.ingest(NOW)
        with pytest.raises(Crash):
            store.compact(NOW)
        assert len(store.records(EVER)) == merge.FILES
    with Store.open(tmp_path, writer=True) as store:
        assert len(store.records(EVER)) == merge.FILES
        store.ingest(NOW)
        store.compact(NOW)
        store.compact(NOW + GARBAGE_MS)
        assert len(store.records(EVER)) == merge.FILES
        assert {path.relative_to(tmp_path / "lake").as_posix() for path in parquet_files(tmp_path)} == {
            file.name for file in lake.files(store._connection)
        }


def test_of_two_compactions_at_once_one_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append(tmp_path, line(1) + line(2))
    with Store.open(tmp_path, writer=True) as store, store.share() as other:
        store.ingest(NOW)
        real = compact.parquet.write

        def overtaken(*args: Any) -> LakeFile:
            monkeypatch.undo()
            other.compact(NOW)
            return real(*args)

        monkeypatch.setattr(compact.parquet, "write", overtaken)
        with pytest.raises(StoreError, match="next compaction"):
            store.compact(NOW)
        assert len(store.records(EVER)) == 2
        store.compact(NOW + GARBAGE_MS)
        assert len(parquet_files(tmp_path)) == 1


def test_lines_and_lake_of_a_lost_catalog_are_not_deleted(tmp_path: Path) -> None:
    append(tmp_path, line(1) + line(2))
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(NOW)
        store.compact(NOW)
    before = parquet_files(tmp_path)
    for file in tmp_path.glob("catalog.sqlite*"):
        file.unlink()
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(NOW)
        store.compact(NOW)
        assert len(store.records(EVER)) == 2
    assert set(before) < set(parquet_files(tmp_path))


def spoil(path: Path, seed: int) -> None:
    dice = random.Random(seed)
    data = bytearray(path.read_bytes())
    for _ in range(20):
        data[dice.randrange(len(data))] ^= 1 + dice.randrange(255)
    path.write_bytes(data)


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "gone"])
def test_a_damaged_file_is_put_aside_and_reading_goes_on(tmp_path: Path, damage: str) -> None:
    append(tmp_path, b"".join(line(number) for number in range(300)) + line(999, NOW - DAY))
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(NOW)
        store.compact(NOW)
        append(tmp_path, line(1000))
        path = parquet_files(tmp_path)[-1]
        if damage == "flip":
            spoil(path, 1)
        elif damage == "cut":
            path.write_bytes(path.read_bytes()[:-100])
        elif damage == "empty":
            path.write_bytes(b"")
        else:
            path.unlink()
        with Store.open(tmp_path, writer=False) as reader:
            assert len(reader.records(EVER)) == 2
            assert len(reader.check()) == 1
        assert store.tally().get("quarantined_files") is None
        assert len(store.check()) == 1
        assert store.tally()["quarantined_files"] == 1
        assert store.check() == []
        assert len(store.records(EVER)) == 2
        store.ingest(NOW)
        store.compact(NOW)
        assert len(store.records(EVER)) == 2
    assert len(list((tmp_path / "quarantine").iterdir())) == (damage != "gone")


def test_whatever_bytes_are_flipped_reading_never_fails(tmp_path: Path) -> None:
    append(tmp_path, b"".join(line(number, features={"a": number, "b": "x"}) for number in range(200)))
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(NOW)
        store.compact(NOW)
        (path,) = parquet_files(tmp_path)
        whole = path.read_bytes()
        for seed in range(25):
            path.write_bytes(whole)
            spoil(path, seed)
            with Store.open(tmp_path, writer=False) as reader:
                assert len(reader.records(EVER)) in (0, 200)
        path.write_bytes(whole)
        assert [record(line(1, features={"a": 1, "b": "x"}))] == [
            one for one in store.records(EVER) if one["request"] == {"number": 1}
        ]


def test_a_damaged_file_does_not_stop_merging(tmp_path: Path) -> None:
    with Store.open(tmp_path, writer=True) as store:
        for number in range(merge.FILES - 1):
            append(tmp_path, line(number))
            store.ingest(NOW)
            store.compact(NOW)
        spoil(parquet_files(tmp_path)[0], 5)
        append(tmp_path, line(50))
        store.ingest(NOW)
        store.compact(NOW)
        assert store.tally()["quarantined_files"] == 1
        assert len(store.records(EVER)) == merge.FILES - 1


def test_a_folder_that_cannot_be_written_is_told_and_tried_again(tmp_path: Path) -> None:
    append(tmp_path, line(1))
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(NOW)
        (tmp_path / "lake").mkdir(exist_ok=True)
        blocked = tmp_path / "lake" / "model=%2Fabc_corp%2Fclaim%2Fdoc"
        blocked.write_text("a file where a folder must be")
        with pytest.raises(StoreError, match="stay in the stream files"):
            store.compact(NOW)
        assert len(store.records(EVER)) == 1
        blocked.unlink()
        assert store.compact(NOW).records == 1
        assert len(store.records(EVER)) == 1


def test_a_record_deeper_than_json_is_written_does_not_stop_the_lake(tmp_path: Path) -> None:
    odd = line(2, NOW).rstrip()[:-1] + b',"printed":' + b"[" * 300 + b"]" * 300 + b"}\n"
    append(tmp_path, line(1, NOW) + odd + line(3, NOW))
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(NOW)
        assert len(store.records(EVER)) == 3
        assert store.compact(NOW).records == 3
        assert len(store.records(EVER)) == 3
