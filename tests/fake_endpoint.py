"""A server on loopback that answers InvokeEndpoint as a test tells it to, in the forms of SageMaker's runtime API."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Asked(NamedTuple):
    path: str
    headers: Mapping[str, str]
    body: bytes


class Answer(NamedTuple):
    """after: set by the test when the answer may be sent; None for at once."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}
    after: threading.Event | None = None


def predicts(body: bytes, content_type: str = "application/json") -> Answer:
    return Answer(200, body, {"Content-Type": content_type})


def fails(status: int, code: str, **members: Any) -> Answer:
    """An error in the form of rest-json: its code is in a header, its members are the body."""
    return Answer(status, json.dumps(members).encode(), {"x-amzn-errortype": code})


def throttles() -> Answer:
    """SageMaker's has status 400 and no message."""
    return fails(400, "ThrottlingException", message=None)


def model_error(status: int, message: str) -> Answer:
    said = f'Received client error ({status}) from primary with message "{message}".'
    return fails(424, "ModelError", Message=said, OriginalStatusCode=status, OriginalMessage=message)


class FakeEndpoint:
    """Gives `answers` one after the other, the last for ever; `asked` keeps what came."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[Asked] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                fake.asked.append(Asked(self.path, dict(self.headers), body))
                answer = fake.answers.pop(0) if len(fake.answers) > 1 else fake.answers[0]
                if answer.after is not None:
                    answer.after.wait(10)
                if answer.status == 0:  # no HTTP at all
                    self.close_connection = True
                    return
                with contextlib.suppress(ConnectionError):  # who asked has gone away
                    self.send_response(answer.status)
                    for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(answer.body)

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
