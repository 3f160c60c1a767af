"""JSON that may be none: what a log line, an answer or an alarm's history holds is not ours to decide."""

from __future__ import annotations

from typing import Any

import orjson


def json_object(text: str | bytes) -> dict[str, Any]:
    """The object that `text` writes, empty where it writes none."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
