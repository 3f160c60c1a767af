"""Trouble that must not end a thread: told once, tried again, and told when it is over."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from inferwatch.errors import InferWatchError

_VARYING = re.compile(r"\w*\d\w*")
"""Sizes, offsets, names of files in the making: what differs each time that the same trouble is met."""


class Trouble:
    """Guards the rounds of one thread. what: whose trouble it is; tell: where it is told."""

    def __init__(self, what: str, tell: Callable[[str], None]) -> None:
        self._what = what
        self._tell = tell
        self._present = ""

    def guard(self, work: Callable[[], None]) -> None:
        """Do one round, guarded."""
        with self.guarded():
            work()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """The block is one round. A full disk, say, is told and left for the next round; so is an error that nobody
        foresaw, since a model that nobody watches is worse than a round that is lost."""
        try:
            yield
        except Exception as error:
            expected = isinstance(error, InferWatchError | OSError)
            said = str(error) if expected else f"{type(error).__name__}: {error}"
            alike = _VARYING.sub("", said)
            if alike != self._present:
                self._present = alike
                self._tell(f"{self._what} has trouble and will try again: {said}")
        else:
            if self._present:
                self._present = ""
                self._tell(f"{self._what} is well again")
