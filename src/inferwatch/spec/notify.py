"""Where notifications go. Secrets are named by environment variable, never written in the spec."""

from __future__ import annotations

from typing import Literal

import msgspec


class NotifySpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One target, `[notify.NAME]`. type: by default the table's own name.

    webhook_env: name of the environment variable that holds the URL (on one machine);
    workspace_id and channel_id: Slack's, for Amazon Q Developer in chat applications (on AWS); address: of an
    `email`; phone: of an `sms`, as `+4915112345678` (both on AWS).
    """

    type: Literal["slack", "webhook", "email", "sms"]
    webhook_env: str | None = None
    workspace_id: str | None = None
    channel_id: str | None = None
    address: str | None = None
    phone: str | None = None

    @property
    def on_aws(self) -> bool:
        """Whether it says where AWS shall deliver to."""
        if self.type == "slack":
            return self.workspace_id is not None and self.channel_id is not None
        return self.type in ("email", "sms")
