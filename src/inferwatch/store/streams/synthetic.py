"""The record of an invocation that left none, since its environment was killed or its handler is not monitored."""

from __future__ import annotations

import hashlib
from typing import Any

from inferwatch.sdk.ids import ENTROPY_BYTES, transaction_id
from inferwatch.sdk.line import LineFormat, Transaction
from inferwatch.spec.record import FAILED, TIMEOUT
from inferwatch.store.streams import platform
from inferwatch.store.streams.invocations import Lost


def line(identity: dict[str, Any], stream: str, lost: Lost) -> bytes | None:
    """The line, newline included, or None where `identity` does not say whose record it would be.

    The same invocation always gives the same line, and so the same transaction id.
    """
    entropy = hashlib.blake2b(lost.request_id.encode(), digest_size=ENTROPY_BYTES).digest()
    transaction = Transaction(
        transaction_id(lost.start_ms, entropy),
        lost.start_ms,
        lost.elapse,
        status=TIMEOUT if lost.timed_out else FAILED,
        fields={
            "request_id": lost.request_id,
            "error": {"type": lost.error_type, "message": _message(lost)},
        },
    )
    try:
        return LineFormat(identity, stream).line(transaction)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None  # The caller counts it: this is no compiled spec, or not all of one.


def _message(lost: Lost) -> str:
    if lost.timed_out:
        return f"The handler did not answer within {lost.elapse / 1000:.2f} seconds; its environment was killed."
    if lost.error_type == platform.KILLED:
        return "The environment was killed from outside before the handler answered."
    return "The handler ended without a record of this inference."
