"""Sealing the streams whose environment was killed together with the runtime that watched it."""

from __future__ import annotations

import fcntl
import math
import os
import sqlite3
from pathlib import Path

from inferwatch.errors import StoreError
from inferwatch.store.streams import platform, positions
from inferwatch.store.streams.events import events
from inferwatch.store.streams.files import Stream, discover, read
from inferwatch.store.streams.invocations import Invocations, Open
from inferwatch.store.times import SECOND
from inferwatch.store.transaction import snapshot


def seal_orphans(data: Path, connection: sqlite3.Connection, now_ms: int) -> int:
    """Write the end of every stream that an environment of the runtime left open; returns how many.

    Its writer holds a lock on the file as long as it lives, so a free lock says that it is gone. Streams of other
    programs are left alone: those may open them again. Whenever this is interrupted, the next call completes it.
    Raises StoreError.
    """
    sealed = 0
    with snapshot(connection):
        ended = {row[0] for row in connection.execute("SELECT key FROM stream WHERE ended")}
    for stream in discover(data):
        if stream.key in ended:
            continue
        with snapshot(connection):
            position = positions.load(connection, stream)
        if position is not None and not positions.matches(stream, position):
            position = None
        try:
            sealed += _seal(stream, position, now_ms)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StoreError(f"{stream.path} could not be sealed: {error.strerror}.") from error
    return sealed


def _seal(stream: Stream, position: positions.Position | None, now_ms: int) -> bool:
    if not _end(stream, position, now_ms):
        return False  # Its lock is not even tried: a program that opens it right now must find it free.
    descriptor = os.open(stream.path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        end = _end(stream, position, now_ms)
        if end:
            _append(descriptor, end)
        return bool(end)
    finally:
        os.close(descriptor)


def _end(stream: Stream, position: positions.Position | None, now_ms: int) -> bytes:
    """What the stream still lacks; nothing if it has its end or is not the runtime's."""
    invocations = position.invocations if position else Invocations()
    for event in events(stream, position.rolled if position else 0):
        invocations.feed(event)
    if invocations.ended or invocations.identity is None:
        return b""
    size = stream.path.stat().st_size
    glue = b"" if read(stream.path, size - 1, 1) == b"\n" else b"\n"
    last_ms = min(now_ms, stream.path.stat().st_mtime_ns // 1_000_000)
    timeout = invocations.identity.get("timeout")
    longest_ms = timeout * SECOND if isinstance(timeout, int | float) else math.inf
    lines = [_report(request_id, was, last_ms, longest_ms) for request_id, was in invocations.open.items()]
    return glue + b"\n".join((*lines, platform.line(platform.STREAM_END, last_ms, {}), b""))


def _report(request_id: str, was: Open, last_ms: int, longest_ms: float) -> bytes:
    """The report that the runtime could not write. The file's last change is the last that is known of the writer."""
    elapse = max(0, min(last_ms - was.start_ms, longest_ms))
    record = {
        "requestId": request_id,
        "status": "failure",
        "errorType": platform.KILLED,
        "metrics": {"durationMs": elapse, "billedDurationMs": math.ceil(elapse)},
        **({"eventSource": platform.QUEUE_SOURCE} if was.queued else {}),
    }
    return platform.line(platform.REPORT, was.start_ms + math.ceil(elapse), record)


def _append(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
    os.fsync(descriptor)
