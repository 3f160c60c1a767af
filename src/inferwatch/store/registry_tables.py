"""Versions, deployments and changes as rows of the catalog. Each function is for within the caller's transaction."""

from __future__ import annotations

import sqlite3

import msgspec

from inferwatch.registry.changes import Entry
from inferwatch.registry.records import Change, Deployment, Model, ModelVersion

# What never changes of a record is its JSON; state and endpoint, which do, have columns.
SCHEMA = """
CREATE TABLE IF NOT EXISTS model_version (
    log_group TEXT NOT NULL,
    number INTEGER NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (log_group, number)
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS model_version_stays BEFORE UPDATE ON model_version
BEGIN SELECT RAISE(ABORT, 'a model version is immutable'); END;
CREATE TRIGGER IF NOT EXISTS model_version_is_kept BEFORE DELETE ON model_version
BEGIN SELECT RAISE(ABORT, 'a model version is kept for ever'); END;
CREATE TABLE IF NOT EXISTS deployment (
    log_group TEXT NOT NULL,
    number INTEGER NOT NULL,
    environment TEXT NOT NULL,
    state TEXT NOT NULL,
    endpoint TEXT,
    record BLOB NOT NULL,
    PRIMARY KEY (log_group, number)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS deployment_current ON deployment (log_group, environment) WHERE state = 'current';
CREATE TABLE IF NOT EXISTS deployment_change (
    log_group TEXT NOT NULL,
    environment TEXT NOT NULL,
    number INTEGER NOT NULL,
    below INTEGER,
    record BLOB NOT NULL,
    PRIMARY KEY (log_group, environment, number)
) WITHOUT ROWID;
"""
_DEPLOYMENT = "SELECT record, state, endpoint FROM deployment WHERE log_group = ?"
_ENTRY = "SELECT number, below, record FROM deployment_change WHERE log_group = ? AND environment = ?"


def is_there(connection: sqlite3.Connection) -> bool:
    """Whether the catalog has these tables; one that an older InferWatch wrote has none until it is written again."""
    return connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'model_version'").fetchone() is not None


def put_version(connection: sqlite3.Connection, group: str, version: ModelVersion) -> None:
    connection.execute(
        "INSERT INTO model_version (log_group, number, record) VALUES (?, ?, ?)",
        (group, version.model_version, msgspec.json.encode(version)),
    )


def version(connection: sqlite3.Connection, group: str, number: int) -> ModelVersion | None:
    query = "SELECT record FROM model_version WHERE log_group = ? AND number = ?"
    row = connection.execute(query, (group, number)).fetchone()
    return None if row is None else msgspec.json.decode(row[0], type=ModelVersion)


def versions(connection: sqlite3.Connection, group: str) -> list[ModelVersion]:
    """Newest first."""
    query = "SELECT record FROM model_version WHERE log_group = ? ORDER BY number DESC"
    return [msgspec.json.decode(row[0], type=ModelVersion) for row in connection.execute(query, (group,))]


def models(connection: sqlite3.Connection) -> list[Model]:
    """All models that have a version, by their log groups."""
    query = "SELECT record, MIN(number) FROM model_version GROUP BY log_group ORDER BY log_group"
    return [msgspec.json.decode(row[0], type=Model) for row in connection.execute(query)]


def newest(connection: sqlite3.Connection, table: str, group: str) -> int:
    """The highest number given in `model_version` or `deployment`, 0 before the first."""
    query = f"SELECT MAX(number) FROM {table} WHERE log_group = ?"  # noqa: S608, the table's name is this room's own
    return int(connection.execute(query, (group,)).fetchone()[0] or 0)


def put_deployment(connection: sqlite3.Connection, group: str, given: Deployment) -> None:
    connection.execute(
        "INSERT INTO deployment (log_group, number, environment, state, endpoint, record) VALUES (?, ?, ?, ?, ?, ?)",
        (group, given.deployment_id, given.environment, given.state, given.endpoint, msgspec.json.encode(given)),
    )


def deployment(connection: sqlite3.Connection, group: str, number: int) -> Deployment | None:
    row = connection.execute(f"{_DEPLOYMENT} AND number = ?", (group, number)).fetchone()
    return None if row is None else _deployment(*row)


def deployments(connection: sqlite3.Connection, group: str, environment: str | None) -> list[Deployment]:
    """Newest first."""
    query = f"{_DEPLOYMENT} AND (? IS NULL OR environment = ?) ORDER BY number DESC"
    return [_deployment(*row) for row in connection.execute(query, (group, environment, environment))]


def current(connection: sqlite3.Connection, group: str, environment: str) -> bool:
    """Whether a deployment serves the environment."""
    query = "SELECT 1 FROM deployment WHERE log_group = ? AND environment = ? AND state = 'current'"
    return connection.execute(query, (group, environment)).fetchone() is not None


def set_state(connection: sqlite3.Connection, group: str, number: int, state: str) -> None:
    connection.execute("UPDATE deployment SET state = ? WHERE log_group = ? AND number = ?", (state, group, number))


def set_endpoint(connection: sqlite3.Connection, group: str, number: int, endpoint: str) -> None:
    query = "UPDATE deployment SET endpoint = ? WHERE log_group = ? AND number = ?"
    connection.execute(query, (endpoint, group, number))


def top(connection: sqlite3.Connection, group: str, environment: str) -> Entry | None:
    """The newest change of the environment."""
    row = connection.execute(f"{_ENTRY} ORDER BY number DESC LIMIT 1", (group, environment)).fetchone()
    return None if row is None else _entry(*row)


def entry(connection: sqlite3.Connection, group: str, environment: str, number: int) -> Entry:
    return _entry(*connection.execute(f"{_ENTRY} AND number = ?", (group, environment, number)).fetchone())


def changes(connection: sqlite3.Connection, group: str, environment: str, limit: int) -> list[Change]:
    """Newest first."""
    rows = connection.execute(f"{_ENTRY} ORDER BY number DESC LIMIT ?", (group, environment, limit))
    return [_entry(*row).change for row in rows]


def put_entry(connection: sqlite3.Connection, group: str, made: Entry) -> None:
    """Keep a change, and let what it says be so: the deployment before is superseded, its own is current."""
    change = made.change
    if change.before is not None:
        set_state(connection, group, change.before, "superseded")
    set_state(connection, group, change.deployment_id, "current")
    connection.execute(
        "INSERT INTO deployment_change (log_group, environment, number, below, record) VALUES (?, ?, ?, ?, ?)",
        (group, change.environment, made.number, made.below, msgspec.json.encode(change)),
    )


def _deployment(record: bytes, state: str, endpoint: str | None) -> Deployment:
    kept = msgspec.json.decode(record, type=Deployment)
    return msgspec.structs.replace(kept, state=state, endpoint=endpoint)


def _entry(number: int, below: int | None, record: bytes) -> Entry:
    return Entry(number=number, below=below, change=msgspec.json.decode(record, type=Change))
