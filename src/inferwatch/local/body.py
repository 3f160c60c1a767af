"""A request's body, no longer than is allowed."""

from __future__ import annotations

from starlette.requests import Request


async def body_of(request: Request, most: int) -> bytes | None:
    """The whole body, or None where it is longer than `most` bytes: then the rest of it is not read."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            return None
    return bytes(body)
