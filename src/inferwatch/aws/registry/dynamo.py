"""`ports.Registry` on AWS. Whoever writes at the same time is kept apart by conditions and not by locks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import boto3
import msgspec

from inferwatch.aws.registry import items
from inferwatch.aws.registry.table import RegistryTable
from inferwatch.cloudwatch.names import REGISTRY_MODELS, REGISTRY_TABLE
from inferwatch.errors import AwsError
from inferwatch.registry import changes, rules
from inferwatch.registry.changes import Entry
from inferwatch.registry.records import Change, Deployment, Model, ModelVersion

TRIES = 50
"""Each loses only to a writer that was faster, so there is seldom a second."""


class DynamoRegistry:
    """The registry of the session's account and region. Each method raises AwsError, whose code is `NoRegistry` where
    the table is not there, and RegistryError as the port says.

    What is to be written is worked out from what was read, and is written only if that still holds; else it is read
    again. So of two that write at once, the slower sees what the faster has done.
    """

    def __init__(self, session: boto3.Session, table: str = REGISTRY_TABLE) -> None:
        self._table = RegistryTable(session, table)

    def register_version(self, version: ModelVersion) -> ModelVersion:
        given = rules.version(version)
        group = rules.group(given.model)
        for _ in _tries():
            newest = self._newest(group, items.VERSIONS)
            number = given.model_version or newest + 1
            there = self._table.item(group, items.version_place(number)) if given.model_version else None
            if there is not None:
                before = items.version(there)
                raise rules.taken("version", number, given.model, before.created_by, before.create_at)
            kept = msgspec.structs.replace(given, model_version=number)
            steps = [self._table.put(items.of_version(kept))]
            if newest == 0:
                steps.append(self._table.put(items.of_model(kept.model), condition=None))
            if self._table.write(steps):
                break
        return kept

    def versions(self, model: Model) -> list[ModelVersion]:
        return [items.version(item) for item in self._table.items(rules.group(model), items.VERSIONS)]

    def register_deployment(self, deployment: Deployment) -> Deployment:
        given = rules.deployment(deployment)
        group = rules.group(given.model)
        of_version = items.version_place(given.model_version)
        for _ in _tries():
            if self._table.item(group, of_version) is None:
                known = [version.model_version for version in self.versions(given.model)]
                raise rules.no_version(given.model_version, given.model, known)
            number = given.deployment_id or self._newest(group, items.DEPLOYMENTS) + 1
            there = self._table.item(group, items.deployment_place(number)) if given.deployment_id else None
            if there is not None:
                before = items.deployment(there)
                raise rules.taken("deployment", number, given.model, before.created_by, before.create_at)
            kept = msgspec.structs.replace(given, deployment_id=number)
            top = self._top(group, given.environment)
            loaded = changes.loaded(top, kept, serving=self._serving(given.model, top))
            steps = [self._table.there(group, of_version), self._table.put(items.of_deployment(kept))]
            if loaded is not None:
                steps.append(self._table.put(items.of_entry(group, loaded)))
            if self._table.write(steps):
                break
        return kept

    def deployments(self, model: Model, environment: str | None = None) -> list[Deployment]:
        found = self._table.items(rules.group(model), items.DEPLOYMENTS, environment=environment)
        return [items.deployment(item) for item in found]

    def promote(self, model: Model, deployment_id: int, *, now_ms: int, by: str) -> Change:
        group = rules.group(model)
        for _ in _tries():
            wanted = self._deployment(model, deployment_id)
            top = self._top(group, wanted.environment)
            made = changes.promoted(top, wanted, now_ms=now_ms, by=by, serving=self._serving(model, top))
            if self._enter(group, made, wanted.state):
                break
        return made.change

    def before_current(self, model: Model, environment: str) -> Deployment:
        group = rules.group(model)
        top = self._top(group, environment)
        _, below = changes.standing(top, environment, serving=self._serving(model, top))
        return self._deployment(model, self._entry(group, environment, below).change.deployment_id)

    def roll_back(self, model: Model, environment: str, *, now_ms: int, by: str, to: int | None = None) -> Change:
        group = rules.group(model)
        for _ in _tries():
            found = self._top(group, environment)
            top, below = changes.standing(found, environment, serving=self._serving(model, found))
            under = self._entry(group, environment, below)
            made = changes.rolled_back(top, under, now_ms=now_ms, by=by, to=to)
            if self._enter(group, made, "superseded"):
                break
        return made.change

    def fail(self, model: Model, deployment_id: int) -> Deployment:
        place = items.deployment_place(deployment_id)
        for _ in _tries():
            found = self._deployment(model, deployment_id)
            rules.can_fail(found)
            step = self._table.change(rules.group(model), place, "state", "failed", of=("pending", "failed"))
            if self._table.write([step]):
                break
        return msgspec.structs.replace(found, state="failed")

    def retire(self, model: Model, environment: str) -> Deployment | None:
        group = rules.group(model)
        for _ in _tries():
            top = self._top(group, environment)
            if top is None or not self._serving(model, top):
                return None
            found = self._deployment(model, top.change.deployment_id)
            place = items.deployment_place(found.deployment_id)
            if self._table.write([self._table.change(group, place, "state", "superseded", of=("current",))]):
                break
        return msgspec.structs.replace(found, state="superseded")

    def set_endpoint(self, model: Model, deployment_id: int, endpoint: str) -> Deployment:
        rules.endpoint(endpoint)
        place = items.deployment_place(deployment_id)
        for _ in _tries():
            found = self._deployment(model, deployment_id)
            if self._table.write([self._table.change(rules.group(model), place, "endpoint", endpoint)]):
                break
        return msgspec.structs.replace(found, endpoint=endpoint)

    def history(self, model: Model, environment: str, limit: int = 100) -> list[Change]:
        found = self._table.items(rules.group(model), items.changes_of(environment))
        return [items.entry(item).change for item in islice(found, limit)]

    def models(self, node: str) -> list[Model]:
        found = self._table.items(REGISTRY_MODELS, node.rstrip("/") or "/", newest_first=False)
        return [model for model in map(items.model, found) if rules.below(node, model)]

    def _deployment(self, model: Model, deployment_id: int) -> Deployment:
        found = self._table.item(rules.group(model), items.deployment_place(deployment_id))
        if found is None:
            raise rules.no_deployment(deployment_id, model)
        return items.deployment(found)

    def _newest(self, group: str, kind: str) -> int:
        found = self._table.newest(group, kind)
        return 0 if found is None else items.number(found)

    def _serving(self, model: Model, top: Entry | None) -> bool:
        """Whether what became current last still is."""
        return top is not None and self._deployment(model, top.change.deployment_id).state == "current"

    def _top(self, group: str, environment: str) -> Entry | None:
        found = self._table.newest(group, items.changes_of(environment))
        return None if found is None else items.entry(found)

    def _entry(self, group: str, environment: str, number: int) -> Entry:
        found: Any = self._table.item(group, items.change_place(environment, number))  # no change is ever deleted
        return items.entry(found)

    def _enter(self, group: str, made: Entry, state: str) -> bool:
        """Keep a change, and let what it says be so. state: of its deployment until now."""
        change = made.change
        place = items.deployment_place(change.deployment_id)
        steps = [
            self._table.put(items.of_entry(group, made)),
            self._table.change(group, place, "state", "current", of=(state,)),
        ]
        if change.before is not None:
            before = items.deployment_place(change.before)
            steps.append(self._table.change(group, before, "state", "superseded", of=("current",)))
        return self._table.write(steps)


def _tries() -> Iterator[None]:
    """Raises AwsError where it was all in vain."""
    for _ in range(TRIES):
        yield
    raise AwsError("the registry was changed by others all the time; try it again", code="RegistryBusy")
