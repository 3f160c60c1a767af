"""A stand-in for Slack's incoming webhook on loopback: takes what Slack would take, so that delivery is real."""

from __future__ import annotations

import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson


class SlackSink:
    """Messages posted to `url` pile up in `messages`, as Slack would have received them."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        path = f"/services/{secrets.token_hex(8)}"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(path, self.messages))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}{path}"
        threading.Thread(target=self._server.serve_forever, name="slack-sink", daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(path: str, messages: list[dict[str, Any]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            try:
                message = orjson.loads(body)
                known = self.path == path and "text" in message
            except (orjson.JSONDecodeError, TypeError):
                known = False
            if known:
                messages.append(message)
            self._answer(200 if known else 400, b"ok" if known else b"invalid_payload")

        def _answer(self, code: int, body: bytes) -> None:
            self.send_response(code)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the page shows what was delivered."""

    return Handler
