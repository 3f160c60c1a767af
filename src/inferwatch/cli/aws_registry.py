"""Reading the registry on AWS, where there may be none yet: the first `deploy` that registers makes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from inferwatch.errors import AwsError

T = TypeVar("T")
NO_REGISTRY = "NoRegistry"


def registered(read: Callable[..., Sequence[T]], *given: Any) -> Sequence[T]:
    """What `read` gives for `given`, nothing where there is no registry. Raises AwsError for other trouble."""
    try:
        return read(*given)
    except AwsError as error:
        if error.code != NO_REGISTRY:
            raise
        return ()
