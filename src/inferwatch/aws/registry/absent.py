"""An account and region that has no registry yet: the first `deploy` that registers makes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from inferwatch.errors import AwsError

T = TypeVar("T")
NO_REGISTRY: Final = "NoRegistry"
"""The code of the AwsError that says so."""


def or_none(ask: Callable[..., T], *given: Any) -> T | None:
    """What `ask`, of a registry, answers to `given`; None where there is no registry. Raises AwsError else."""
    try:
        return ask(*given)
    except AwsError as error:
        if error.code != NO_REGISTRY:
            raise
        return None
