"""What lies in the dead-letter queue, why, and having it tried again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import aws_world
import boto3
import orjson
import pytest
from aws_world import REGION, Cloud
from click.testing import CliRunner, Result
from queue_bench import START_MS, Bench

from inferwatch.cli.commands import cli
from inferwatch.errors import AwsError, InferWatchError, QueueError, SpecError
from inferwatch.local.queue import address
from inferwatch.local.queue.sqs_queue import queues
from inferwatch.sdk.clock import iso
from inferwatch.spec import load_spec

SPEC = """
[model]
namespace = "/test"
name = "echo"
predict = "app:predict"
"""
DEAD, TRIGGER = "echo-Inference-Dead-Letters", "echo-Inference-Queue"


class World:
    def __init__(self, folder: Path) -> None:
        self.model = folder / "model"
        self.model.mkdir()
        (self.model / "inferwatch.toml").write_text(f"{SPEC}[queue]\n")
        self.spec = load_spec(self.model)
        self.data = folder / "data"
        self.bench = Bench(self.data, *queues(self.spec))

    def run(self, *arguments: Any) -> Result:
        given = ["dead-letters", "--spec", str(self.model), "--data", str(self.data), *map(str, arguments)]
        return CliRunner().invoke(cli, given)

    def rows(self, *arguments: Any) -> list[dict[str, Any]]:
        result = self.run("--json", *arguments)
        assert result.exit_code == 0, result.output
        return [orjson.loads(line) for line in result.stdout.splitlines()]

    def dead(self, *bodies: str) -> None:
        """Their ids are their bodies."""
        for body in bodies:
            self.bench.put(body, DEAD)

    def log(self, *lines: bytes) -> None:
        folder = self.data / "logs/test/echo/@streams"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "a.jsonl").write_bytes(b"".join(lines))


def tried(message_id: str, *, receive: int, message: str, kind: str = "inference_attempt") -> bytes:
    line = {
        "_aws": {"Timestamp": START_MS + receive, "CloudWatchMetrics": []},
        "type": kind,
        "transaction_id": f"of-{message_id}",
        "message_id": message_id,
        "receive_count": receive,
        "status": "rejected" if kind == "inference_attempt" else "failed",
        "start_at": iso(START_MS + receive),
        "end_at": iso(START_MS + receive),
        "error": {"type": "ValueError", "message": message},
    }
    return orjson.dumps(line) + b"\n"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.bench.close()


def problem(result: Result, kind: type[InferWatchError] = QueueError) -> str:
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def test_each_is_listed_with_the_error_of_its_last_try(world: World) -> None:
    world.dead("a", "b", "c")
    world.log(
        tried("a", receive=1, message="first"),
        tried("a", receive=2, message="second"),
        tried("b", receive=1, message="no number"),
        tried("b", receive=2, message="too late", kind="inference_transaction"),
        tried("other", receive=1, message="not asked for"),
    )
    found = world.rows()
    assert [(row["message_id"], (row["error"] or {}).get("message")) for row in found] == [
        ("a", "second"),
        ("b", "too late"),
        ("c", None),
    ]
    assert found[0] == {
        "message_id": "a",
        "sent_at": iso(START_MS),
        "receives": 0,
        "body": "a",
        "error": {"type": "ValueError", "message": "second"},
    }


def test_the_table_has_a_line_for_each_and_steers_no_terminal(world: World) -> None:
    body = "line one\nline \x9btwo " + "x" * 100
    world.bench.put(body, DEAD, id="a")
    world.dead("b")
    world.log(tried("a", receive=1, message="bad\nvalue"))
    heading, first, second = world.run().stdout.splitlines()
    assert heading.split() == ["message", "sent", "receives", "body", "reason"]
    assert first.split()[:4] == ["a", "2026-11-18", "11:06:40Z", "0"]
    assert "line one line  two xxx" in first
    assert first.endswith("x…  ValueError: bad value")
    assert second.split()[-2:] == ["b", "-"]


def test_the_newest_are_listed_and_the_rest_is_said(world: World) -> None:
    for body in "abc":
        world.bench.clock.advance(1)
        world.dead(body)
    result = world.run("-n", 2)
    assert [line.split()[0] for line in result.stdout.splitlines()[1:]] == ["b", "c"]
    assert result.stderr == f"2 of 3 in {DEAD}; -n shows more\n"


def test_listing_changes_nothing(world: World) -> None:
    world.dead("a")
    world.bench.put("waits")
    assert world.rows() == world.rows()
    assert world.bench.messages.counts(DEAD).visible == 1
    assert [message.receives for message in world.bench.take(queue=DEAD)] == [1]


def test_they_are_listed_where_nothing_runs_any_more(world: World) -> None:
    world.dead("a")
    world.bench.messages.close()
    assert [row["message_id"] for row in world.rows()] == ["a"]
    world.bench.again()


def test_none(world: World) -> None:
    result = world.run()
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"{DEAD} is empty\n")


def test_a_folder_without_a_queue(world: World, tmp_path: Path) -> None:
    assert "has no queue yet; `inferwatch up` makes one" in problem(world.run("--data", tmp_path / "none"))


def test_retried_they_wait_in_the_queue_as_new_messages(world: World) -> None:
    world.dead("a", "b")
    with world.bench.served() as at:
        address.leave(world.data, at)
        world.bench.clock.advance(60)
        result = world.run("--retry")
        again = world.rows("--retry", "--queue-port", at.rpartition(":")[2])
    assert result.stdout == f"2 messages are back in {TRIGGER}\n"
    assert again == [{"queue": TRIGGER, "messages": 0}]
    found = world.bench.take(queue=TRIGGER)
    assert [(one.body, one.receives, one.sent_ms) for one in found] == [
        ("a", 1, START_MS + 60_000),
        ("b", 1, START_MS + 60_000),
    ]
    assert not {one.id for one in found} & {"a", "b"}
    assert world.rows() == []


def test_retrying_needs_what_is_up(world: World) -> None:
    world.dead("a")
    with world.bench.served() as at:
        address.leave(world.data, at)
    assert problem(world.run("--retry")) == f"nothing listens at {at}: is `inferwatch up` running for this model?"
    assert [row["message_id"] for row in world.rows()] == ["a"]


def test_another_model_is_up(world: World) -> None:
    (world.model / "inferwatch.toml").write_text(SPEC.replace("echo", "other") + "[queue]\n")
    with world.bench.served() as at:
        address.leave(world.data, at)
        said = problem(world.run("--retry"))
    assert f"there is no queue {DEAD.replace('echo', 'other')}: another model, or another environment" in said


def test_a_model_without_a_queue(world: World) -> None:
    (world.model / "inferwatch.toml").write_text(SPEC)
    assert "the model has no queue; add a table [queue]" in problem(world.run(), SpecError)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--queue-port", "9324"], "--queue-port goes with --retry"),
        (["--retry", "--aws", "--queue-port", "9324"], "--queue-port is of this machine's queue"),
        (["--region", REGION], "--region goes with --aws"),
    ],
)
def test_what_does_not_go_together(world: World, given: list[str], said: str) -> None:
    result = world.run(*given)
    assert (result.exit_code, said in result.stderr) == (2, True)


class Account:
    """A deployed model's queues and its log."""

    def __init__(self, world: World) -> None:
        self.sqs = boto3.client("sqs", REGION)
        self.cloud = Cloud(world.spec)
        self.urls = {name: self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in (TRIGGER, DEAD)}

    def dead(self, *bodies: str) -> list[str]:
        return [self.sqs.send_message(QueueUrl=self.urls[DEAD], MessageBody=body)["MessageId"] for body in bodies]


