"""The registry in the catalog: several processes at once, catalogs of before, and rows that stay as they are."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from registry_world import MODEL, a_deployment, a_version

from inferwatch.errors import RegistryError, StoreError
from inferwatch.store import Store, catalog, registry_tables
from inferwatch.store.registry import LocalRegistry

WORKER = Path(__file__).parent / "registry_worker.py"
TESTS = WORKER.parents[1]


def race(data: Path, task: str, count: int) -> dict[str, list[str]]:
    """What two processes say that were told at once to begin, by their names. The data folder is not there yet."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
    workers = {
        name: subprocess.Popen(
            [sys.executable, str(WORKER), str(data), name, task, str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environ,
        )
        for name in ("alice", "bob")
    }
    try:
        for worker in workers.values():
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        for worker in workers.values():
            assert worker.stdin is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()
        said = {name: worker.communicate(timeout=60)[0].splitlines() for name, worker in workers.items()}
    finally:
        for worker in workers.values():
            worker.kill()
    assert {worker.returncode for worker in workers.values()} == {0}
    return said


def test_of_two_processes_that_ask_for_a_number_one_has_it_and_the_other_is_told(tmp_path: Path) -> None:
    said = race(tmp_path / "data", "same", 20)
    owners = {v.model_version: v.created_by for v in LocalRegistry(tmp_path / "data").versions(MODEL)}
    assert sorted(owners) == list(range(1, 21))
    for name, other in (("alice", "bob"), ("bob", "alice")):
        for number, line in enumerate(said[name], 1):
            if owners[number] == name:
                assert line == f"won {number}"
            else:
                assert line.startswith(
                    f"lost {number}: version {number} of /abc_corp/claim/doc was taken by {other} at"
                )


def test_two_processes_that_register_promote_and_roll_back_lose_nothing(tmp_path: Path) -> None:
    said = race(tmp_path / "data", "next", 15)
    registry = LocalRegistry(tmp_path / "data")
    assert [v.model_version for v in registry.versions(MODEL)] == list(range(30, 0, -1))
    assert [d.deployment_id for d in registry.deployments(MODEL)] == list(range(30, 0, -1))
    history = registry.history(MODEL, "prod")
    assert [c.before for c in history] == [*(c.deployment_id for c in history[1:]), None]
    lost = [line for lines in said.values() for line in lines if line.startswith("lost")]
    assert all("nothing to roll back to" in line for line in lost)
    assert len(history) == 2 * 30 - len(lost)
    (current,) = (d.deployment_id for d in registry.deployments(MODEL) if d.state == "current")
    assert current == history[0].deployment_id


def test_many_make_the_catalog_of_a_folder_at_once(tmp_path: Path) -> None:
    for number in range(10):
        folder = tmp_path / str(number)
        folder.mkdir()
        start = threading.Barrier(8)

        def made(_: int, folder: Path = folder, start: threading.Barrier = start) -> str:
            start.wait()
            with closing(catalog.connect(folder)) as connection:
                mode: str = connection.execute("PRAGMA journal_mode").fetchone()[0]
            return mode

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(made, range(8))) == {"wal"}


def test_the_folder_may_be_in_use_by_a_store(tmp_path: Path) -> None:
    with Store.open(tmp_path, writer=True) as store:
        LocalRegistry(tmp_path).register_version(a_version())
        assert store.scopes() == []
    assert len(LocalRegistry(tmp_path).versions(MODEL)) == 1


def as_version_1_left_it(data: Path) -> None:
    tables = [module.SCHEMA for module in catalog._TABLES if module is not registry_tables]
    with closing(sqlite3.connect(data / "catalog.sqlite")) as connection:
        connection.executescript(f"{''.join(tables)} PRAGMA user_version = 1;")
        connection.execute("INSERT INTO alarm_state VALUES ('/a/b:prod', 'slow', 'OK', 'r', 1, 2)")
        connection.commit()


