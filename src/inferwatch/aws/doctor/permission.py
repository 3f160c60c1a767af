"""One action that a person must be allowed, for one use of the commands."""

from __future__ import annotations

from typing import Literal

import msgspec

Use = Literal["read", "ask", "check", "deploy", "destroy"]
USES: tuple[Use, ...] = ("read", "ask", "check", "deploy", "destroy")
VIA = "kms:ViaService"
PARTITIONS = "dynamodb:LeadingKeys"
"""The keys of conditions."""
ANY = "*"
"""For actions that IAM does not tie to resources."""


class Permission(msgspec.Struct, frozen=True):
    """One action. resources: ARNs, with wildcards where the rest of a name is AWS's; example: one ARN among them; via:
    the service on whose behalf alone a key is used, `sqs.eu-central-1.amazonaws.com`; partitions: of a table of
    DynamoDB, where it is not all of them.
    """

    use: Use
    action: str
    resources: tuple[str, ...]
    example: str
    via: str | None = None
    partitions: tuple[str, ...] = ()
