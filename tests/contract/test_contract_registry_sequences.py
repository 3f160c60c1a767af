"""Any sequence of registrations, promotions and roll backs does on both sides what it does to lists in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registry_world import a_deployment, a_version, dynamo, make_table

from examples import times
from inferwatch.aws.registry import DynamoRegistry
from inferwatch.errors import RegistryError
from inferwatch.ports import Registry
from inferwatch.registry.records import Model
from inferwatch.store.registry import LocalRegistry

ENVIRONMENTS = ("dev", "prod")
small = st.integers(0, 6)
steps = st.one_of(
    st.tuples(st.just("version"), small),
    st.tuples(st.just("deployment"), small, st.sampled_from(ENVIRONMENTS)),
    st.tuples(st.just("promote"), small),
    st.tuples(st.just("promote"), small),
    st.tuples(st.just("roll_back"), st.sampled_from(ENVIRONMENTS)),
    st.tuples(st.just("roll_back"), st.sampled_from(ENVIRONMENTS)),
    st.tuples(st.just("fail"), small),
    st.tuples(st.just("retire"), st.sampled_from(ENVIRONMENTS)),
)
Step = tuple[str, *tuple[int | str, ...]]


class Lists:
    """What a registry is, said as simply as it can be. Each step gives a number, or None where it is refused."""

    def __init__(self) -> None:
        self.versions: set[int] = set()
        self.deployments: dict[int, tuple[str, int]] = {}
        self.failed: set[int] = set()
        self.served: set[int] = set()
        self.stacks: dict[str, list[int]] = {environment: [] for environment in ENVIRONMENTS}
        self.history: dict[str, list[tuple[int, int | None]]] = {environment: [] for environment in ENVIRONMENTS}

    def version(self, number: int) -> int | None:
        number = number or max(self.versions, default=0) + 1
        if number in self.versions:
            return None
        self.versions.add(number)
        return number

    def deployment(self, version: int, environment: str) -> int | None:
        if version not in self.versions:
            return None
        number = len(self.deployments) + 1
        self.deployments[number] = (environment, version)
        return number

    def promote(self, number: int) -> int | None:
        if number not in self.deployments or number in self.failed:
            return None
        environment, _ = self.deployments[number]
        before = self._current(environment)
        if before == number:
            return None
        self.stacks[environment].append(number)
        return self._now(environment, before)

    def roll_back(self, environment: str) -> int | None:
        if len(self.stacks[environment]) < 2:
            return None
        before = self.stacks[environment].pop()
        return self._now(environment, before)

    def retire(self, environment: str) -> int | None:
        """It stands for nothing in the history, and nothing below it is come back to."""
        gone = self._current(environment)
        self.stacks[environment].clear()
        return gone

    def fail(self, number: int) -> int | None:
        if number not in self.deployments or number in self.served:
            return None
        self.failed.add(number)
        return number

    def state(self, number: int) -> str:
        if number in self.failed:
            return "failed"
        if number not in self.served:
            return "pending"
        return "current" if self._current(self.deployments[number][0]) == number else "superseded"

    def _current(self, environment: str) -> int | None:
        return self.stacks[environment][-1] if self.stacks[environment] else None

    def _now(self, environment: str, before: int | None) -> int:
        top = self.stacks[environment][-1]
        self.served.add(top)
        self.history[environment].append((top, before))
        return top


def done(registry: Registry, model: Model, step: Step) -> int | None:
    try:
        match step:
            case ("version", int(number)):
                return registry.register_version(a_version(number, model)).model_version
            case ("deployment", int(version), str(environment)):
                given = a_deployment(max(version, 1), model, environment=environment)
                return registry.register_deployment(given).deployment_id
            case ("promote", int(number)):
                return registry.promote(model, number, now_ms=1, by="x").deployment_id
            case ("roll_back", str(environment)):
                return registry.roll_back(model, environment, now_ms=1, by="x").deployment_id
            case ("retire", str(environment)):
                gone = registry.retire(model, environment)
                return gone.deployment_id if gone else None
            case ("fail", int(number)):
                return registry.fail(model, number).deployment_id
    except RegistryError:
        return None
    raise AssertionError(step)


def expected(lists: Lists, step: Step) -> int | None:
    name, *given = step
    if name == "deployment":
        given[0] = max(int(given[0]), 1)
    found: int | None = getattr(lists, name)(*given)
    return found


@pytest.fixture(scope="module", params=["local", "aws"])
def fresh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Registry]]:
    """Makes an empty registry: moto copies a whole table for each transaction, so one for all would become slow."""
    if request.param == "local":
        folder = tmp_path_factory.mktemp("registry")
        yield lambda: LocalRegistry(folder / next(names))
        return
    with dynamo() as session:

        def made() -> Registry:
            name = next(names)
            make_table(session, name)
            return DynamoRegistry(session, name)

        yield made


names = map("registry-{}".format, count())
MODEL = Model("/any", "model")


@times(0.5)
@given(sequence=st.lists(steps, max_size=20))
def test_any_sequence_does_what_it_does_to_lists(fresh: Callable[[], Registry], sequence: list[Step]) -> None:
    registry, model, lists = fresh(), MODEL, Lists()
    for step in [("version", 0), ("deployment", 1, "prod"), ("deployment", 1, "prod"), *sequence]:
        assert done(registry, model, step) == expected(lists, step), step

    assert [v.model_version for v in registry.versions(model)] == sorted(lists.versions, reverse=True)
    assert {d.deployment_id: (d.environment, d.model_version, d.state) for d in registry.deployments(model)} == {
        number: (*given, lists.state(number)) for number, given in lists.deployments.items()
    }
    for environment, history in lists.history.items():
        found = registry.history(model, environment)
        assert [(change.deployment_id, change.before) for change in found] == history[::-1]
        assert [change.model_version for change in found] == [lists.deployments[n][1] for n, _ in history[::-1]]
