"""SQS's API as programs speak it: boto3, which sends JSON, and the older form that some SDKs still send."""

from __future__ import annotations

import re
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from queue_bench import DEAD, TRIGGER, Bench

from inferwatch.local.queue.app import ACTIONS


class Served(NamedTuple):
    bench: Bench
    endpoint: str
    sqs: Any

    @property
    def url(self) -> str:
        return f"{self.endpoint}/000000000000/{TRIGGER.name}"

    @property
    def dead_url(self) -> str:
        return f"{self.endpoint}/000000000000/{DEAD.name}"

    def post(self, body: bytes, **headers: str) -> tuple[int, str]:
        request = urllib.request.Request(
            f"{self.endpoint}/", body, {k.replace("_", "-"): v for k, v in headers.items()}
        )
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def query(self, action: str, **asked: str) -> tuple[int, str]:
        """The older protocol: a form in, XML out."""
        form = urllib.parse.urlencode({"Action": action, "QueueUrl": self.url, "Version": "2012-11-05", **asked})
        return self.post(form.encode(), Content_Type="application/x-www-form-urlencoded; charset=utf-8")

    def queued(self) -> int:
        return self.bench.messages.counts(TRIGGER.name).visible


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    bench = Bench(tmp_path_factory.mktemp("queue") / "data")
    # Any region and any keys do; a proxy of the machine's must not be asked.
    config = Config(retries={"total_max_attempts": 1}, proxies={"http": ""})
    keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
    with bench.served() as at:
        sqs = boto3.client("sqs", "eu-central-1", endpoint_url=at, config=config, **keys)
        yield Served(bench, at, sqs)
        sqs.close()
    bench.close()


@pytest.fixture
def served(server: Served) -> Served:
    for queue in (TRIGGER, DEAD):
        server.bench.messages.purge(queue.name)
    return server


def test_the_queues_are_found_by_name(served: Served) -> None:
    assert served.sqs.get_queue_url(QueueName=TRIGGER.name)["QueueUrl"] == served.url
    assert set(served.sqs.list_queues()["QueueUrls"]) == {served.url, served.dead_url}
    assert served.sqs.list_dead_letter_source_queues(QueueUrl=served.dead_url)["queueUrls"] == [served.url]


