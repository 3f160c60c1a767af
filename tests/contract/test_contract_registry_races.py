"""Many that write into one registry at once, on both sides: threads that start together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from registry_world import MODEL, a_deployment, a_version, deployed, states

from inferwatch.errors import RegistryError
from inferwatch.ports import Registry

T = TypeVar("T")


def together(count: int, work: Callable[[int], T]) -> list[T | RegistryError]:
    """What `work` gives or is refused with, in as many threads that start at once."""
    start = threading.Barrier(count)

    def run(index: int) -> T | RegistryError:
        start.wait()
        try:
            return work(index)
        except RegistryError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_of_many_that_ask_for_one_number_one_has_it_and_the_others_are_told(registry: Registry) -> None:
    found = together(8, lambda index: registry.register_version(a_version(1, created_by=f"writer-{index}")))
    (winner,) = (each for each in found if not isinstance(each, RegistryError))
    told = [str(each) for each in found if isinstance(each, RegistryError)]
    assert len(told) == 7
    assert all(f"version 1 of /abc_corp/claim/doc was taken by {winner.created_by} at" in each for each in told)
    assert list(registry.versions(MODEL)) == [winner]


def test_of_many_that_ask_for_the_next_number_each_has_its_own(registry: Registry) -> None:
    found = together(8, lambda index: registry.register_version(a_version(description=str(index))))
    assert sorted(each.model_version for each in found if not isinstance(each, RegistryError)) == list(range(1, 9))
    assert {each.model_version: each.description for each in registry.versions(MODEL)} == {
        each.model_version: each.description for each in found if not isinstance(each, RegistryError)
    }
    assert list(registry.models("/")) == [MODEL]
    found = together(8, lambda _: registry.register_deployment(a_deployment(1)))
    assert sorted(each.deployment_id for each in found if not isinstance(each, RegistryError)) == list(range(1, 9))


def test_of_many_that_promote_at_once_one_is_current_and_the_history_is_whole(registry: Registry) -> None:
    registry.register_version(a_version())
    for _ in range(8):
        registry.register_deployment(a_deployment(1))
    done = together(8, lambda index: registry.promote(MODEL, index + 1, now_ms=index, by="alice"))
    assert not [each for each in done if isinstance(each, RegistryError)]
    history = registry.history(MODEL, "prod")
    assert [each.before for each in history] == [*(each.deployment_id for each in history[1:]), None]
    assert sorted(each.deployment_id for each in history) == list(range(1, 9))
    current = [number for number, state in states(registry).items() if state == "current"]
    assert current == [history[0].deployment_id]


def test_of_many_that_roll_back_to_the_same_one_does(registry: Registry) -> None:
    deployed(registry, 4)
    done = together(6, lambda _: registry.roll_back(MODEL, "prod", now_ms=10, by="bob", to=3))
    assert len([each for each in done if not isinstance(each, RegistryError)]) == 1
    assert states(registry)[3] == "current"