def test_a_catalog_of_before_gains_the_tables_when_it_is_written_and_keeps_what_it_has(tmp_path: Path) -> None:
    as_version_1_left_it(tmp_path)
    registry = LocalRegistry(tmp_path)
    assert registry.versions(MODEL) == []
    assert registry.models("/") == []
    with Store.open(tmp_path, writer=False) as store:
        assert store.scopes() == ["/a/b:prod"]
    with pytest.raises(RegistryError, match="nothing serves prod yet"):
        registry.before_current(MODEL, "prod")
    registry.register_version(a_version())
    with closing(catalog.connect(tmp_path, read_only=True)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (catalog.VERSION,)
    with Store.open(tmp_path, writer=True) as store:
        assert store.scopes() == ["/a/b:prod"]
    assert len(registry.versions(MODEL)) == 1


def test_a_newer_catalog_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as connection:
        connection.execute(f"PRAGMA user_version = {catalog.VERSION + 1}")
    registry = LocalRegistry(tmp_path)
    with pytest.raises(StoreError, match="newer InferWatch"):
        registry.register_version(a_version())
    with pytest.raises(StoreError, match="newer InferWatch"):
        registry.versions(MODEL)


def test_reading_makes_no_folder(tmp_path: Path) -> None:
    assert LocalRegistry(tmp_path / "data").models("/") == []
    assert not (tmp_path / "data").exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file.data cannot be written"):
        LocalRegistry(tmp_path / "file" / "data").register_version(a_version())


def test_a_damaged_catalog_is_told(tmp_path: Path) -> None:
    LocalRegistry(tmp_path).register_version(a_version())
    (tmp_path / "catalog.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="cannot be opened as a catalog"):
        LocalRegistry(tmp_path).versions(MODEL)


def test_a_record_that_a_disk_has_changed_is_told(tmp_path: Path) -> None:
    LocalRegistry(tmp_path).register_version(a_version())
    with closing(catalog.connect(tmp_path)) as connection:
        connection.execute("DROP TRIGGER model_version_stays")
        connection.execute("UPDATE model_version SET record = substr(record, 1, 20)")
    for use in (lambda: LocalRegistry(tmp_path).versions(MODEL), lambda: LocalRegistry(tmp_path).models("/")):
        with pytest.raises(StoreError, match="holds a record that cannot be read"):
            use()


def test_rows_of_versions_are_never_changed_by_any_statement(tmp_path: Path) -> None:
    LocalRegistry(tmp_path).register_version(a_version())
    with closing(catalog.connect(tmp_path)) as connection:
        for statement in ("UPDATE model_version SET record = ''", "DELETE FROM model_version"):
            with pytest.raises(sqlite3.IntegrityError, match="a model version is"):
                connection.execute(statement)


def test_the_tables_hold_one_current_deployment_for_an_environment(tmp_path: Path) -> None:
    registry = LocalRegistry(tmp_path)
    registry.register_version(a_version())
    for _ in range(2):
        registry.register_deployment(a_deployment(1))
    with closing(catalog.connect(tmp_path)) as connection, pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        connection.execute("UPDATE deployment SET state = 'current'")


def test_what_fails_amidst_a_change_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = LocalRegistry(tmp_path)
    registry.register_version(a_version())
    for number in (1, 2):
        registry.register_deployment(a_deployment(1))
        registry.promote(MODEL, number, now_ms=number, by="alice")
    before = registry.deployments(MODEL), registry.history(MODEL, "prod")

    def fails(connection: sqlite3.Connection, group: str, number: int, state: str) -> None:
        kept(connection, group, number, state)
        if state == "current":
            raise sqlite3.OperationalError("disk I/O error")

    kept = registry_tables.set_state
    monkeypatch.setattr(registry_tables, "set_state", fails)
    with pytest.raises(StoreError, match="nothing of this step was kept"):
        registry.roll_back(MODEL, "prod", now_ms=3, by="bob")
    monkeypatch.undo()
    assert (registry.deployments(MODEL), registry.history(MODEL, "prod")) == before
