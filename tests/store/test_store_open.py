from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from store_lines import EVER, NOW, append, line

from inferwatch.errors import StoreError
from inferwatch.store import Store
from inferwatch.store.catalog import VERSION, connect
from inferwatch.store.lock import is_held


def test_one_writer_and_who_it_is(tmp_path: Path) -> None:
    with Store.open(tmp_path, writer=True), pytest.raises(StoreError, match=f"in use by process {os.getpid()}"):
        Store.open(tmp_path, writer=True)
    Store.open(tmp_path, writer=True).close()


def test_whether_a_folder_is_being_written(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        is_held(tmp_path)
    with Store.open(tmp_path, writer=True):
        assert is_held(tmp_path)
    assert not is_held(tmp_path)


def test_the_right_to_write_dies_with_its_holder(tmp_path: Path) -> None:
    worker = Path(__file__).with_name("store_worker.py")
    with subprocess.Popen([sys.executable, str(worker), "keep", str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        with pytest.raises(StoreError, match=f"{process.pid}"):
            Store.open(tmp_path, writer=True)
        process.kill()
        process.wait()
    Store.open(tmp_path, writer=True).close()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    with pytest.raises(StoreError, match="cannot be written"):
        Store.open(file, writer=True)
    with pytest.raises(StoreError, match="cannot be written"):
        Store.open(Path("/proc/nowhere"), writer=True)


def test_reading_needs_a_catalog(tmp_path: Path) -> None:
    for data in (tmp_path, tmp_path / "missing"):
        with pytest.raises(StoreError, match="holds no InferWatch data yet"):
            Store.open(data, writer=False)
    assert not (tmp_path / "missing").exists()
    (tmp_path / "catalog.sqlite").touch()  # a writer that has just begun
    with pytest.raises(StoreError, match="holds no InferWatch data yet"):
        Store.open(tmp_path, writer=False)


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    Store.open(tmp_path, writer=True).close()
    append(tmp_path, line(1))
    with Store.open(tmp_path, writer=False) as store:
        with pytest.raises(StoreError, match="readonly"):
            store.ingest(NOW)
        assert len(store.records(EVER)) == 1


def test_a_second_thread_of_the_writer(tmp_path: Path) -> None:
    append(tmp_path, line(1))
    with Store.open(tmp_path, writer=True) as store, store.share() as other:
        store.ingest(NOW)
        assert other.compact(NOW).records == 1
        assert len(store.records(EVER)) == 1


def test_a_damaged_catalog_is_told(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").write_bytes(b"this is no database at all" * 100)
    for writer in (True, False):
        with pytest.raises(StoreError, match="cannot be opened as a catalog"):
            Store.open(tmp_path, writer=writer)


def test_a_catalog_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "catalog.sqlite")
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    with pytest.raises(StoreError, match="newer InferWatch"):
        Store.open(tmp_path, writer=True)


def test_odd_names_of_folders(tmp_path: Path) -> None:
    data = tmp_path / "a?b#c%20 d'e[1]*ü"
    append(data, line(1))
    with Store.open(data, writer=True) as store:
        store.ingest(NOW)
        store.compact(NOW)
        assert len(store.records(EVER)) == 1
    with Store.open(data, writer=False) as store:
        assert len(store.records(EVER)) == 1


def test_files_that_are_none_of_ours_are_left_alone(tmp_path: Path) -> None:
    folder = append(tmp_path, line(1)).parent
    (folder / "notes.txt").write_text("mine")
    (folder / os.fsdecode(b"\xff\xfe.jsonl")).write_bytes(line(2))
    (folder / "folder.jsonl").mkdir()
    (tmp_path / "logs" / "stray.jsonl").write_bytes(line(3))
    with Store.open(tmp_path, writer=True) as store:
        assert store.ingest(NOW).records == 1


def test_commits_are_durable(tmp_path: Path) -> None:
    connection = connect(tmp_path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    connection.close()


def test_the_store_is_loaded_without_its_engine() -> None:
    code = "import sys; from inferwatch.store import Store; assert 'duckdb' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_data_folder_is_its_owners_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Store.open(data, writer=True) as store:
        append(data, line(1))
        store.ingest(NOW)
    assert data.stat().st_mode & 0o077 == 0
