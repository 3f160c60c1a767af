from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from unittest import mock

import aws_world
import boto3
import pytest
from click.testing import CliRunner, Result
from queue_bench import Bench

import inferwatch.local.queue
from inferwatch.cli.commands import cli
from inferwatch.cli.send import MESSAGE_MAX, batches
from inferwatch.errors import InferWatchError, MissingExtraError, QueueError, SpecError
from inferwatch.local.queue import address
from inferwatch.local.queue.sqs_queue import queues
from inferwatch.spec import load_spec

SPEC = """
[model]
namespace = "/test"
name = "echo"
predict = "app:predict"
"""


class World:
    def __init__(self, folder: Path) -> None:
        self.model = folder / "model"
        self.model.mkdir()
        self.write(f"{SPEC}[queue]\n")
        self.data = folder / "data"
        self.bench = Bench(self.data, *queues(load_spec(self.model)))

    def write(self, spec: str) -> None:
        (self.model / "inferwatch.toml").write_text(spec)

    def send(self, *arguments: Any, stdin: str | bytes | None = None) -> Result:
        given = ["send", "--spec", str(self.model), *map(str, arguments)]
        return CliRunner().invoke(cli, given, input=stdin)

    def sent(self) -> list[tuple[str, str]]:
        """Id and body of each message in the queue."""
        found = self.bench.take(1000, self.bench.trigger.name)
        return [(message.id, message.body) for message in found]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.bench.close()


@pytest.fixture
def served(world: World) -> Iterator[World]:
    with world.bench.served() as at:
        address.leave(world.data, at)
        yield world


def problem(result: Result, kind: type[InferWatchError] = QueueError) -> str:
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def test_a_message_goes_to_the_queue_that_has_the_data_folder(served: World) -> None:
    result = served.send("--data", served.data, '{"payload": "ä"}')
    assert (result.exit_code, served.sent()) == (0, [(result.stdout.strip(), '{"payload": "ä"}')])


def test_a_message_goes_to_the_queue_at_a_port(served: World) -> None:
    port = (address.find(served.data) or "").rpartition(":")[2]
    address.remove(served.data)
    assert served.send("--data", served.data, "--queue-port", port, "no JSON, which is fine").exit_code == 0
    assert [body for _, body in served.sent()] == ["no JSON, which is fine"]


def test_each_line_of_a_file_is_a_message(served: World, tmp_path: Path) -> None:
    lines = [f'{{"x": {number}}}' for number in range(23)]
    (tmp_path / "lines.jsonl").write_text("\n\n".join(lines) + "\r\n  \n")
    result = served.send("--data", served.data, "--file", tmp_path / "lines.jsonl")
    assert served.sent() == list(zip(result.stdout.split(), lines, strict=True))


def test_messages_come_from_standard_input(served: World) -> None:
    result = served.send("--data", served.data, "--file", "-", stdin="a\nb")
    assert served.sent() == list(zip(result.stdout.split(), "ab", strict=True))


def test_a_message_that_is_too_large_ends_it_and_says_what_was_sent(served: World) -> None:
    lines = ["a"] * 10 + ["x" * (MESSAGE_MAX + 1), "b"]
    result = served.send("--data", served.data, "--file", "-", stdin="\n".join(lines))
    assert "message 11 has 1048577 bytes; a queue takes 1 to 1048576" in problem(result)
    assert result.stderr == "10 messages were sent before this:\n"
    assert len(result.stdout.split()) == len(served.sent()) == 10


def test_what_the_queue_refuses_is_said_with_what_was_sent(served: World) -> None:
    result = served.send("--data", served.data, "--file", "-", stdin="\n".join(["a"] * 10 + ["b\x0b"]))
    assert problem(result) == "the queue refuses: The message contains characters outside the allowed set."
    assert result.stderr == "10 messages were sent before this:\n"
    assert len(served.sent()) == 10


def test_a_file_that_is_no_text_is_named(served: World) -> None:
    assert "no UTF-8" in problem(served.send("--data", served.data, "--file", "-", stdin=b"\xff\xfe"))


def test_nothing_listens(world: World) -> None:
    with world.bench.served() as at:
        address.leave(world.data, at)  # as after kill -9 of the server
    assert problem(world.send("--data", world.data, "a")) == (
        f"nothing listens at {at}: is `inferwatch up` running for this model?"
    )


def test_another_model_listens(served: World) -> None:
    served.write(SPEC.replace("echo", "other") + "[queue]\n")
    said = problem(served.send("--data", served.data, "a"))
    assert "there is no queue other-Inference-Queue: another model, or another environment, is up there" in said


def test_something_else_listens(world: World) -> None:
    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *_: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        Thread(target=server.handle_request).start()
        said = problem(world.send("--data", world.data, "--queue-port", server.server_port, "a"))
    assert said == f"what listens at http://127.0.0.1:{server.server_port} is no queue of InferWatch's"


def test_a_model_without_a_queue(world: World) -> None:
    world.write(SPEC)
    assert "queue: the model has no queue; add a table [queue]" in problem(world.send("a"), SpecError)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "give a message, or --file"),
        (["a", "--file", "-"], "give a message, or --file"),
        (["a", "--region", "eu-central-1"], "--region goes with --aws"),
        (["a", "--aws", "--queue-port", "9324"], "--queue-port is of this machine's queue"),
    ],
)
def test_what_does_not_go_together(world: World, given: list[str], said: str) -> None:
    result = world.send(*given)
    assert (result.exit_code, said in result.stderr) == (2, True)


def test_messages_go_to_the_deployed_queue(world: World) -> None:
    with aws_world.account():
        sqs = boto3.client("sqs", aws_world.REGION)
        url = sqs.create_queue(QueueName="echo-Inference-Queue")["QueueUrl"]
        result = world.send("--aws", "--file", "-", stdin="a\nb\n")
        got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [(one["MessageId"], one["Body"]) for one in got] == list(zip(result.stdout.split(), "ab", strict=True))


def test_no_queue_is_deployed(world: World) -> None:
    with aws_world.account():
        said = problem(world.send("--aws", "a"))
    assert "there is no queue echo-Inference-Queue in region eu-central-1; is the model deployed there" in said


def test_a_batch_has_at_most_ten_messages_and_a_mebibyte() -> None:
    assert [len(batch) for batch in batches("a" * 25)] == [10, 10, 5]
    half = "x" * (MESSAGE_MAX // 2)
    assert [len(batch) for batch in batches([half, half, half, "y"])] == [2, 2]
    assert list(batches([])) == []


def test_a_queue_needs_an_extra() -> None:
    found = importlib.util.find_spec
    without_moto = mock.patch("importlib.util.find_spec", lambda name: None if name == "moto" else found(name))
    with without_moto, pytest.raises(MissingExtraError, match=r"pip install 'inferwatch\[queue\]'"):
        importlib.reload(inferwatch.local.queue)
