"""JSON answers, written by orjson."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from inferwatch.sdk.encode import encoded


class JsonResponse(Response):
    """Any value that orjson writes; a float that is not finite becomes null."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return encoded(content)  # records may nest deeper than orjson writes
