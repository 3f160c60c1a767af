"""How long the log group keeps what the model logs, and by whose key it is encrypted, on AWS."""

from __future__ import annotations

import msgspec


class LogsSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[logs]`. retention_days: one of CloudWatch's; customer_key: a KMS key of the account's own."""

    retention_days: int = 90
    customer_key: bool = False
