"""The one place below which no code reads the time of day, or waits."""

from __future__ import annotations

import threading
import time
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import boto3

    from inferwatch.aws.patience import Patience
    from inferwatch.finding import Finding


def now_ms() -> int:
    """Now, in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def patience(ahead_ms: int = 0) -> Patience:
    """Waiting by a clock that this machine's is so far ahead of: by its own, where nothing is said."""
    from inferwatch.aws.patience import Patience

    return Patience(lambda: now_ms() - ahead_ms, threading.Event().wait)


def beside_aws(session: boto3.Session) -> tuple[Finding, Patience]:
    """What this machine's clock is beside AWS's, and waiting by AWS's. Raises AwsError."""
    from inferwatch.aws import clock

    ahead_ms = clock.ahead_ms(session, now_ms)
    return clock.finding(ahead_ms, datetime.now().astimezone()), patience(ahead_ms)
