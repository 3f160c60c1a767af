"""A metric that the spec adds to those every model has."""

from __future__ import annotations

import msgspec


class MetricSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Read from a numeric field of the record. field: dotted path, `request.pages`; unit: CloudWatch's word.

    Without a field, the metric is one that code sends by `inference.metric(name, value)`.
    """

    name: str
    field: str | None = None
    unit: str = "None"
