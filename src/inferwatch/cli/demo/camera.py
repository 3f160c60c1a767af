"""The demo's camera: real images of handwritten digits, and what each phase of the story does to them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from inferwatch.cli.demo.story import Kind

SIDE = 8
BLUR_PASSES = 2
SLOW_WAIT_MS = 550
SLOW_SHARE = 0.25
GARBAGE: tuple[bytes, ...] = (
    b"{not json",
    b"[]",
    b"{}",
    b'{"pixels": "all of them"}',
    b'{"pixels": [1, 2, 3]}',
    b'{"pixels": [' + b",".join([b"99"] * 64) + b"]}",
)


def blurred(pixels: list[float]) -> list[float]:
    """The image out of focus: each pixel the mean of its neighbourhood, a few times over."""
    for _ in range(BLUR_PASSES):
        pixels = [_mean_around(pixels, row, column) for row in range(SIDE) for column in range(SIDE)]
    return pixels


def _mean_around(pixels: list[float], row: int, column: int) -> float:
    rows = range(max(0, row - 1), min(SIDE, row + 2))
    columns = range(max(0, column - 1), min(SIDE, column + 2))
    around = [pixels[r * SIDE + c] for r in rows for c in columns]
    return round(sum(around) / len(around), 2)


class Camera:
    """Takes one picture at a time, in the manner of the phase."""

    def __init__(self, images: list[list[float]], seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a repeatable story, no secret
        self._images = self._endless(images)
        self._garbage = self._endless(list(GARBAGE))

    def shoot(self, kind: Kind) -> dict[str, Any] | bytes:
        """Features for the model, or bytes that are none."""
        if kind == "garbage" and self._random.random() < 0.5:
            garbage: bytes = next(self._garbage)
            return garbage
        pixels = next(self._images)
        if kind == "blurred":
            pixels = blurred(pixels)
        if kind == "slow" and self._random.random() < SLOW_SHARE:
            return {"pixels": pixels, "wait_ms": SLOW_WAIT_MS}
        return {"pixels": pixels}

    def _endless(self, items: list[Any]) -> Iterator[Any]:
        while True:
            order = list(items)
            self._random.shuffle(order)
            yield from order
