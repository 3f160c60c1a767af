"""Waiting for what MiniStack does by itself: it works on queues and subscriptions in threads of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from emulator_process import PATIENCE

Found = TypeVar("Found")


def eventually(look: Callable[[], Found], enough: Callable[[Found], bool]) -> Found:
    """What `look` finds as soon as it is enough. Raises AssertionError with what was found last."""
    deadline = time.monotonic() + PATIENCE
    while not enough(found := look()):
        assert time.monotonic() < deadline, f"it is still {found!r}"
        time.sleep(0.1)
    return found
