"""Sends the story's requests through the gateway at a steady rate, and keeps count of every answer."""

from __future__ import annotations

import http.client
import queue
import threading
import time
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import orjson

SENDERS = 12
REQUEST_TIMEOUT = 30.0


class Tally:
    """What was sent and answered. request_ids: of invocations that began, as the gateway names them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.sent = 0
        self.unanswered = 0
        self.by_code: Counter[int] = Counter()
        self.request_ids: list[str] = []

    def answered(self, code: int, request_id: str | None) -> None:
        with self._lock:
            self.by_code[code] += 1
            if request_id:
                self.request_ids.append(request_id)

    def broken(self) -> None:
        with self._lock:
            self.unanswered += 1


class Sender:
    """A few connections that post what `send` is given to `/predict`; call `close` to wait for the last answer."""

    def __init__(self, gateway_url: str) -> None:
        self.tally = Tally()
        self._host = urlsplit(gateway_url).netloc
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._run, name=f"sender-{n}", daemon=True) for n in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def send(self, body: dict[str, Any] | bytes) -> None:
        """Queue one request; it goes out at once unless all connections wait for answers."""
        self.tally.sent += 1
        self._queue.put(body if isinstance(body, bytes) else orjson.dumps(body))

    def close(self) -> Tally:
        """Wait until every request was answered, and give the count."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()
        return self.tally

    def _run(self) -> None:
        connection = http.client.HTTPConnection(self._host, timeout=REQUEST_TIMEOUT)
        while (body := self._queue.get()) is not None:
            try:
                connection.request("POST", "/predict", body, {"content-type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                self.tally.answered(answer.status, answer.getheader("x-amzn-requestid"))
            except (OSError, http.client.HTTPException):
                connection.close()
                self.tally.broken()
        connection.close()


class Pace:
    """`wait()` returns at a steady rate; after a pause it goes on from there, without a burst to catch up."""

    def __init__(self, per_second: float, stop: threading.Event) -> None:
        self._interval = 1 / per_second
        self._stop = stop
        self._next = time.monotonic()

    def wait(self) -> bool:
        """True when the next request is due, False when all is to stop."""
        self._next = max(self._next + self._interval, time.monotonic() - self._interval)
        return not self._stop.wait(max(0.0, self._next - time.monotonic()))
