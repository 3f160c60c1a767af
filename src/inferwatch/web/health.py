"""Whether the parts that feed the page are alive."""

from __future__ import annotations

from typing import Any

from inferwatch.web.sources import Sources

STALE_AFTER_MS = 30_000
"""The parts come round at least every half second; a round that meets a slow disk may take longer."""


def health_view(sources: Sources) -> list[dict[str, Any]]:
    """The parts that have given no sign of life for 30 s: name and time of the last sign. Empty when all is well."""
    now_ms = sources.now_ms()
    return [
        {"name": name, "seen": seen_ms}
        for name, seen_ms in sources.health().items()
        if now_ms - seen_ms > STALE_AFTER_MS
    ]
