"""The registry of one machine: tables of the catalog, for any number of processes and threads at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from inferwatch.errors import StoreError
from inferwatch.registry import changes, rules
from inferwatch.registry.records import Change, Deployment, Model, ModelVersion
from inferwatch.store import catalog
from inferwatch.store import registry_tables as tables
from inferwatch.store.transaction import REMEDY, snapshot, transaction


class LocalRegistry:
    """The `ports.Registry` of a data folder. A folder without any data has no versions, and is made by the first.

    It needs no lock of the folder's: every method opens the catalog, is one transaction, and closes it. Each raises
    StoreError, and RegistryError as the port says.
    """

    def __init__(self, data: Path) -> None:
        self._data = data

    def register_version(self, version: ModelVersion) -> ModelVersion:
        given = rules.version(version)
        group = rules.group(given.model)
        with self._writing() as connection:
            number = given.model_version or tables.newest(connection, "model_version", group) + 1
            there = tables.version(connection, group, number)
            if there is not None:
                raise rules.taken("version", number, given.model, there.created_by, there.create_at)
            kept = msgspec.structs.replace(given, model_version=number)
            tables.put_version(connection, group, kept)
        return kept

    def versions(self, model: Model) -> list[ModelVersion]:
        with self._reading() as connection:
            return tables.versions(connection, rules.group(model)) if connection else []

    def register_deployment(self, deployment: Deployment) -> Deployment:
        given = rules.deployment(deployment)
        group = rules.group(given.model)
        with self._writing() as connection:
            if tables.version(connection, group, given.model_version) is None:
                known = [version.model_version for version in tables.versions(connection, group)]
                raise rules.no_version(given.model_version, given.model, known)
            number = given.deployment_id or tables.newest(connection, "deployment", group) + 1
            there = tables.deployment(connection, group, number)
            if there is not None:
                raise rules.taken("deployment", number, given.model, there.created_by, there.create_at)
            kept = msgspec.structs.replace(given, deployment_id=number)
            top = tables.top(connection, group, given.environment)
            serving = tables.current(connection, group, given.environment)
            loaded = changes.loaded(top, kept, serving=serving)
            tables.put_deployment(connection, group, msgspec.structs.replace(kept, state="pending") if loaded else kept)
            if loaded:
                tables.put_entry(connection, group, loaded)
        return kept

    def deployments(self, model: Model, environment: str | None = None) -> list[Deployment]:
        with self._reading() as connection:
            return tables.deployments(connection, rules.group(model), environment) if connection else []

    def promote(self, model: Model, deployment_id: int, *, now_ms: int, by: str) -> Change:
        group = rules.group(model)
        with self._writing() as connection:
            wanted = self._deployment(connection, model, deployment_id)
            top = tables.top(connection, group, wanted.environment)
            made = changes.promoted(
                top, wanted, now_ms=now_ms, by=by, serving=tables.current(connection, group, wanted.environment)
            )
            tables.put_entry(connection, group, made)
        return made.change

    def before_current(self, model: Model, environment: str) -> Deployment:
        group = rules.group(model)
        with self._reading() as connection:
            top = tables.top(connection, group, environment) if connection else None
            serving = connection is not None and tables.current(connection, group, environment)
            _, below = changes.standing(top, environment, serving=serving)
            assert connection is not None  # or nothing would stand
            under = tables.entry(connection, group, environment, below)
            return self._deployment(connection, model, under.change.deployment_id)

    def roll_back(self, model: Model, environment: str, *, now_ms: int, by: str, to: int | None = None) -> Change:
        group = rules.group(model)
        with self._writing() as connection:
            serving = tables.current(connection, group, environment)
            top, below = changes.standing(tables.top(connection, group, environment), environment, serving=serving)
            under = tables.entry(connection, group, environment, below)
            made = changes.rolled_back(top, under, now_ms=now_ms, by=by, to=to)
            tables.put_entry(connection, group, made)
        return made.change

    def fail(self, model: Model, deployment_id: int) -> Deployment:
        with self._writing() as connection:
            found = self._deployment(connection, model, deployment_id)
            rules.can_fail(found)
            tables.set_state(connection, rules.group(model), deployment_id, "failed")
        return msgspec.structs.replace(found, state="failed")

    def retire(self, model: Model, environment: str) -> Deployment | None:
        group = rules.group(model)
        with self._writing() as connection:
            every = tables.deployments(connection, group, environment)
            found = next((each for each in every if each.state == "current"), None)
            if found is None:
                return None
            tables.set_state(connection, group, found.deployment_id, "superseded")
        return msgspec.structs.replace(found, state="superseded")

    def set_endpoint(self, model: Model, deployment_id: int, endpoint: str) -> Deployment:
        rules.endpoint(endpoint)
        with self._writing() as connection:
            found = self._deployment(connection, model, deployment_id)
            tables.set_endpoint(connection, rules.group(model), deployment_id, endpoint)
        return msgspec.structs.replace(found, endpoint=endpoint)

    def history(self, model: Model, environment: str, limit: int = 100) -> list[Change]:
        with self._reading() as connection:
            return tables.changes(connection, rules.group(model), environment, limit) if connection else []

    def models(self, node: str) -> list[Model]:
        with self._reading() as connection:
            found = tables.models(connection) if connection else []
        return [model for model in found if rules.below(node, model)]

    @staticmethod
    def _deployment(connection: sqlite3.Connection, model: Model, deployment_id: int) -> Deployment:
        found = tables.deployment(connection, rules.group(model), deployment_id)
        if found is None:
            raise rules.no_deployment(deployment_id, model)
        return found

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            self._data.mkdir(mode=0o700, parents=True, exist_ok=True)  # as the store makes it
        except OSError as error:
            raise StoreError(
                f"{self._data} cannot be written ({error.strerror}). Choose a data folder that this user may write."
            ) from error
        with closing(catalog.connect(self._data)) as connection, transaction(connection), self._whole():
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """None where there is nothing to read yet."""
        try:
            opened = catalog.connect(self._data, read_only=True)
        except catalog.NoDataError:
            yield None
            return
        with closing(opened) as connection, snapshot(connection), self._whole():
            yield connection if tables.is_there(connection) else None

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """Tells of a record that is none: SQLite itself does not see what a disk has changed within a page."""
        try:
            yield
        except msgspec.DecodeError as error:
            file = self._data / catalog.FILE
            raise StoreError(
                f"{file} holds a record that cannot be read ({error}). It is damaged: {REMEDY}."
            ) from error
