"""Where the queue of a data folder listens: left there by who serves it, for who sends."""

from __future__ import annotations

import os
from pathlib import Path

from inferwatch.local.queue.sqs_queue import ACCOUNT

FILE = "queue.url"


def endpoint(port: int) -> str:
    """Where SQS's API is found at a port of this machine."""
    return f"http://127.0.0.1:{port}"


def queue_url(at: str, name: str) -> str:
    """A queue's URL, as SQS's API has it. at: the endpoint."""
    return f"{at}/{ACCOUNT}/{name}"


def leave(data: Path, at: str) -> None:
    """Write it down, whole or not at all. Raises OSError."""
    unfinished = data / f"{FILE}.{os.getpid()}"
    unfinished.write_text(f"{at}\n")
    unfinished.replace(data / FILE)


def remove(data: Path) -> None:
    """Nothing listens any more. Raises OSError."""
    (data / FILE).unlink(missing_ok=True)


def find(data: Path) -> str | None:
    """Where the queue of this data folder listens, or did when its server was killed; None where none does."""
    try:
        return (data / FILE).read_text().strip() or None
    except OSError:
        return None
