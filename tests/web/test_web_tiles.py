"""The tiles while records come in."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from web_world import NOON, World

from inferwatch.web.tiles import tiles_view


def test_no_count_is_greater_than_its_total_while_records_come_in(world: World) -> None:
    def infer() -> None:
        world.infer(NOON - 5000)
        world.settle()

    class Busy:
        """Something new has come in whenever it is asked."""

        def datapoints(self, *asked: Any) -> Any:
            infer()
            return metrics.datapoints(*asked)

    infer()
    metrics = world.sources.metrics
    tiles = tiles_view(msgspec.structs.replace(world.sources, metrics=Busy()), NOON - 900_000, NOON)
    succeeded = next(tile for tile in tiles if tile["id"] == "succeeded")
    note = re.fullmatch(r"(.+) % of (.+)", succeeded["note"])
    assert note is not None
    assert succeeded["value"] <= float(note[2])
    assert float(note[1]) <= 100
