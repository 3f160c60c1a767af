"""What the spec says of its two queues, in the terms of SQS."""

from __future__ import annotations

import msgspec

from inferwatch.cloudwatch.names import names
from inferwatch.spec.monitor_spec import MonitorSpec

REGION = "local"
ACCOUNT = "000000000000"
_DAY_MS = 24 * 60 * 60 * 1000


class SqsQueue(msgspec.Struct, frozen=True, kw_only=True):
    """One queue. visibility: seconds; max_receives and dead_letters: of its redrive policy, None without one."""

    name: str
    visibility: int
    retention_ms: int
    max_receives: int | None = None
    dead_letters: str | None = None

    @property
    def arn(self) -> str:
        return arn(self.name)


def arn(name: str) -> str:
    """The ARN of the queue of this name."""
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def queues(spec: MonitorSpec) -> tuple[SqsQueue, SqsQueue]:
    """The trigger queue and the dead-letter queue of a spec that has a queue."""
    asked, named = spec.queue, names(spec)
    assert asked is not None
    visibility = asked.visibility(spec.function.timeout)
    trigger = SqsQueue(
        name=named.queue,
        visibility=visibility,
        retention_ms=asked.retention_days * _DAY_MS,
        max_receives=asked.max_receive_count,
        dead_letters=named.dead_letters,
    )
    dead = SqsQueue(
        name=named.dead_letters, visibility=visibility, retention_ms=asked.dead_letter_retention_days * _DAY_MS
    )
    return trigger, dead
