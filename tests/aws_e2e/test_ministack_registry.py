"""The registry over HTTP, in another DynamoDB than moto's, by threads that write at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar
from unittest import mock

import pytest
from ministack_process import MiniStack
from registry_world import MODEL, a_deployment, a_version, make_table

from inferwatch.aws.registry import DynamoRegistry
from inferwatch.errors import RegistryError

T = TypeVar("T")
pytestmark = pytest.mark.xdist_group("ministack")

TABLE = "registry-of-races"
WRITERS = 6


@pytest.fixture
def opened(cloud: MiniStack) -> Iterator[Callable[[], DynamoRegistry]]:
    """Opens the registry anew each time."""
    with mock.patch.dict(os.environ, {"AWS_ENDPOINT_URL": cloud.url}):
        make_table(cloud.session, TABLE)
        yield lambda: DynamoRegistry(cloud.session, TABLE)
        cloud.client("dynamodb").delete_table(TableName=TABLE)


def together(opened: Callable[[], DynamoRegistry], work: Callable[[DynamoRegistry, int], T]) -> list[T | RegistryError]:
    registries = [opened() for _ in range(WRITERS)]
    start = Barrier(WRITERS)

    def run(index: int) -> T | RegistryError:
        start.wait()
        try:
            return work(registries[index], index)
        except RegistryError as error:
            return error

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(run, range(WRITERS)))


def test_numbers_are_given_once_and_one_deployment_is_current(opened: Callable[[], DynamoRegistry]) -> None:
    done = together(opened, lambda registry, index: registry.register_version(a_version(1, created_by=f"w{index}")))
    (winner,) = (each for each in done if not isinstance(each, RegistryError))
    told = [str(each) for each in done if isinstance(each, RegistryError)]
    assert len(told) == WRITERS - 1
    assert all(f"was taken by {winner.created_by} at" in each for each in told)

    together(opened, lambda registry, _: registry.register_version(a_version()))
    registry = opened()
    assert [each.model_version for each in registry.versions(MODEL)] == list(range(WRITERS + 1, 0, -1))
    assert registry.models("/abc_corp") == [MODEL]

    together(opened, lambda registry, _: registry.register_deployment(a_deployment(1)))
    done_too = together(opened, lambda registry, index: registry.promote(MODEL, index + 1, now_ms=index, by="alice"))
    assert not [each for each in done_too if isinstance(each, RegistryError)]
    history = registry.history(MODEL, "prod")
    assert [each.before for each in history] == [*(each.deployment_id for each in history[1:]), None]
    current = [each.deployment_id for each in registry.deployments(MODEL, "prod") if each.state == "current"]
    assert current == [history[0].deployment_id]

    to = history[1].deployment_id
    back = together(opened, lambda registry, _: registry.roll_back(MODEL, "prod", now_ms=9, by="bob", to=to))
    assert len([each for each in back if not isinstance(each, RegistryError)]) == 1
    assert registry.before_current(MODEL, "prod").deployment_id == history[2].deployment_id
