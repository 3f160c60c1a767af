"""The right to write a data folder: held by one process, lost with it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from inferwatch.errors import StoreError

FILE = "lock"


class Lock:
    """Exclusive, by flock on `<data>/lock`, whose text is the holder's process id. Raises StoreError."""

    def __init__(self, data: Path) -> None:
        path = data / FILE
        try:
            data.mkdir(mode=0o700, parents=True, exist_ok=True)  # what models are asked is private
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(
                f"{data} cannot be written ({error.strerror}). Choose a data folder that this user may write."
            ) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, b"%d\n" % os.getpid(), 0)
        except BlockingIOError:
            holder = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._descriptor)
            raise StoreError(
                f"{data} is in use by process {holder}. Stop it first, or choose another data folder."
            ) from None
        except OSError as error:
            os.close(self._descriptor)
            raise StoreError(f"{path} cannot be written ({error.strerror}).") from error

    def release(self) -> None:
        os.close(self._descriptor)


def is_held(data: Path) -> bool:
    """Whether a process may write the folder now. Raises OSError, a FileNotFoundError where none ever did."""
    with (data / FILE).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