def test_a_message_comes_back_as_it_was_sent(served: Served) -> None:
    attributes = {
        "text": {"DataType": "String", "StringValue": "ä"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-2-3"}}
    sent = served.sqs.send_message(
        QueueUrl=served.url, MessageBody='{"ä": 1}', MessageAttributes=attributes, MessageSystemAttributes=trace
    )
    [got] = served.sqs.receive_message(
        QueueUrl=served.url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
    )["Messages"]
    assert (got["MessageId"], got["Body"], got["MessageAttributes"]) == (sent["MessageId"], '{"ä": 1}', attributes)
    assert got["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    now = str(served.bench.clock.ms)
    assert got["Attributes"] == {
        "SenderId": "local",
        "SentTimestamp": now,
        "ApproximateFirstReceiveTimestamp": now,
        "ApproximateReceiveCount": "1",
        "AWSTraceHeader": "Root=1-2-3",
    }
    assert "Messages" not in served.sqs.receive_message(QueueUrl=served.url)
    served.sqs.delete_message(QueueUrl=served.url, ReceiptHandle=got["ReceiptHandle"])
    served.sqs.delete_message(QueueUrl=served.url, ReceiptHandle=got["ReceiptHandle"])
    served.bench.clock.advance(31)
    assert served.queued() == 0


def test_message_attributes_come_by_name_and_by_prefix(served: Served) -> None:
    one = {"DataType": "String", "StringValue": "1"}
    served.sqs.send_message(QueueUrl=served.url, MessageBody="a", MessageAttributes={"x.a": one, "x.b": one, "y": one})
    [got] = served.sqs.receive_message(QueueUrl=served.url, MessageAttributeNames=["x.*"])["Messages"]
    assert got["MessageAttributes"].keys() == {"x.a", "x.b"}


def test_batches(served: Served) -> None:
    entries = [{"Id": str(number), "MessageBody": f"body {number}"} for number in range(10)]
    sent = served.sqs.send_message_batch(QueueUrl=served.url, Entries=entries)
    assert [one["Id"] for one in sent["Successful"]] == [entry["Id"] for entry in entries]
    got = served.sqs.receive_message(QueueUrl=served.url, MaxNumberOfMessages=10)["Messages"]
    handles = [{"Id": str(number), "ReceiptHandle": one["ReceiptHandle"]} for number, one in enumerate(got)]
    visible = [{**handle, "VisibilityTimeout": 0} for handle in handles]
    changed = served.sqs.change_message_visibility_batch(QueueUrl=served.url, Entries=visible)
    assert (len(changed["Successful"]), served.queued()) == (10, 10)
    bad = {"Id": "bad", "ReceiptHandle": "nonsense"}
    deleted = served.sqs.delete_message_batch(QueueUrl=served.url, Entries=[*handles[:9], bad])
    assert (len(deleted["Successful"]), [one["Id"] for one in deleted["Failed"]], served.queued()) == (9, ["bad"], 1)


def test_a_batch_is_taken_as_a_whole_or_not_at_all(served: Served) -> None:
    entries = [{"Id": "1", "MessageBody": "fine"}, {"Id": "2", "MessageBody": "bad \x00"}]
    with pytest.raises(ClientError, match="InvalidMessageContents"):
        served.sqs.send_message_batch(QueueUrl=served.url, Entries=entries)
    assert served.queued() == 0


def test_visibility_and_dead_letters(served: Served) -> None:
    message_id = served.sqs.send_message(QueueUrl=served.url, MessageBody="bad")["MessageId"]
    for _ in range(2):
        [got] = served.sqs.receive_message(QueueUrl=served.url, VisibilityTimeout=5)["Messages"]
        served.bench.clock.advance(5)
    assert "Messages" not in served.sqs.receive_message(QueueUrl=served.url)
    [dead] = served.sqs.receive_message(QueueUrl=served.dead_url)["Messages"]
    assert dead["MessageId"] == message_id
    with pytest.raises(ClientError, match="ReceiptHandleIsInvalid"):
        served.sqs.change_message_visibility(
            QueueUrl=served.url, ReceiptHandle=got["ReceiptHandle"], VisibilityTimeout=0
        )


def test_dead_letters_are_moved_back(served: Served) -> None:
    for body in "ab":
        served.sqs.send_message(QueueUrl=served.dead_url, MessageBody=body)
    source, to = (f"arn:aws:sqs:local:000000000000:{queue.name}" for queue in (DEAD, TRIGGER))
    assert served.sqs.start_message_move_task(SourceArn=source, DestinationArn=to)["TaskHandle"]
    assert served.sqs.start_message_move_task(SourceArn=source)["TaskHandle"]
    got = served.sqs.receive_message(QueueUrl=served.url, MaxNumberOfMessages=10)["Messages"]
    assert [one["Body"] for one in got] == ["a", "b"]
    (newest,) = served.sqs.list_message_move_tasks(SourceArn=source)["Results"]
    assert newest == {
        "Status": "COMPLETED",
        "SourceArn": source,
        "DestinationArn": to,
        "ApproximateNumberOfMessagesMoved": 0,
        "ApproximateNumberOfMessagesToMove": 0,
        "StartedTimestamp": served.bench.clock.ms,
    }
    both = served.sqs.list_message_move_tasks(SourceArn=source, MaxResults=2)["Results"]
    assert [task["ApproximateNumberOfMessagesMoved"] for task in both] == [0, 2]
    status, said = served.query("StartMessageMoveTask", SourceArn=source)
    assert (status, "<TaskHandle>" in said) == (200, True)


@pytest.mark.parametrize(
    ("source", "to", "problem"),
    [
        (TRIGGER.name, None, "must be configured as a Dead Letter Queue"),
        (DEAD.name, DEAD.name, "moved back to the queue that they were sent to"),
        ("other", None, "ResourceNotFoundException"),
    ],
)
def test_messages_are_moved_back_and_nowhere_else(served: Served, source: str, to: str | None, problem: str) -> None:
    stem = "arn:aws:sqs:local:000000000000:"
    served.sqs.send_message(QueueUrl=served.dead_url, MessageBody="a")
    with pytest.raises(ClientError, match=problem):
        served.sqs.start_message_move_task(SourceArn=stem + source, **({"DestinationArn": stem + to} if to else {}))
    assert served.bench.messages.counts(DEAD.name).visible == 1


def test_attributes_are_the_specs_and_the_counts(served: Served) -> None:
    for delay in (0, 0, 60):
        served.sqs.send_message(QueueUrl=served.url, MessageBody="a", DelaySeconds=delay)
    served.sqs.receive_message(QueueUrl=served.url)
    found = served.sqs.get_queue_attributes(QueueUrl=served.url, AttributeNames=["All"])["Attributes"]
    expected = {
        "ApproximateNumberOfMessages": "1",
        "ApproximateNumberOfMessagesNotVisible": "1",
        "ApproximateNumberOfMessagesDelayed": "1",
        "VisibilityTimeout": "30",
        "MessageRetentionPeriod": "345600",
        "QueueArn": f"arn:aws:sqs:local:000000000000:{TRIGGER.name}",
    }
    assert expected.items() <= found.items()
    assert f'"deadLetterTargetArn": "arn:aws:sqs:local:000000000000:{DEAD.name}"' in found["RedrivePolicy"]
    assert '"maxReceiveCount": 2' in found["RedrivePolicy"]
    assert found["CreatedTimestamp"].isdigit()


def test_who_waits_for_a_message_gets_it_when_it_is_sent(served: Served) -> None:
    got: list[Any] = []

    def wait() -> None:
        got.extend(served.sqs.receive_message(QueueUrl=served.url, WaitTimeSeconds=20).get("Messages", ()))

    waiting = threading.Thread(target=wait)
    waiting.start()
    served.sqs.send_message(QueueUrl=served.url, MessageBody="here")
    waiting.join()
    assert [one["Body"] for one in got] == ["here"]


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"MessageBody": "ä" * (512 * 1024 + 1)}, "Message must be shorter than 1048576 bytes"),
        ({"MessageBody": "a\x0b"}, "InvalidMessageContents"),
        ({"MessageBody": "a", "DelaySeconds": 901}, "DelaySeconds must be >= 0 and <= 900"),
        ({"MessageBody": "a", "MessageDeduplicationId": "x"}, "MessageDeduplicationId is for FIFO queues"),
        ({"MessageBody": "a", "QueueUrl": "http://127.0.0.1/0/other"}, "NonExistentQueue"),
    ],
)
def test_what_sqs_would_refuse(served: Served, asked: dict[str, Any], problem: str) -> None:
    with pytest.raises(ClientError, match=problem):
        served.sqs.send_message(**{"QueueUrl": served.url, **asked})
    assert served.queued() == 0


