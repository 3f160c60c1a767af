"""Trouble that must not end a thread: told once, tried again, and told when it is over."""

from __future__ import annotations

from collections.abc import Callable

from inferwatch.errors import StoreError


class Trouble:
    """Guards the rounds of one thread. what: whose trouble it is; tell: where it is told."""

    def __init__(self, what: str, tell: Callable[[str], None]) -> None:
        self._what = what
        self._tell = tell
        self._present = ""

    def guard(self, work: Callable[[], None]) -> None:
        """Do one round. A full disk, say, is told and left for the next round."""
        try:
            work()
        except (StoreError, OSError) as error:
            if str(error) != self._present:
                self._present = str(error)
                self._tell(f"{self._what} has trouble and will try again: {error}")
        else:
            if self._present:
                self._present = ""
                self._tell(f"{self._what} is well again")
