"""What must be made anew in a forked child: locks that a thread of the parent may hold, and names made of the pid."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Renewable(Protocol):
    def renew(self) -> None:
        """Called in the child, before anything else runs there."""


_renewables: weakref.WeakSet[Renewable] = weakref.WeakSet()


def renew_after_fork(part: Renewable) -> None:
    """Have `part.renew()` called in every forked child, for as long as `part` lives."""
    _renewables.add(part)


def _renew_all() -> None:
    for part in list(_renewables):
        part.renew()


os.register_at_fork(after_in_child=_renew_all)
