"""Payloads as CloudWatch Logs sends them to a subscription."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable
from typing import Any

OWNER = "111111111111"
LOG_GROUP = "/abc_corp/claim/doc_classification"
LOG_STREAM = "2026/11/21/doc_classification-Inference[3]0123456789abcdef"


def payload(messages: Iterable[str], *, at_ms: int = 1_795_262_400_000, **members: Any) -> str:
    """The `data` of one batch, base64. members: take the place of the payload's own."""
    events = [{"id": f"{at_ms:032d}{i:024d}", "timestamp": at_ms + i, "message": m} for i, m in enumerate(messages)]
    batch = {
        "messageType": "DATA_MESSAGE",
        "owner": OWNER,
        "logGroup": LOG_GROUP,
        "logStream": LOG_STREAM,
        "subscriptionFilters": ["history"],
        "logEvents": events,
        **members,
    }
    return base64.b64encode(gzip.compress(json.dumps(batch).encode())).decode()