def test_a_message_may_have_a_mebibyte(served: Served) -> None:
    body = "ä\n" * (1024 * 1024 // 3)
    served.sqs.send_message(QueueUrl=served.url, MessageBody=body)
    assert served.query("SendMessage", MessageBody=body)[0] == 200
    got = [served.sqs.receive_message(QueueUrl=served.url)["Messages"][0]["Body"] for _ in range(2)]
    assert got == [body, body]


@pytest.mark.parametrize("action", ["create_queue", "delete_queue", "set_queue_attributes", "tag_queue"])
def test_the_queues_cannot_be_changed(served: Served, action: str) -> None:
    asked = {
        "create_queue": {"QueueName": "mine"},
        "delete_queue": {"QueueUrl": served.url},
        "set_queue_attributes": {"QueueUrl": served.url, "Attributes": {"VisibilityTimeout": "1"}},
        "tag_queue": {"QueueUrl": served.url, "Tags": {"a": "b"}},
    }[action]
    with pytest.raises(ClientError, match="not possible here: the queues are as the spec has them"):
        getattr(served.sqs, action)(**asked)


def test_the_reference_names_what_is_possible() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/queue.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith("| `SendMessage`"))
    possible = set(re.findall(r"`(\w+)`", row.split("|")[1]))
    assert possible == {action for action in ACTIONS if not action.endswith("Batch")}


