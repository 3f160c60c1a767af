from __future__ import annotations

from collections.abc import Callable

from inferwatch.cli.station.trouble import Trouble
from inferwatch.errors import StoreError


def raising(error: Exception) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


def test_trouble_is_told_once_and_so_is_its_end() -> None:
    told: list[str] = []
    trouble = Trouble("the store", told.append)
    trouble.guard(raising(StoreError("/data/lake/1f.parquet: the disk is full at 4096")))
    trouble.guard(raising(StoreError("/data/lake/e07.parquet: the disk is full at 8192")))
    trouble.guard(raising(StoreError("the catalog is locked")))
    trouble.guard(lambda: None)
    trouble.guard(lambda: None)
    assert told == [
        "the store has trouble and will try again: /data/lake/1f.parquet: the disk is full at 4096",
        "the store has trouble and will try again: the catalog is locked",
        "the store is well again",
    ]


def test_an_error_that_nobody_foresaw_does_not_end_the_thread_and_is_told_with_its_name() -> None:
    told: list[str] = []
    Trouble("the store", told.append).guard(raising(KeyError("x")))
    assert told == ["the store has trouble and will try again: KeyError: 'x'"]
