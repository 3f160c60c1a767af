"""The log stream of one environment, as the platform writes to it: beside the worker, whose stdout it is."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inferwatch.sdk.streams import open_stream, stream_file
from inferwatch.store.streams import platform


class Stream:
    """An open stream file. Raises OSError where it cannot be made, and where a line cannot be written whole."""

    def __init__(self, data: Path, log_group: str, name: str) -> None:
        self.name = name
        self.descriptor = open_stream(stream_file(data, log_group, name))

    def platform(self, event: str, record: Mapping[str, Any], now_ms: int) -> None:
        """Write `platform.<event>`, the form in which Lambda reports what happens around the handler."""
        self.line(platform.line(f"platform.{event}", now_ms, record))

    def line(self, line: bytes) -> None:
        """Write one line in one write, on a line of its own: a worker may have printed half of one before."""
        size = self.size
        torn = size > 0 and os.pread(self.descriptor, 1, size - 1) != b"\n"
        whole = (b"\n" if torn else b"") + line + b"\n"
        if os.write(self.descriptor, whole) != len(whole):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    @property
    def size(self) -> int:
        return os.fstat(self.descriptor).st_size

    def seal(self, now_ms: int) -> None:
        """Say that nothing follows, and let go of the file. Once only."""
        try:
            self.platform("streamEnd", {}, now_ms)
        finally:
            os.close(self.descriptor)
            self.descriptor = -1  # the number may soon be another file's