@pytest.fixture
def account(world: World) -> Iterator[Account]:
    with aws_world.account():
        yield Account(world)


def test_those_on_aws_are_listed_with_their_errors_and_stay_visible(world: World, account: Account) -> None:
    one, two, silent = account.dead("a", "b", "c")
    with mock.patch("inferwatch.cli.dead_letters.IDS_A_SEARCH", 1):
        account.cloud.put([_now(one, "first"), _now(two, "no number")])
        found = world.rows("--aws")
    reasons = {row["message_id"]: row["error"] for row in found}
    assert {id: error and error["message"] for id, error in reasons.items()} == {
        one: "first",
        two: "no number",
        silent: None,
    }
    assert sorted(row["body"] for row in found) == ["a", "b", "c"]
    assert len(account.sqs.receive_message(QueueUrl=account.urls[DEAD], MaxNumberOfMessages=10)["Messages"]) == 3


def test_what_sqs_does_not_hand_out_is_counted(world: World, account: Account) -> None:
    account.cloud.make_log_group("/test/echo")
    account.dead(*"abcdefghijkl")
    result = world.run("--aws", "-n", 50)  # moto hands out the same ten, however often it is asked
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 11
    assert result.stderr == f"10 of 12 in {DEAD}; -n shows more\n"


def test_sqs_moves_them_back(world: World, account: Account) -> None:
    account.dead("a", "b")
    asked: list[dict[str, Any]] = []

    def start(given: dict[str, Any]) -> dict[str, Any]:  # moto has no such tasks
        asked.append(given)
        return {"TaskHandle": "t"}

    with aws_world.answering(StartMessageMoveTask=start):
        result = world.run("--aws", "--retry")
    assert result.stdout == f"SQS moves about 2 messages from {DEAD} to {TRIGGER}\n"
    arn = f"arn:aws:sqs:{REGION}:123456789012:"
    assert asked == [{"SourceArn": arn + DEAD, "DestinationArn": arn + TRIGGER}]


def test_a_caller_who_may_not_is_told_what_is_needed(world: World, account: Account) -> None:
    def refuse(_: dict[str, Any]) -> None:
        raise aws_world.refused("StartMessageMoveTask", "AccessDenied")

    with aws_world.answering(StartMessageMoveTask=refuse):
        said = problem(world.run("--aws", "--retry"), AwsError)
    assert "StartMessageMoveTask is not allowed (no); `inferwatch doctor --aws --policy` prints what is needed" in said


def test_no_queue_is_deployed(world: World) -> None:
    with aws_world.account():
        said = problem(world.run("--aws"))
    assert f"there is no queue {DEAD} in region {REGION}; is the model deployed there" in said


def _now(message_id: str, message: str) -> bytes:
    """A try of the present, which is moto's time."""
    from inferwatch.cli.clock import now_ms

    line = orjson.loads(tried(message_id, receive=1, message=message))
    return orjson.dumps({**line, "start_at": iso(now_ms()), "end_at": iso(now_ms())})
