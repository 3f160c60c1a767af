"""The queue in front of the model's function, and the one for messages that it could not take."""

from __future__ import annotations

import math

import msgspec

_TIMES_THE_TIMEOUT = 6
"""What AWS advises: time for the retries of a function that is throttled."""


class QueueSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[queue]`, by SQS's words. The model has one where this table stands.

    batch_size: messages an invocation; batching_window: seconds to wait for a full batch; max_receive_count: how often
    a message is tried before it goes to the dead-letter queue; visibility_timeout: seconds for which a message that is
    being tried is hidden; retention_days, dead_letter_retention_days: of either queue; maximum_concurrency:
    environments that work on the queue at the same time, all of the function's where not given.
    """

    batch_size: int = 1
    batching_window: int = 0
    max_receive_count: int = 3
    visibility_timeout: int | None = None
    retention_days: int = 4
    dead_letter_retention_days: int = 14
    maximum_concurrency: int | None = None

    def visibility(self, function_timeout: float) -> int:
        """`visibility_timeout`, or what AWS advises for a function of this timeout (seconds)."""
        if self.visibility_timeout is not None:
            return self.visibility_timeout
        return _TIMES_THE_TIMEOUT * math.ceil(function_timeout) + self.batching_window
