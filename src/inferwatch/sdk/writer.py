"""Whole lines into a file descriptor: one write a line, whoever else writes there."""

from __future__ import annotations

import fcntl
import os
import select
import stat
from threading import Lock

from inferwatch.sdk.fork import renew_after_fork

# How long the rest of a line that is half written may wait for a reader.
_PATIENCE_MS = 1_000


class Writer:
    """Appends lines to `descriptor`. Safe among threads and after a fork; among processes that share a pipe, too."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._torn = False
        # A file takes each appended line whole. A pipe mixes writes of more than 4 KB with any others, so that on a
        # pipe short lines must wait for long ones too.
        self._mixes = _is_pipe(descriptor)
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        self._lock = Lock()

    def write(self, line: bytes) -> None:
        """Raises OSError where the line was not written, or not whole; the next line then begins on a new one."""
        with self._lock:
            if self._mixes:
                self._write_exclusively(line)
            elif self._torn:
                self._write(line)
            elif (written := os.write(self._descriptor, line)) < len(line):
                self._rest(line, written)

    def close(self) -> None:
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def _write_exclusively(self, line: bytes) -> None:
        # Threads are kept apart by our own lock, other processes on this pipe by a POSIX lock on it.
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX)
        except OSError:  # a kernel without such locks: the line is worth the risk
            self._write(line)
            return
        try:
            self._write(line)
        finally:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN)

    def _write(self, line: bytes) -> None:
        if self._torn:
            line = b"\n" + line
        self._rest(line, os.write(self._descriptor, line))

    def _rest(self, line: bytes, written: int) -> None:
        rest = memoryview(line)[written:]
        self._torn = True
        while rest:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                poll = select.poll()
                poll.register(self._descriptor, select.POLLOUT)
                if not poll.poll(_PATIENCE_MS):
                    raise
        self._torn = False


def _is_pipe(descriptor: int) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    except OSError:  # it is closed, as stdout may be: each write will say so
        return False
