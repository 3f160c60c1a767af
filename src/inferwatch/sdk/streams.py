"""Log streams as files: `<data>/logs/<log group>/@streams/<stream>.jsonl`, each with one writer."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def stream_file(data: Path | str, log_group: str, stream: str) -> Path:
    """The file of a log stream. A group is a folder; a stream's name has slashes, so it is percent-encoded."""
    from pathlib import Path
    from urllib.parse import quote

    return Path(data, "logs", log_group.strip("/"), "@streams", quote(stream, safe="") + ".jsonl")


def open_stream(path: Path | str) -> int:
    """Open a stream file for appending, as its one writer; the descriptor holds the lock until it is closed.

    A last line that a crash tore is ended here, so that it spoils only itself. Raises OSError, a BlockingIOError
    where another process writes to this stream.
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    # Its owner's alone: what models are asked is private.
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            os.write(descriptor, b"\n")
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