def test_the_older_protocol(served: Served) -> None:
    status, said = served.query("SendMessage", MessageBody="<a> & ä")
    assert (status, "<MessageId>" in said) == (200, True)
    status, said = served.query("ReceiveMessage", MaxNumberOfMessages="10")
    assert (status, "<Body>&lt;a&gt; &amp; ä</Body>" in said) == (200, True)
    assert served.query("CreateQueue", QueueName="mine")[1].startswith("<ErrorResponse><Error><Code>UnsupportedOp")
    status, said = served.query("Nonsense")
    assert (status, "<Code>InvalidAction</Code>" in said) == (400, True)


def test_a_full_disk_is_an_error_of_the_services_and_nothing_is_lost(served: Served) -> None:
    served.sqs.send_message(QueueUrl=served.url, MessageBody="before")
    with served.bench.messages.together() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    with served.bench.messages.together() as connection:
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(ClientError) as refusal:
        served.sqs.send_message(QueueUrl=served.url, MessageBody="x" * 900_000)
    status, said = served.query("SendMessage", MessageBody="x" * 900_000)
    with served.bench.messages.together() as connection:
        connection.execute("PRAGMA max_page_count = 1000000000")
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == status == 503
    assert refusal.value.response["Error"]["Code"] == "ServiceUnavailable"
    assert "database or disk is full" in str(refusal.value)
    assert "database or disk is full" in said
    assert served.queued() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://page.example"},
        {"Origin": "null"},
        {"Host": "page.example"},
        {"Host": "page.example:9324"},
        {"Host": "127.0.0.1.page.example"},
    ],
)
def test_no_web_page_can_send(served: Served, headers: dict[str, str]) -> None:
    form = urllib.parse.urlencode({"Action": "SendMessage", "QueueUrl": served.url, "MessageBody": "evil"}).encode()
    assert served.post(form, Content_Type="application/x-www-form-urlencoded", **headers)[0] == 403
    assert served.queued() == 0


@pytest.mark.parametrize("path", ["?Action=SendMessage&MessageBody=evil", "moto-api/reset", "moto-api/data.json", ""])
def test_nothing_is_got(served: Served, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(f"{served.endpoint}/{path}")
    with refusal.value:
        assert refusal.value.code == 405


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{no json", {"X_Amz_Target": "AmazonSQS.SendMessage", "Content_Type": "application/x-amz-json-1.0"}, 400),
        (b"{}", {"X_Amz_Target": "DynamoDB_20120810.PutItem", "Content_Type": "application/x-amz-json-1.0"}, 400),
        (b"{}", {"X_Amz_Target": "AmazonSQS.ReceiveMessage", "Content_Type": "application/x-amz-json-1.0"}, 400),
        (b"", {}, 400),
        (b"\xff\xfe", {}, 400),
        (b"x" * (9 * 1024 * 1024), {}, 413),
    ],
)
def test_what_no_sdk_sends_is_refused(served: Served, body: bytes, headers: dict[str, str], status: int) -> None:
    assert served.post(body, **headers)[0] == status
