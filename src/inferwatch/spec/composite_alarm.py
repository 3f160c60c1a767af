"""An alarm over the states of other alarms, as CloudWatch's composite alarms are."""

from __future__ import annotations

import msgspec


class CompositeAlarmSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[composite_alarm]]`. rule: in CloudWatch's own words, over alarms by the names they have in the spec.

    `ALARM("High-Latency-Alarm") AND NOT ALARM("Inference-Error-Alarm")`; notify: as an alarm's.
    """

    name: str
    rule: str
    description: str = ""
    runbook: str = ""
    notify: tuple[str, ...] | None = None
