from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from local_bench import SPEC, events, exists, lines, records, streams, until

from inferwatch.errors import RuntimeStartError
from inferwatch.local.serve import bind, port_of

SERVER = Path(__file__).with_name("local_server.py")


class Server:
    """A running `local_server.py`."""

    def __init__(self, model: Path, data: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, SERVER, model, data], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        gateway, page = self.process.stdout.readline().split()
        self.gateway, self.page = f"http://127.0.0.1:{gateway}", f"http://127.0.0.1:{page}"

    def ask(self, what: str) -> httpx.Response:
        return httpx.post(f"{self.gateway}/predict", json={"do": what}, timeout=20)

    def end(self, number: int) -> tuple[float, str]:
        """Send the signal; seconds until the process is gone, and what it wrote to stderr."""
        began = time.monotonic()
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=20)
        return time.monotonic() - began, said


@pytest.fixture
def start(model: Path, data: Path) -> Iterator[Callable[[], Server]]:
    (model / "inferwatch.toml").write_text(SPEC.format(timeout=20, concurrency=4))
    servers: list[Server] = []

    def started() -> Server:
        servers.append(Server(model, data))
        return servers[-1]

    yield started
    for server in servers:
        server.process.kill()
        server.process.communicate()


def worker_of(server: Server) -> int:
    pid: int = server.ask("answer").json()["prediction"]
    return pid


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_soon_also_with_streams_and_calls_open(
    start: Callable[[], Server], data: Path, number: int
) -> None:
    server = start()
    worker = worker_of(server)
    outcomes: list[int] = []
    with httpx.stream("GET", f"{server.page}/stream") as stream:
        assert next(stream.iter_text()) == "data: tick\n\n"
        asleep = threading.Thread(target=lambda: outcomes.append(server.ask("sleep").status_code))
        asleep.start()
        until(lambda: len(events(streams(data)[0], "start")) == 2)
        seconds, said = server.end(number)
        asleep.join()
    assert seconds < 8  # it is a second, and what a busy machine adds; the call would take 20 s
    assert server.process.returncode == 0
    assert said == ""
    assert not exists(worker)
    assert outcomes == [502]
    (stream_file,) = streams(data)
    assert len(events(stream_file, "report")) == 2
    assert lines(stream_file)[-1]["type"] == "platform.streamEnd"


def test_kill_9_leaves_no_worker_loses_no_answer_and_a_new_start_works(start: Callable[[], Server], data: Path) -> None:
    server = start()
    answered = [server.ask("answer").json() for _ in range(20)]
    worker = answered[0]["prediction"]
    server.end(signal.SIGKILL)
    until(lambda: not exists(worker))
    written = [r["transaction_id"] for r in records(streams(data)[0])]
    assert written == [answer["transaction_id"] for answer in answered]
    assert start().ask("answer").status_code == 200


def test_a_worker_that_is_killed_is_replaced(start: Callable[[], Server]) -> None:
    server = start()
    first = worker_of(server)
    os.kill(first, signal.SIGKILL)
    until(lambda: not exists(first))
    # Between the end of the process and the server's notice of it, a call may still be given to it.
    until(lambda: server.ask("answer").status_code == 200)
    assert worker_of(server) != first


def test_what_cannot_be_recorded_is_not_acknowledged_and_the_service_recovers(
    start: Callable[[], Server], data: Path
) -> None:
    server = start()
    assert server.ask("answer").status_code == 200
    number = server.process.pid
    limits = resource.prlimit(number, resource.RLIMIT_FSIZE)
    resource.prlimit(number, resource.RLIMIT_FSIZE, (10, limits[1]))
    refused = server.ask("answer")
    assert (refused.status_code, refused.json()["error"]["message"]) == (
        503,
        "the invocation cannot be recorded: File too large",
    )
    assert httpx.get(f"{server.gateway}/healthz").status_code == 503
    resource.prlimit(number, resource.RLIMIT_FSIZE, limits)
    assert server.ask("answer").status_code == 200
    assert httpx.get(f"{server.gateway}/healthz").status_code == 200
    assert len(records(streams(data)[0])) == 2


def test_what_strangers_send_to_an_open_port_is_no_news(start: Callable[[], Server]) -> None:
    server = start()
    for garbage in (b"\x16\x03\x01 no HTTP", b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", int(server.gateway.rpartition(":")[2]))) as stranger:
            stranger.sendall(garbage)
            assert stranger.recv(1000).startswith(b"HTTP/1.1 4")
    assert server.end(signal.SIGINT)[1] == ""


def test_a_lack_of_descriptors_is_told_once_and_passes(start: Callable[[], Server]) -> None:
    server = start()
    assert server.ask("answer").status_code == 200
    number = server.process.pid
    limits = resource.prlimit(number, resource.RLIMIT_NOFILE)
    resource.prlimit(number, resource.RLIMIT_NOFILE, (len(os.listdir(f"/proc/{number}/fd")) + 3, limits[1]))
    port = int(server.gateway.rpartition(":")[2])
    callers = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    time.sleep(0.2)  # for it to accept what it can
    for caller in callers:
        caller.close()
    assert server.ask("answer").status_code == 200
    said = server.end(signal.SIGINT)[1]
    assert said == "connections have to wait: too many files are open; raise the limit (ulimit -n)\n"


def test_a_port_in_use_says_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(RuntimeStartError, match=rf"^gateway: port {port} is in use; end the program that has it"):
            bind("gateway", port)


def test_a_host_that_is_none_is_said() -> None:
    with pytest.raises(RuntimeStartError, match=r"page: 192\.0\.2\.1:0 cannot be opened: "):
        bind("page", 0, "192.0.2.1")


def test_sockets_are_loopback_unless_told_otherwise() -> None:
    with bind("page", 0) as bound:
        assert bound.getsockname()[0] == "127.0.0.1"
        assert port_of(bound) > 0


def test_answers_do_not_wait_for_a_delayed_acknowledgement() -> None:
    """asyncio turns that delay off (44 ms an answer) only on sockets that name TCP themselves."""
    with bind("the gateway", 0) as bound:
        assert bound.proto == socket.IPPROTO_TCP
