"""Where lines go. A sink is called with one whole line, newline included, and raises where it cannot take it.

A sink may say by an attribute `max_bytes` how long a line it carries; without it that is LINE_MAX.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson

from inferwatch.sdk.streams import open_stream, stream_file
from inferwatch.sdk.writer import Writer

if TYPE_CHECKING:
    from pathlib import Path

Sink = Callable[[bytes], None]

# Lambda splits what it reads from stdout at 64 KiB, and half a line is no embedded metric.
STDOUT_LINE_MAX = 60 * 1024


class StdoutSink:
    """File descriptor 1: on Lambda the log stream of this environment, in a container the log driver's pipe."""

    max_bytes = STDOUT_LINE_MAX

    def __init__(self) -> None:
        self._writer = Writer(1)

    def __call__(self, line: bytes) -> None:
        _flush_prints()
        self._writer.write(line)


class LogStreamSink:
    """A log stream on this machine: a file of the data folder, with this process as its one writer.

    Raises OSError where the file cannot be made, or another process writes to it.
    """

    def __init__(self, data: Path | str, log_group: str, stream: str) -> None:
        self.path = stream_file(data, log_group, stream)
        self._writer = Writer(open_stream(self.path))

    def __call__(self, line: bytes) -> None:
        self._writer.write(line)

    def close(self) -> None:
        """Give the stream up. Lines after this raise OSError."""
        self._writer.close()


class MemorySink:
    """Keeps lines in memory: for the tests of code that records."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def __call__(self, line: bytes) -> None:
        self.lines.append(line)

    @property
    def records(self) -> list[dict[str, Any]]:
        """The records, oldest first, each without its `_aws` member; metrics are members like all others."""
        parsed = [orjson.loads(line) for line in self.lines]
        return [{name: value for name, value in record.items() if name != "_aws"} for record in parsed]

    def clear(self) -> None:
        self.lines.clear()


def _flush_prints() -> None:
    """What was printed before a line must not come after it, or inside it."""
    try:
        sys.stdout.flush()
    except (AttributeError, OSError, ValueError):
        return  # there is no stdout, or it is closed; the descriptor may still be open
