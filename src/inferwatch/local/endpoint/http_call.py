"""One HTTP request to a server on loopback, within an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

import httptools

from inferwatch.local.serve import LOOPBACK

_CHUNK = 64 * 1024


class Reply(NamedTuple):
    """headers: names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def call(port: int, method: str, path: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Reply:
    """The answer to one request. Raises TimeoutError, and another OSError where there is no answer or no whole one."""
    fields = {**headers, "Host": f"{LOOPBACK}:{port}", "Connection": "close", "Content-Length": str(len(body))}
    head = "".join([f"{method} {path} HTTP/1.1\r\n", *(f"{name}: {value}\r\n" for name, value in fields.items())])
    async with asyncio.timeout(seconds):
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        try:
            writer.write(f"{head}\r\n".encode("latin-1") + body)
            return await _Reading().read(reader)
        finally:
            writer.close()


class _Reading:
    """What httptools' parser tells of one answer."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._done = False

    async def read(self, reader: asyncio.StreamReader) -> Reply:
        while not self._done:
            data = await reader.read(_CHUNK)
            if not data:
                raise ConnectionResetError("the connection ended before the answer did")
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserError as error:
                raise ConnectionError(f"the answer is no HTTP: {error}") from None
        return Reply(self._parser.get_status_code(), self._headers, bytes(self._body))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self._done = True
