"""One link of the chain: what was found there, and how long it took to find it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from inferwatch.errors import AwsError
from inferwatch.finding import Finding

T = TypeVar("T")


class Link(Finding, frozen=True):
    """seconds: from when it was first looked for."""

    seconds: float = 0.0

    @classmethod
    def of(cls, finding: Finding, seconds: float) -> Link:
        """The finding, and how long it took."""
        return cls(finding.what, finding.verdict, finding.says, seconds)


def timed(what: str, look: Callable[[], tuple[Finding, T | None]], now_ms: Callable[[], int]) -> tuple[Link, T | None]:
    """What `look` found, timed. What AWS refuses is a finding too, and what it was for stays unknown."""
    began = now_ms()
    try:
        finding, seen = look()
    except AwsError as error:
        finding, seen = Finding(what, "wrong", str(error)), None
    return Link.of(finding, (now_ms() - began) / 1000), seen
