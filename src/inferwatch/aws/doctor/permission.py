"""One action that a person must be allowed, for one use of the commands."""

from __future__ import annotations

from typing import Literal

import msgspec

Use = Literal["read", "ask", "check", "deploy", "destroy"]
USES: tuple[Use, ...] = ("read", "ask", "check", "deploy", "destroy")
VIA = "kms:ViaService"
"""The key of a condition."""
ANY = "*"
"""For actions that IAM does not tie to resources."""


class Permission(msgspec.Struct, frozen=True):
    """One action. resources: ARNs, with wildcards where the rest of a name is AWS's; example: one ARN among them; via:
    the service on whose behalf alone a key is used, `sqs.eu-central-1.amazonaws.com`.
    """

    use: Use
    action: str
    resources: tuple[str, ...]
    example: str
    via: str | None = None
