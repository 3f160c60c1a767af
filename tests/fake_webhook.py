"""A real HTTP server on loopback that answers posts as it is told, and keeps them."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "/services/T0123/B0123/s3cr3t-t0ken"
RESET = (0, {})
"""Instead of an answer: the connection is reset after the post was read."""


class FakeWebhook:
    """script: the answers `(status, headers)` to come; when it is empty, 200. posts: bodies, `(answer, body)`."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}{SECRET}"
        self.script: list[tuple[int, dict[str, str]]] = []
        self.echo = ""
        self.posts: list[tuple[int, Any]] = []

    @property
    def taken(self) -> list[Any]:
        """The bodies that were answered with success."""
        return [body for status, body in self.posts if 200 <= status < 300]


@contextmanager
def fake_webhook() -> Iterator[FakeWebhook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, headers = fake.script.pop(0) if fake.script else (200, {})
            fake.posts.append((status, body))
            if status == 0:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.rfile.close()
                self.connection.close()
                return
            self._answer(status, headers)

        def do_GET(self) -> None:
            fake.posts.append((200, "GET"))
            self._answer(200, {})

        def _answer(self, status: int, headers: dict[str, str]) -> None:
            said = fake.echo.encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(said))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def finish(self) -> None:
            if not self.close_connection or not self.rfile.closed:
                super().finish()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake = FakeWebhook(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def closed_port_url() -> str:
    """A URL whose port nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}{SECRET}"
