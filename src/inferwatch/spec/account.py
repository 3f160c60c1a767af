"""Where on AWS the model is deployed."""

from __future__ import annotations

import msgspec


class AccountSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[aws]`. account: its 12 digits; region: `eu-central-1`. The caller's own where not given."""

    account: str | None = None
    region: str | None = None
