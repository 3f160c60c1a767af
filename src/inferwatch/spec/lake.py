"""The lake on AWS: every transaction as Parquet in S3, asked by Athena."""

from __future__ import annotations

import msgspec


class LakeSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[lake]`. The model has one where this table stands.

    days: how long S3 keeps a file; buffer_seconds, buffer_mb: what Firehose gathers, whichever comes first, before it
    writes one; scan_limit_gb: what one Athena query may read.
    """

    days: int = 365
    buffer_seconds: int = 300
    buffer_mb: int = 128
    scan_limit_gb: float = 10.0
